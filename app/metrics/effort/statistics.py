"""Adding up patrols, the minutes of planned openings that lie in the night, and the figures of both. Pure Python."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import partial
from typing import Final

from app.clock import HOUR_MS
from app.directory.rules import DAY_MINUTES, Hours
from app.directory.vocabulary import Weekday
from app.metrics.effort.definitions import NO_HOURS, NO_PATROLS, NO_PLANNED_NIGHTS, NOTHING_REPORTED
from app.metrics.indicator import Figure

NIGHT_BEGINS: Final = 21 * 60
NIGHT_ENDS: Final = DAY_MINUTES + 6 * 60
"""The night of a day, in minutes of that day's clock."""
_HOUR_MINUTES: Final = 60
_WEEKDAYS: Final = tuple(Weekday)
_SHIFTS: Final = (-1, 0, 1)
"""An opening reaches the night before its day, that of its day and the one after it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of patrols and contacts, and milliseconds of team time."""

    patrols: int = 0
    timed: int = 0
    open_ended: int = 0
    without_contact: int = 0
    late: int = 0
    nights: int = 0
    ms: float = 0
    night_ms: float = 0
    contacts: int = 0
    contacts_timed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Add two groups that have no day in common."""
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Tally)))

    @property
    def absurd(self) -> int:
        """Patrols that end, but at no believable time."""
        return self.patrols - self.timed - self.open_ended


@dataclass(frozen=True, slots=True)
class Skip:
    """On the night of `day` the clock shows the minutes [begins, ends) of that day's clock `times` times."""

    day: date
    begins: int
    ends: int
    times: int


@dataclass(frozen=True, slots=True)
class Door:
    """A facility's planned openings, and the days on which it exists at all."""

    hours: Sequence[Hours]
    opened_on: date
    closed_on: date | None


def overlap(begins: int, ends: int, since: int, until: int) -> int:
    """Return how many minutes [begins, ends) and [since, until) have in common."""
    return max(0, min(ends, until) - max(begins, since))


