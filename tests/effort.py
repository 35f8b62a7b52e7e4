"""How hard tests try: Hypothesis with the same examples every time, or many fresh ones with HYPOTHESIS_PROFILE=long."""

import os
from collections.abc import Iterable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings

_SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.differing_executors,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
]
settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # what fails is made smaller by hand, or with the other profile
    suppress_health_check=_SLOW,
)
settings.register_profile("long", deadline=None, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
_LONGER = 50
Case = TypeVar("Case")


def examples(count: int) -> settings:
    """Return the settings of a test that needs `count` examples, fifty times as many in the long run."""
    long = os.environ.get("HYPOTHESIS_PROFILE") == "long"
    return settings(max_examples=count * _LONGER if long else count)


def shared(cases: Iterable[Case], *, sqlite: bool, at_length: bool) -> list[Case]:
    """Return the cases that are tried on a database: every other one, and the others on the other; at length all."""
    listed = list(cases)
    return listed if at_length else listed[sqlite::2]
