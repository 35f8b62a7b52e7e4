"""Series of others' aggregates, by territory and month, to be drawn beside figures. Pure Python.

Nothing here meets a record: a series says by its own entries what it is, and only a reader's eye joins it to a figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.plan.records import AnyEntry
from app.plan.records.entry import Source
from app.plan.records.register import Plan
from app.plan.records.steering import Observation, Series
from app.plan.standing import of_type
from app.plan.vocabulary import Lacking

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a series in a territory."""

    month: date
    """Its first day."""
    value: float | None
    source: Source | None
    """Where the value was taken from; null without one."""
    reason: Lacking | None
    """Why there is no value: set exactly then."""


@dataclass(frozen=True, slots=True)
class Track:
    """A series in one territory: every month from the first to the last that was received."""

    territory: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series with its values, by territory."""

    series: Series
    tracks: Sequence[Track]


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // _MONTHS, month.month % _MONTHS + 1, 1)


def drawn(entries: Iterable[AnyEntry]) -> list[Drawn]:
    """Return every series of standing entries, by code; one that has no value yet is there.

    Of several values for a month the last entered counts. Values of a series that was withdrawn are not shown: nobody
    says any more what they are.
    """
    entries = list(entries)
    values: defaultdict[str, defaultdict[str, dict[date, Observation]]] = defaultdict(lambda: defaultdict(dict))
    for one in of_type(entries, Observation):
        values[one.series][one.territory][month_of(one.on)] = one
    series = {one.code: one for one in of_type(entries, Series)}
    return [
        Drawn(one, [Track(territory, _points(months)) for territory, months in sorted(values[code].items())])
        for code, one in sorted(series.items())
    ]


def _points(months: Mapping[date, Observation]) -> list[Point]:
    found, month = [], min(months)
    while month <= max(months):
        one = months.get(month)
        reason = None if one else Lacking.not_published
        found.append(Point(month, one.value if one else None, one.source if one else None, reason))
        month = month_after(month)
    return found


def window(plan: Plan, series: Iterable[Drawn]) -> tuple[date, date]:
    """Return the days [since, until) whose events stand beside: those of the plan and of every month shown."""
    months = [point.month for one in series for track in one.tracks for point in track.points]
    return min([plan.valid_from, *months]), max([plan.valid_to, *map(month_after, months)])