def weekdays_between(weekday: int, since: date, until: date) -> int:
    """Return how many days of [since, until) fall on a weekday, Monday being 0."""
    days = (until - since).days
    first = (weekday - since.weekday()) % 7
    return max(0, (days - first + 6) // 7)


def night_minutes(skips: Sequence[Skip], since: date, until: date) -> int:
    """Return how many minutes the nights of the days in [since, until) last."""
    changed = (skip for skip in skips if since <= skip.day < until)
    return (until - since).days * (NIGHT_ENDS - NIGHT_BEGINS) + sum(
        (skip.times - 1) * (skip.ends - skip.begins) for skip in changed
    )


def open_minutes(doors: Iterable[Door], skips: Sequence[Skip], since: date, until: date) -> int:
    """Return how many minutes of the nights of [since, until) the doors are planned to be open, added up.

    Open is what `app.directory.rules.is_open` says of each instant: an opening holds by the clock on the wall, so an
    hour the clock skips is not open, and one it shows twice is open twice.
    """
    return sum(_minutes(door, one, skips, since, until) for door in doors for one in door.hours)


def _minutes(door: Door, one: Hours, skips: Sequence[Skip], since: date, until: date) -> int:
    """Return the minutes of one weekly opening."""
    found = 0
    for shift in _SHIFTS:
        begins, ends = one.opens - shift * DAY_MINUTES, one.closes - shift * DAY_MINUTES
        each = overlap(begins, ends, NIGHT_BEGINS, NIGHT_ENDS)
        if not each:
            continue
        first, end = _days(door, one, shift, since, until)
        if first < end:
            weekday = (_WEEKDAYS.index(one.weekday) + shift) % 7
            found += each * weekdays_between(weekday, first, end)
            found += sum(
                (skip.times - 1) * overlap(begins, ends, skip.begins, skip.ends)
                for skip in skips
                if first <= skip.day < end and skip.day.weekday() == weekday
            )
    return found


def _days(door: Door, one: Hours, shift: int, since: date, until: date) -> tuple[date, date]:
    """Return the first night, and the first no longer, of openings that begin `shift` days before their night."""
    first = max(one.valid_from, door.opened_on)
    ends = [end for end in (one.valid_until, door.closed_on) if end is not None]
    moved = timedelta(days=shift)
    return max(since, first + moved), min([until, *(end + moved for end in ends)])


def planned_nights(door: Door, since: date, until: date) -> set[date]:
    """Return the days of [since, until) on whose night the door is planned to be open for a while."""
    found: set[date] = set()
    for one in door.hours:
        for shift in _SHIFTS:
            moved = shift * DAY_MINUTES
            if overlap(one.opens - moved, one.closes - moved, NIGHT_BEGINS, NIGHT_ENDS):
                first, end = _days(door, one, shift, since, until)
                weekday = (_WEEKDAYS.index(one.weekday) + shift) % 7
                day = first + timedelta(days=(weekday - first.weekday()) % 7)
                while day < end:
                    found.add(day)
                    day += timedelta(days=7)
    return found


@dataclass(frozen=True, slots=True)
class Doors:
    """What was planned and reported of the nights of one period."""

    minutes: int
    night_minutes: int
    planned: int
    """Nights of a facility that are over and on which it was planned to be open."""
    reported: int
    reported_open: int


def _hours(milliseconds: float) -> float:
    return milliseconds / HOUR_MS


def _patrols(tally: Tally, found: Callable[..., Figure]) -> Figure:
    timeless = tally.patrols - tally.timed
    return found(tally.patrols, tally.patrols, None, unknown=timeless, base=tally.patrols, late=tally.late)


def _without_contact(tally: Tally, found: Callable[..., Figure]) -> Figure:
    if not tally.patrols:
        return found(None, 0, 0, late=0, reason=NO_PATROLS)
    n = tally.without_contact
    return found(n / tally.patrols, n, tally.patrols, late=tally.late)


def _patrol_hours(tally: Tally, found: Callable[..., Figure]) -> Figure:
    timeless = tally.patrols - tally.timed
    return found(_hours(tally.ms), tally.timed, None, unknown=timeless, base=tally.patrols, late=tally.late)


def _per_hour(tally: Tally, found: Callable[..., Figure]) -> Figure:
    hours, n, loose = _hours(tally.ms), tally.contacts_timed, tally.contacts - tally.contacts_timed
    value, reason = (n / hours, None) if hours else (None, NO_HOURS)
    return found(value, n, hours, unknown=loose, base=tally.contacts, late=tally.late, reason=reason)


def _night_hours(tally: Tally, found: Callable[..., Figure]) -> Figure:
    timeless = tally.patrols - tally.timed
    hours = _hours(tally.ms)
    return found(_hours(tally.night_ms), tally.timed, hours, unknown=timeless, base=tally.patrols, late=tally.late)


OF_PATROLS: Final[Mapping[str, Callable[[Tally, Callable[..., Figure]], Figure]]] = {
    "patrols_held": _patrols,
    "patrols_open_ended": lambda tally, found: found(tally.open_ended, tally.open_ended, None, late=tally.late),
    "patrols_absurd": lambda tally, found: found(tally.absurd, tally.absurd, None, late=tally.late),
    "patrols_without_contact": _without_contact,
    "patrol_hours": _patrol_hours,
    "contacts_per_patrol_hour": _per_hour,
    "night_patrol_hours": _night_hours,
}
"""The figures about patrols by code; each is made by a function of value, n, denominator and more."""


def of_doors(code: str, doors: Doors, found: Callable[..., Figure]) -> Figure:
    """Return a figure about the doors open at night; `found` makes it from value, n, denominator and more."""
    if code == "night_open_hours_planned":
        return found(doors.minutes / _HOUR_MINUTES, doors.planned, doors.night_minutes / _HOUR_MINUTES)
    silent = doors.planned - doors.reported
    shares = partial(found, unknown=silent, base=doors.planned)
    if not doors.reported:
        return shares(None, 0, 0, reason=NOTHING_REPORTED if doors.planned else NO_PLANNED_NIGHTS)
    return shares(doors.reported_open / doors.reported, doors.reported_open, doors.reported)
