"""Survival of stays by the product-limit estimator. Pure Python.

E. L. Kaplan and P. Meier, "Nonparametric Estimation from Incomplete Observations", Journal of the American Statistical
Association 53 (282), 1958, pp. 457-481. Variance: M. Greenwood, "The Natural Duration of Cancer", Reports on Public
Health and Medical Subjects 33, 1926. Interval on the scale ln(-ln S): J. D. Kalbfleisch and R. L. Prentice, "The
Statistical Analysis of Failure Time Data", 1980; unlike the plain one it never leaves [0, 1].
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: intervals cover 95 %."""


@dataclass(frozen=True, slots=True)
class Step:
    """One time at which something was seen. `survival` is the share still there after it."""

    time: int
    at_risk: int
    """How many were still there, and followed, just before."""
    events: int
    censored: int
    survival: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Survival:
    """A survival curve: its steps by time, and who it is about."""

    steps: tuple[Step, ...]
    n: int
    events: int

    def before(self, time: int) -> Step | None:
        """Return the last step before a time, so that its `survival` is the share that lasts `time` at least.

        None when it cannot be known: nobody was followed so long, and somebody was lost from sight before.
        """
        if not self.steps:
            return None
        last = self.steps[-1]
        if last.time < time - 1 and last.survival > 0:
            return None
        passed = [step for step in self.steps if step.time < time]
        return passed[-1] if passed else Step(0, self.n, 0, 0, 1.0, None, None)

    @property
    def median(self) -> int | None:
        """The first time after which at most half are still there; None when that is not reached."""
        return next((step.time for step in self.steps if step.survival <= 0.5), None)  # noqa: PLR2004 - half


def kaplan_meier(seen: Mapping[int, tuple[int, int]]) -> Survival:
    """Estimate survival from counts by whole time: {time: (events, censored)}.

    At one time, events come before losses from sight, as in the paper. Raises ValueError for a negative time or count.
    """
    if any(time < 0 or events < 0 or censored < 0 for time, (events, censored) in seen.items()):
        msg = "times and counts are not negative"
        raise ValueError(msg)
    n = at_risk = sum(events + censored for events, censored in seen.values())
    survival, variance, steps = 1.0, 0.0, []
    for time in sorted(seen):
        events, censored = seen[time]
        if events + censored == 0:
            continue
        if events:
            survival *= 1 - events / at_risk
            variance += events / (at_risk * (at_risk - events)) if at_risk > events else 0.0
        steps.append(Step(time, at_risk, events, censored, survival, *_interval(survival, variance)))
        at_risk -= events + censored
    return Survival(tuple(steps), n, sum(step.events for step in steps))


def _interval(survival: float, variance: float) -> tuple[float | None, float | None]:
    """Return the interval of a survival; none at 0 and at 1, where the scale has no value."""
    if not 0 < survival < 1:
        return None, None
    width = _Z * math.sqrt(variance) / math.log(survival)
    return survival ** math.exp(-width), survival ** math.exp(width)
