"""What happens to the whole demo city: a lockdown spring, an eviction, phones instead of paper, seasons."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.directory.vocabulary import ReportReason

_LOCKDOWN: Final = ((3, 17), (5, 11))
_EVICTION: Final = (9, 24)
_BEFORE_EVICTION: Final = timedelta(days=60)
_AFTER_EVICTION: Final = timedelta(days=120)
_WITH_PAPER: Final = timedelta(days=360)
_SETTLED_AFTER_DAYS: Final = 200
_SETTLED: Final = 0.55
_SUSPENDED_KINDS: Final = frozenset({"rest_room", "social_rights", "consumption_room"})
_SUSPENDED_FOR: Final = timedelta(days=28)
_AUGUST: Final = 8
_COLD: Final = frozenset({12, 1, 2})


@dataclass(frozen=True, slots=True)
class Period:
    """Days in [since, until)."""

    since: date
    until: date

    def __contains__(self, day: date) -> bool:
        """Say whether a day lies in it."""
        return self.since <= day < self.until


@dataclass(frozen=True, slots=True)
class Stories:
    """When it happens, in a window of days; see `stories_of`."""

    lockdown: Period | None
    eviction: date
    online_from: date
    """Until then teams and desks note on paper, and type it in once a week."""

    def locked_down(self, day: date) -> bool:
        """Say whether the city is locked down."""
        return self.lockdown is not None and day in self.lockdown

    def outings(self, day: date) -> float:
        """Return the share of the planned outings that teams can hold."""
        if self.locked_down(day):
            return 0.38
        return 0.82 if day.month == _AUGUST else 1.0

    def people_met(self, day: date) -> float:
        """Return how many people an outing meets, against an ordinary day."""
        if self.locked_down(day):
            return 1.15  # nobody else is in the streets
        return 0.9 if day.month in _COLD else 1.0

    def displaced(self, day: date) -> float:
        """Return how much of the scene has moved across the border: 0 before the eviction, 1 right after it."""
        if day < self.eviction:
            return 0.0
        return max(_SETTLED, 1 - (1 - _SETTLED) * (day - self.eviction).days / _SETTLED_AFTER_DAYS)

    def suspension(self, kind: str) -> Period | None:
        """Return when the lockdown keeps a kind of facility shut."""
        if self.lockdown is None or kind not in _SUSPENDED_KINDS:
            return None
        return Period(self.lockdown.since, self.lockdown.since + _SUSPENDED_FOR)

    def closing_odds(self, kind: str, day: date) -> dict[ReportReason, float]:
        """Return how likely a facility stays shut on a day that its hours have it open, by reason."""
        short = 0.16 if day.month == _AUGUST else 0.025
        if self.locked_down(day):
            short = 0.12
        return {ReportReason.staff_shortage: short if kind in _SUSPENDED_KINDS else short / 4}

    def crowding(self, day: date) -> float:
        """Return how full places of first reception are, against an ordinary day."""
        if self.locked_down(day):
            return 1.25  # half of the seats
        return 1.15 if day.month in _COLD else 1.0


def stories_of(first: date, last: date) -> Stories:
    """Return what happens between two days.

    The lockdown is the first 17 March to 11 May that lies within; a shorter window has none. The eviction is the last
    24 September with time to see before and after, else it comes after six tenths of the window. Windows of a year and
    more begin on paper and go online for their last quarter.
    """
    years = range(first.year, last.year + 1)
    springs = [Period(date(year, *_LOCKDOWN[0]), date(year, *_LOCKDOWN[1])) for year in years]
    lockdown = next((spring for spring in springs if first <= spring.since and spring.until <= last), None)
    autumns = [date(year, *_EVICTION) for year in years]
    seen = [day for day in autumns if first + _BEFORE_EVICTION <= day <= last - _AFTER_EVICTION]
    online_from = first + (last - first) * 3 // 4 if last - first > _WITH_PAPER else first
    return Stories(lockdown, max(seen, default=first + (last - first) * 3 // 5), online_from)
