"""The clock on the wall in Paris, in SQL: hours of the night and instants of slots, exact over changes of the clock.

Between two changes of the clock local time is the instant plus a constant. So everything here is a CASE over the few
changes near the period, each branch plain arithmetic on whole milliseconds, the same on both databases.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, case, literal

from app.clock import DAY_MS, HOUR_MS, SLOT_MS
from app.db.portability import day_number
from app.db.types import to_milliseconds
from app.directory.rules import PARIS
from app.metrics.indicator import Period

NIGHT_BEGINS: Final = 21
NIGHT_ENDS: Final = 6
"""The night lasts from 21:00 to 06:00 of the wall clock: nine hours, eight or ten when the clock changes."""
EPOCH: Final = date(1970, 1, 1)
_NOON: Final = 12
_MARGIN: Final = timedelta(days=4)
_FIRST: Final = datetime(2019, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2101, 1, 1, tzinfo=UTC)
"""Records are of 2020 to 2100; what a period asks beyond is empty."""


@dataclass(frozen=True, slots=True)
class Change:
    """The clock is set at an instant, from one offset to another; all in ms."""

    at: int
    before: int
    after: int


def _offset(instant: datetime) -> int:
    offset = instant.astimezone(PARIS).utcoffset()
    return 0 if offset is None else offset // timedelta(milliseconds=1)


@cache
def changes_of(year: int) -> tuple[Change, ...]:
    """Return the changes of the clock in a year (UTC)."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range((datetime(year + 1, 1, 1, tzinfo=UTC) - start).days * 24 + 1)]
    return tuple(
        Change(to_milliseconds(after), _offset(before), _offset(after))
        for before, after in pairwise(hours)
        if _offset(before) != _offset(after)
    )


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall clock around a period: its offset (ms) at the start, and how it changes."""

    offset: int
    changes: tuple[Change, ...]

    @classmethod
    def around(cls, period: Period) -> "Wall":
        """Return the clock of a period's service days and the days next to them."""
        start, end = _instant(period.since), _instant(period.until)
        start, end = max(start, _FIRST + _MARGIN) - _MARGIN, min(max(end, _FIRST), _LAST - _MARGIN) + _MARGIN
        start = min(start, _LAST)
        near = [
            change
            for year in range(start.year, end.year + 1)
            for change in changes_of(year)
            if to_milliseconds(start) < change.at < to_milliseconds(end)
        ]
        return cls(_offset(start), tuple(near))

    def _offsets(self) -> list[int]:
        return [self.offset, *(change.after for change in self.changes)]

    def local(self, instant: ColumnElement[int]) -> ColumnElement[int]:
        """Return an instant (ms since 1970 UTC) as ms since 1970-01-01 00:00 on the wall."""
        return instant + self._at(instant, [change.at for change in self.changes])

    def instant(self, local: ColumnElement[int]) -> ColumnElement[int]:
        """Return the first instant at which the wall shows a time; one that is skipped is the instant of the skip.

        Exact for the times at which slots begin: no slot begins inside an hour that is skipped or repeated, only at it.
        """
        return local - self._at(local, [change.at + max(change.before, change.after) for change in self.changes])

    def _at(self, moment: ColumnElement[int], limits: list[int]) -> ColumnElement[int]:
        *early, last = (literal(offset, BigInteger) for offset in self._offsets())
        if not limits:
            return last
        return case(*((moment < limit, offset) for limit, offset in zip(limits, early, strict=True)), else_=last)

    def night(self, instant: ColumnElement[int]) -> ColumnElement[int]:
        """Return how many ms of night passed before an instant, from some fixed origin: differences are night hours."""
        branches, base = [], 0
        for number, offset in enumerate(self._offsets()):
            if number:
                at, former = self.changes[number - 1].at, self._offsets()[number - 1]
                base += _nights(at + former) - _nights(at + offset)
            branches.append(_nights_sql(instant + offset) + base)
        *early, last = branches
        if not early:
            return last
        return case(*((instant < c.at, one) for c, one in zip(self.changes, early, strict=True)), else_=last)

    def night_of(self, instant: ColumnElement[int]) -> ColumnElement[int]:
        """Return the evening's day of the night an instant lies in, in days since 1970."""
        return (self.local(instant) - _NOON * HOUR_MS) // DAY_MS

    def is_night(self, instant: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition: the wall shows 21:00 to 05:59."""
        time = self.local(instant) % DAY_MS
        return (time < NIGHT_ENDS * HOUR_MS) | (time >= NIGHT_BEGINS * HOUR_MS)

    def slot_began(self, day: Any, slot: Any, night: Any) -> ColumnElement[int]:  # noqa: ANN401 - columns
        """Return when the slot of a service day began, in ms since 1970 UTC.

        The service day of a night team goes on until noon of the next calendar day.
        """
        slots_to_noon = _NOON * HOUR_MS // SLOT_MS
        calendar = day_number(day) + case((night & (slot < slots_to_noon), 1), else_=0)
        return self.instant(calendar * literal(DAY_MS, BigInteger) + slot * literal(SLOT_MS, BigInteger))


def hours_begun(since: ColumnElement[int], until: ColumnElement[int]) -> ColumnElement[int]:
    """Return how many hours were begun between two instants in ms, 0 when there are none."""
    passed = until - since
    return case((passed > 0, (passed + (HOUR_MS - 1)) // HOUR_MS), else_=0)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _nights(local: int) -> int:
    """Return the ms of night before a local time, from 1970 on."""
    days, time = divmod(local, DAY_MS)
    morning, evening = NIGHT_ENDS * HOUR_MS, NIGHT_BEGINS * HOUR_MS
    return days * (DAY_MS - evening + morning) + min(time, morning) + max(time - evening, 0)


def _nights_sql(local: ColumnElement[int]) -> ColumnElement[int]:
    morning, evening = NIGHT_ENDS * HOUR_MS, NIGHT_BEGINS * HOUR_MS
    time = local % DAY_MS
    tonight = case((time < morning, time), (time < evening, morning), else_=time - (evening - morning))
    return local // DAY_MS * literal(DAY_MS - evening + morning, BigInteger) + tonight
