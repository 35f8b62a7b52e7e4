"""For how long a place was planned to be open. Pure Python."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.directory.rules import PARIS, Hours, is_open, local_day
from app.directory.vocabulary import Weekday

Spell = tuple[datetime, datetime]
"""From an instant on, and until another."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = 7
_WEEKDAYS: Final = tuple(Weekday)


def open_spells(hours: Iterable[Hours], since: datetime, until: datetime) -> list[Spell]:
    """Return the spells of [since, until) in which the hours planned have a place open, in order and apart.

    Open is what `app.directory.rules.is_open` says of each instant, on nights of 23 and 25 hours too.
    """
    found: list[Spell] = []
    for begin, end in sorted(spell for one in hours for day in _days(one, since, until) for spell in _spells(one, day)):
        spell = max(begin, since), min(end, until)
        if spell[0] >= spell[1]:
            continue
        if found and spell[0] <= found[-1][1]:
            before = found.pop()
            spell = before[0], max(before[1], spell[1])
        found.append(spell)
    return found


def reached(spells: Iterable[Spell], lasting: timedelta) -> datetime | None:
    """Return the instant at which the spells have lasted so long, None when they do not."""
    left = lasting
    for begin, end in spells:
        if begin + left <= end:
            return begin + left
        left -= end - begin
    return None


def total(spells: Sequence[Spell]) -> timedelta:
    """Return how long the spells last."""
    return sum((end - begin for begin, end in spells), timedelta())


def first_opening(one: Hours, since: date) -> date:
    """Return the first day from a day on that is the weekday of some hours, once they hold."""
    start = max(one.valid_from, since)
    return start + timedelta(days=(_WEEKDAYS.index(one.weekday) - start.weekday()) % _WEEK)


def _days(one: Hours, since: datetime, until: datetime) -> Iterator[date]:
    """Yield the days on which an opening begins that may be on between two instants."""
    day = first_opening(one, local_day(since) - _DAY)
    while day <= local_day(until) and (one.valid_until is None or day < one.valid_until):
        yield day
        day += timedelta(days=_WEEK)


def _spells(one: Hours, day: date) -> Iterator[Spell]:
    """Yield when the opening that begins on a day is on: one spell, but where the clock is changed in it."""
    midnight = datetime.combine(day, time(), PARIS)
    walls = [midnight + one.opens * _MINUTE, midnight + one.closes * _MINUTE]
    begin, end = (wall.astimezone(UTC) for wall in walls)
    if walls[0].utcoffset() == (walls[1] + _HOUR).utcoffset():
        yield begin, end
        return
    minute = begin - _HOUR
    while minute < end + _HOUR:
        if is_open([one], minute):
            yield minute, minute + _MINUTE
        minute += _MINUTE
