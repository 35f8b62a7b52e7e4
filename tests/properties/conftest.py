"""How hard Hypothesis tries: the same examples every time, or many fresh ones with HYPOTHESIS_PROFILE=long."""

import os

from hypothesis import HealthCheck, Phase, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.differing_executors, HealthCheck.filter_too_much]
settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    max_examples=int(os.environ.get("EX", "100")),
    suppress_health_check=_SLOW,
)
settings.register_profile("long", deadline=None, max_examples=1500, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
