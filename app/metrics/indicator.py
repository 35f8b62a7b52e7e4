"""What an indicator is: its meaning as data, and one figure of it. Pure Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label

SMALL: Final = range(1, 11)
"""Counts in this range are flagged: few enough people to be recognised by."""
MASKED_BELOW: Final = 5
"""Demographic crossings under this count are not shown even inside."""
LATE_AFTER_HOURS: Final = 24
"""A record received longer after it happened is counted as late."""


class Unit(StrEnum):
    """What a value counts or measures."""

    contacts = "contacts"
    encounters = "encounters"
    persons = "persons"
    referrals = "referrals"
    patrols = "patrols"
    nights = "nights"
    stays = "stays"
    days = "days"
    hours = "hours"
    ratio = "ratio"
    contacts_per_hour = "contacts_per_hour"
    contacts_per_person = "contacts_per_person"
    bits = "bits"


class Split(StrEnum):
    """How an indicator may be split, where it makes sense for it."""

    territory = "territory"
    kind = "kind"
    team = "team"


class Granularity(StrEnum):
    """The length of the periods of a series."""

    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


@dataclass(frozen=True, slots=True)
class Indicator:
    """The meaning of one indicator. All words in French and English."""

    code: str
    label: Label
    unit: Unit
    numerator: Label
    denominator: Label | None
    """None for a plain count."""
    rule: Label
    source: Label
    """Where the definition or the formula comes from, with its reference."""
    pitfalls: Label
    """What a reader could get wrong."""
    version: int = 1
    """One more whenever the same data would give another value."""
    splits: frozenset[Split] = frozenset()
    granularities: frozenset[Granularity] = frozenset(Granularity)
    targets: tuple[str, ...] = ()
    """Figures of the plan it is read beside, as printed there."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of an indicator for one period and one group."""

    since: date
    until: date
    """First service day after the period."""
    key: str | None
    """Code of the group; None for the total."""
    value: float | None
    n: int
    """The count above the line; for a plain count, the value itself."""
    denominator: int | float | None
    unknown: int | None = None
    """How many of the base are unknown; None where nothing can be."""
    base: int | None = None
    """What `unknown` is a part of."""
    late: int | None = None
    """Records received late, where records are what is counted."""
    low: float | None = None
    high: float | None = None
    """A 95 % interval, where there is one."""
    reason: str | None = None
    """Why there is no value: always set when there is none."""


def is_small(count: int) -> bool:
    """Say whether a count is of few enough people to be recognised by."""
    return count in SMALL


def any_small(*counts: int | None) -> bool:
    """Say whether one of several counts is small."""
    return any(count in SMALL for count in counts)


def has_small(figure: Figure) -> bool:
    """Say whether any count of a figure is small; a denominator that is no whole number counts nothing."""
    below = figure.denominator if isinstance(figure.denominator, int) else None
    return any_small(figure.n, below, figure.unknown, figure.base, figure.late)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with the counts it comes from; no value over an empty denominator."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """Return numerator / denominator, or None."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Period:
    """Service days in [since, until)."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.until - self.since).days

    def split(self, granularity: Granularity | None) -> Sequence["Period"]:
        """Return the calendar periods that the days lie in, cut to them; the whole without a granularity.

        Weeks begin on Monday (ISO 8601). The first and last may be shorter than the calendar's.
        """
        if granularity is None:
            return [self]
        found, start = [], self.since
        while start < self.until:
            end = min(_next(start, granularity), self.until) if start.year < date.max.year else self.until
            found.append(Period(start, end))
            start = end
        return found


def _next(day: date, granularity: Granularity) -> date:
    """Return the first day of the calendar period after the one that `day` lies in."""
    match granularity:
        case Granularity.day:
            return day + timedelta(days=1)
        case Granularity.week:
            return day + timedelta(days=7 - day.weekday())
        case Granularity.month:
            return date(day.year + day.month // 12, day.month % 12 + 1, 1)
        case Granularity.quarter:
            month = (day.month - 1) // 3 * 3 + 4
            return date(day.year + month // 13, (month - 1) % 12 + 1, 1)
        case Granularity.year:
            return date(day.year + 1, 1, 1)
