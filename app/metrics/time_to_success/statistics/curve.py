"""What is read off the curve of a cohort: values at days, days of shares, and why there is none. Pure Python."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.metrics.time_to_success.definitions import NO_REFERRALS, NOT_REACHED, TOO_SHORT
from app.metrics.time_to_success.statistics.incidence import (
    Day,
    Step,
    at_day,
    band,
    cumulative_incidence,
    known_until,
    quantile,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value with its 95 % limits, or the reason why there is none. A limit may be missing by itself."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """The cumulative incidences of a cohort up to its horizon."""

    steps: Sequence[Step]
    known_until: int | None
    """Last day about which they say something; None for an empty cohort."""

    @classmethod
    def of(cls, days: Sequence[Day], horizon: int) -> "Curve":
        """Estimate the curve of a cohort whose last day is the horizon at most."""
        return cls(cumulative_incidence(days), known_until(days, horizon))

    def at(self, day: int) -> Reading:
        """Return the incidence of the first cause at the end of a day."""
        if self.known_until is None:
            return Reading(None, reason=NO_REFERRALS)
        if day > self.known_until:
            return Reading(None, reason=TOO_SHORT)
        step = at_day(self.steps, day)
        return Reading(step.incidence[0], *band(step.incidence[0], step.variance)) if step else Reading(0.0)

    def quantile(self, share: float) -> Reading:
        """Return the first day on which the incidence of the first cause reaches a share of the cohort."""
        if self.known_until is None:
            return Reading(None, reason=NO_REFERRALS)
        found = quantile(self.steps, share)
        return Reading(found.day, found.low, found.high, None if found.day is not None else NOT_REACHED)
