"""Estimates of the hidden population and coverage, by the published formulas, from the captures of a window.

Written from domain.md ("Indicators") and the papers the API names with its figures: nothing of `app` is used.
"""

from collections.abc import Mapping
from math import exp
from typing import Any


def values(captures: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Return the value of each indicator; `captures` are those of tests.oracles.meetings, None when there are none."""
    estimates = _estimates(captures) if captures and _enough(captures) else dict.fromkeys(_ESTIMATORS)
    n = captures["persons"] if captures else 0
    chao, variant = estimates["population_chao"], estimates["population_one_inflation"]
    return {
        **estimates,
        "coverage_published": n / 750 if n else None,
        "coverage_estimated": n / chao if chao is not None and variant is not None else None,
        "coverage_target": None,  # the plan has recorded none
    }


_ESTIMATORS = ("population_chao", "population_one_inflation", "population_zelterman", "population_chapman")


def _enough(captures: Mapping[str, Any]) -> bool:
    return bool(captures["persons"] >= 50 and captures["seen"].get(2, 0) >= 10)


def _estimates(captures: Mapping[str, Any]) -> dict[str, float | None]:
    n, (first, second, both) = captures["persons"], captures["halves"]
    f1, f2, f3 = (captures["seen"].get(days, 0) for days in (1, 2, 3))
    return {
        "population_chao": n + f1 * (f1 - 1) / (2 * (f2 + 1)) if f1 > 1 else None,
        "population_one_inflation": n + 2 / 9 * f2**3 / f3**2 if f3 else None,
        "population_zelterman": n / (1 - exp(-2 * f2 / f1)) if f1 else None,
        "population_chapman": (first + 1) * (second + 1) / (both + 1) - 1 if both >= 7 else None,
    }
