"""Local time, opening hours, kinds on a day and containment in the territory tree. Pure Python.

Everything people agree on by the clock on the wall is decided by the clock on the wall: a facility that closes at 06:00
closes at 06:00 also on the nights that last 23 or 25 hours.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import SLOT_HOURS
from app.directory.vocabulary import Rung, SuccessState, TerritoryLevel, Weekday

PARIS: Final = ZoneInfo("Europe/Paris")
DAY_MINUTES: Final = 1440
MOST_REPORTED: Final = 500
"""Places free or people waiting: more than that in one facility is a typing error."""
_NOON: Final = 12
_WEEKDAYS: Final = tuple(Weekday)
_ONE_DAY: Final = timedelta(days=1)


def local_day(instant: datetime) -> date:
    """Return the calendar day in Paris."""
    return instant.astimezone(PARIS).date()


def service_day(instant: datetime, night: bool) -> date:  # noqa: FBT001 - the team's one property that matters here
    """Return the service day: noon to noon for a night team, named by its evening; midnight to midnight otherwise."""
    local = instant.astimezone(PARIS)
    return local.date() - _ONE_DAY if night and local.hour < _NOON else local.date()


def slot(instant: datetime) -> int:
    """Return the 2-hour slot of the Paris clock, 0 (from 00:00) to 11 (from 22:00)."""
    return instant.astimezone(PARIS).hour // SLOT_HOURS


@dataclass(frozen=True, slots=True)
class Hours:
    """One weekly opening, in minutes of the day it begins on; `closes` is above 1440 when it lasts past midnight.

    It holds for openings that begin on a day in [valid_from, valid_until).
    """

    weekday: Weekday
    opens: int
    closes: int
    valid_from: date
    valid_until: date | None = None

    def covers(self, day: date, minute: int) -> bool:
        """Say whether the opening that begins on `day` is on at `minute` of that day's clock."""
        begins = _WEEKDAYS[day.weekday()] is self.weekday and is_valid(self.valid_from, self.valid_until, day)
        return begins and self.opens <= minute < self.closes


def is_open(hours: Iterable[Hours], instant: datetime) -> bool:
    """Say whether the hours planned have the facility open at an instant."""
    local = instant.astimezone(PARIS)
    today, minute = local.date(), local.hour * 60 + local.minute
    yesterday = today - _ONE_DAY
    return any(one.covers(today, minute) or one.covers(yesterday, minute + DAY_MINUTES) for one in hours)


def hours_fault(opens: int, closes: int) -> str | None:
    """Return what is wrong with an opening, or None when nothing is."""
    if not 0 <= opens < DAY_MINUTES:
        return "an opening begins between 00:00 and 23:59"
    if not opens < closes <= opens + DAY_MINUTES:
        return "an opening ends after it begins, within 24 hours"
    return None


def overlaps(hours: Iterable[Hours]) -> bool:
    """Say whether two openings of one week share a minute, the last of Sunday night and Monday included."""
    week = 7 * DAY_MINUTES
    starts = {weekday: number * DAY_MINUTES for number, weekday in enumerate(_WEEKDAYS)}
    spans = sorted((starts[one.weekday] + one.opens, starts[one.weekday] + one.closes) for one in hours)
    if not spans:
        return False
    following = [*spans[1:], (spans[0][0] + week, spans[0][1] + week)]
    return any(end > begin for (_, end), (begin, _) in zip(spans, following, strict=True))


def is_valid(valid_from: date, valid_until: date | None, day: date) -> bool:
    """Say whether a day lies in [valid_from, valid_until)."""
    return valid_from <= day and (valid_until is None or day < valid_until)


@dataclass(frozen=True, slots=True)
class KindRule:
    """What holds for referrals to one kind of facility during a period."""

    code: str
    valid_from: date
    valid_until: date | None
    rung: Rung
    success: SuccessState
    expires_after: timedelta


def kind_at(kinds: Iterable[KindRule], code: str, day: date) -> KindRule | None:
    """Return the rule of a kind on a day; the latest one where periods overlap; None when the kind is not offered."""
    valid = [kind for kind in kinds if kind.code == code and is_valid(kind.valid_from, kind.valid_until, day)]
    return max(valid, key=lambda kind: kind.valid_from, default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """One territory in the tree."""

    code: str
    level: TerritoryLevel
    parent: str | None


class Tree:
    """The territory tree: region > departement > commune or arrondissement > quarter."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Take all places, in any order; a parent that is missing ends the line of ancestors."""
        self.places: Final[Mapping[str, Place]] = {place.code: place for place in places}
        self._children: defaultdict[str, list[str]] = defaultdict(list)
        for place in self.places.values():
            if place.parent is not None:
                self._children[place.parent].append(place.code)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the codes above, nearest first; empty for a root or an unknown code."""
        found: list[str] = []
        place = self.places.get(code)
        while place is not None and place.parent is not None and place.parent not in found:
            found.append(place.parent)
            place = self.places.get(place.parent)
        return tuple(found)

    def descendants(self, code: str) -> frozenset[str]:
        """Return the code itself and every code below it; empty for an unknown code."""
        found: set[str] = set()
        waiting = [code] if code in self.places else []
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self._children.get(current, ()))
        return frozenset(found)

    def covered(self, roots: Iterable[str]) -> frozenset[str]:
        """Return every code that lies in one of the territories given, themselves included."""
        return frozenset().union(*(self.descendants(root) for root in roots))


_RANK: Final = {
    TerritoryLevel.region: 0,
    TerritoryLevel.departement: 1,
    TerritoryLevel.commune: 2,
    TerritoryLevel.arrondissement: 2,
    TerritoryLevel.quarter: 3,
}


def rank(level: TerritoryLevel) -> int:
    """Return how far down the tree a level is, from 0 for a region."""
    return _RANK[level]


def place_fault(place: Place, parent: Place | None) -> str | None:
    """Return what keeps a place out of the tree, or None when nothing does.

    A parent is of a higher level, so the tree can have no cycle.
    """
    if place.parent is None:
        return None if place.level is TerritoryLevel.region else "only a region stands without a parent"
    if parent is None:
        return "its parent is not known"
    return None if _RANK[parent.level] < _RANK[place.level] else "its parent must be of a higher level"


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """Which report a facility's present state comes from.

    The later one wins and ids break ties, so the order in which reports arrive does not matter.
    """

    observed_at: datetime
    report_id: UUID
