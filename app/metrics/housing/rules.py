"""Nights by the clock on the wall, and how many places a facility offered on each. Pure Python.

A night is named by the service day it belongs to; a stay covers it when it lasts at 04:00 in Paris on the next morning.
04:00 comes exactly once a day, also when the clocks change. Nights are numbers of days since 1970-01-01 here: that is
what databases can count by.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from app.directory.rules import PARIS, local_day
from app.metrics.indicator import Period

NIGHT_HOUR: Final = 4
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_FIRST_DAY: Final = date(2020, 1, 1)
"""No record is older: the service refuses earlier instants."""


def number_of(day: date) -> int:
    """Return a day as the number of days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the day of a number."""
    return _EPOCH + timedelta(days=number)


def midnight(day: date) -> datetime:
    """Return the instant at which a day begins in Paris."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def night_at(night: int) -> datetime:
    """Return the instant at which a night is counted: 04:00 in Paris on the morning after its service day."""
    return datetime.combine(day_of(night + 1), time(NIGHT_HOUR), PARIS).astimezone(UTC)


def last_night(as_of: datetime) -> int:
    """Return the last night that has been counted at an instant."""
    today = number_of(local_day(as_of))
    return today - 1 if night_at(today - 1) <= as_of else today - 2


def known(period: Period, as_of: datetime) -> Period | None:
    """Return the part of a period that may hold records: not before there were any, not after today; None if none."""
    since, until = max(period.since, _FIRST_DAY), min(period.until, local_day(as_of) + _DAY)
    return Period(since, until) if since < until else None


class Reported(NamedTuple):
    """The latest report of one night that says how many places are free, and who stayed there at that instant."""

    places_free: int
    occupied: int


class Night(NamedTuple):
    """One night of one facility; `offered` is None without a report of that night or the one before."""

    night: int
    occupied: int
    offered: int | None
    full: bool
    """The report that holds for it says that no place is free."""


def nights_of(nights: Iterable[int], changes: Mapping[int, int], reports: Mapping[int, Reported]) -> Iterator[Night]:
    """Return each night of a facility, in order.

    `nights` are consecutive; `changes` says by how much the number of stays differs from the night before, the first
    one from zero. A report holds for its own night and, when that one has none, for the next.
    """
    occupied = 0
    for night in nights:
        occupied += changes.get(night, 0)
        report = reports.get(night) or reports.get(night - 1)
        if report is None:
            yield Night(night, occupied, None, full=False)
        else:
            yield Night(night, occupied, report.occupied + report.places_free, full=report.places_free == 0)


@dataclass(slots=True)
class Occupancy:
    """Nights of facilities, added up."""

    facility_nights: int = 0
    """Nights on which the facilities existed."""
    occupied: int = 0
    """Place-nights that stays cover."""
    reported: int = 0
    """Facility-nights that a report holds for."""
    occupied_reported: int = 0
    """Place-nights that stays cover, on those."""
    offered: int = 0
    """Place-nights offered, on those."""
    full: int = 0
    over: int = 0
    """Those on which more people stayed than places were offered."""

    def count(self, night: Night) -> None:
        """Add one night of a facility."""
        self.facility_nights += 1
        self.occupied += night.occupied
        if night.offered is None:
            return
        self.reported += 1
        self.occupied_reported += night.occupied
        self.offered += night.offered
        self.full += night.full
        self.over += night.occupied > night.offered
