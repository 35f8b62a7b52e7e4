"""Cumulative incidence of competing outcomes, from counts by day. Pure Python.

The estimator is that of Aalen and Johansen (1978), Scandinavian Journal of Statistics 5:141-150, for one start, several
ways to end and right censoring. Its variance is the delta-method one of Gaynor et al. (1993), JASA 88:400-409, also
Marubini and Valsecchi (1995), Analysing Survival Data from Clinical Trials and Observational Studies, formula 10.12.
Days are discrete: everything that ends on one day is one tie, and endings come before the censorings of their day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Z_95: Final = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
_ROUNDING: Final = 1e-12
"""A share this close under a level has reached it: sums of fractions are inexact in their last digits."""


@dataclass(frozen=True, slots=True)
class Day:
    """What became of a cohort on one day after the making: how many ended, by cause, and how many were last seen."""

    day: int
    ended: tuple[int, ...]
    """The cause of interest first; as many causes on every day."""
    censored: int


@dataclass(frozen=True, slots=True)
class Step:
    """The estimate from one day until the next step. Shares of the cohort, in [0, 1]."""

    day: int
    at_risk: int
    """How many could still end on this day."""
    incidence: tuple[float, ...]
    """Probability of having ended by the end of this day, by cause."""
    waiting: float
    """Probability of not having ended; with all incidences it adds up to 1."""
    variance: float
    """Of the incidence of the first cause."""


@dataclass(slots=True)
class _Spread:
    """Variances and covariance of the waiting share S and the incidence F of the first cause, carried day by day."""

    waiting: float = 0.0
    covariance: float = 0.0
    incidence: float = 0.0

    def advance(self, waiting_before: float, at_risk: int, ending: float, first: float) -> None:
        """Go on by one day on which the shares `ending` of those at risk ended, `first` of them by the first cause.

        S' = S(1 - h) and F' = F + S h1 with h and h1 multinomial shares of the n at risk: the delta method, step by
        step. Unlike the closed sum it needs no division by n - d, which is 0 when the last ones end.
        """
        scale = waiting_before**2 / at_risk
        self.incidence += (
            first**2 * self.waiting + 2 * first * self.covariance + scale * first * (1 - first)
        )  # with S and F of the day before
        self.covariance = (1 - ending) * (self.covariance + first * self.waiting) - scale * first * (1 - ending)
        self.waiting = (1 - ending) ** 2 * self.waiting + scale * ending * (1 - ending)


def cumulative_incidence(days: Sequence[Day]) -> list[Step]:
    """Return one step for each day on which something ended, in order.

    `days` are in order, no day twice; their counts add up to the cohort.
    """
    at_risk = sum(sum(day.ended) + day.censored for day in days)
    waiting, incidence, spread, steps = 1.0, [0.0] * (len(days[0].ended) if days else 0), _Spread(), []
    for day in days:
        ended = sum(day.ended)
        if ended:
            spread.advance(waiting, at_risk, ended / at_risk, day.ended[0] / at_risk)
            incidence = [before + waiting * some / at_risk for before, some in zip(incidence, day.ended, strict=True)]
            waiting *= (at_risk - ended) / at_risk
            steps.append(Step(day.day, at_risk, tuple(incidence), waiting, max(spread.incidence, 0.0)))
        at_risk -= ended + day.censored
    return steps


def known_until(days: Sequence[Day], horizon: int) -> int | None:
    """Return the last day about which the estimate says something, or None for an empty cohort.

    That is the last day somebody was followed to; the horizon when all have ended, as nothing can change any more.
    """
    if not days:
        return None
    return days[-1].day if days[-1].censored else horizon


def band(share: float, variance: float) -> tuple[float | None, float | None]:
    """Return the pointwise 95 % limits of an incidence; None, None where it is 0 or 1.

    log(-log F) is taken to be normal (Kalbfleisch and Prentice 1980), which keeps the limits within [0, 1].
    """
    if not 0 < share < 1 - _ROUNDING:
        return None, None
    width = Z_95 * math.sqrt(variance) / (share * -math.log(share))
    return _power(share, width), _power(share, -width)


def _power(share: float, width: float) -> float:
    """Return share ** exp(width); a width too large for a float has reached its limit."""
    return math.exp(math.log(share) * math.exp(min(width, 700.0)))


def at_day(steps: Sequence[Step], day: int) -> Step | None:
    """Return the step in force at the end of a day, or None before the first."""
    return next((step for step in reversed(steps) if step.day <= day), None)


@dataclass(frozen=True, slots=True)
class Quantile:
    """The first day by which the first cause has reached a share of the cohort, with 95 % limits; None: not reached."""

    day: int | None
    low: int | None
    high: int | None


def quantile(steps: Sequence[Step], share: float) -> Quantile:
    """Return the quantile for a share of the whole cohort, in (0, 1].

    The limits are the first days on which the upper and the lower limit of the incidence reach the share (Brookmeyer
    and Crowley 1982, Biometrics 38:29-41).
    """
    level = share - _ROUNDING
    limits = [(step.day, *band(step.incidence[0], step.variance), step.incidence[0]) for step in steps]
    return Quantile(
        next((day for day, _low, _high, reached in limits if reached >= level), None),
        next((day for day, _low, high, reached in limits if (reached if high is None else high) >= level), None),
        next((day for day, low, _high, reached in limits if (reached if low is None else low) >= level), None),
    )
