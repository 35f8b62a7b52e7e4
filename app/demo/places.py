"""The facilities of the demo city as they run: open or shut, places taken, and what their desks report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from app.demo.city import FacilityPlan
from app.demo.draws import Draws
from app.demo.outbox import Item
from app.demo.stories import Stories
from app.directory.rules import DAY_MINUTES, PARIS, Hours
from app.directory.vocabulary import ReportReason, Weekday

LODGINGS: Final = frozenset(
    {"emergency_housing", "reintegration_housing", "longer_stay_housing", "addiction_treatment"}
)
"""Kinds with places that people stay in; the others have seats."""
_WEEKDAYS: Final = tuple(Weekday)
_ORDINARY_LOAD: Final = 0.72
_LOOKED_AHEAD: Final = 40
_MORNING: Final = 8.0
OFFICE_DAYS: Final = frozenset({2, 5})
"""Tuesday and Friday, as `date.isoweekday()` counts."""
_BEFORE_OFFICE_DAYS: Final = frozenset({1, 4})


def local(day: date, hour: float) -> datetime:
    """Return the instant of an hour of the Paris clock, from 0 to 48."""
    days, minutes = divmod(round(hour * 60), DAY_MINUTES)
    return datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), PARIS).astimezone(UTC)


def office_morning(at: datetime) -> datetime:
    """Return the next Tuesday or Friday morning: departures and applications are written twice a week."""
    today = at.astimezone(PARIS).date()
    mornings = (local(today + timedelta(days=ahead), _MORNING) for ahead in range(8))
    return next(morning for morning in mornings if morning.isoweekday() in OFFICE_DAYS and morning >= at)


@dataclass(slots=True)
class Place:
    """One facility while the days go by."""

    id: UUID
    plan: FacilityPlan
    stories: Stories
    draws: Draws
    taken: int = 0
    waiting: int = 0
    _shut: dict[date, ReportReason | None] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its kind, which also names its desk: there is one of each."""
        return self.plan.kind

    @property
    def free(self) -> int:
        """Places that somebody could stay in."""
        return self.plan.places - self.taken

    def hours(self, start: date) -> list[Hours]:
        """Return its weekly hours from a day on."""
        return [Hours(weekday, self.plan.opens, self.plan.closes, start) for weekday in self.plan.weekdays]

    def why_shut(self, at: datetime) -> ReportReason | None:
        """Return why nobody is received at an instant, or None when somebody is."""
        here = at.astimezone(PARIS)
        minute = here.hour * 60 + here.minute
        if not (self.is_staffed(here.date()) and self.plan.opens <= minute < self.plan.closes):
            return ReportReason.closed_at_time
        return self._shut_all_day(here.date())

    def is_staffed(self, day: date) -> bool:
        """Say whether it opens at all on such a weekday."""
        return _WEEKDAYS[day.weekday()] in self.plan.weekdays

    def next_opening(self, at: datetime) -> datetime | None:
        """Return `at` when it is open, else when it next opens; None when that is not in sight."""
        if self.why_shut(at) is None:
            return at
        today = at.astimezone(PARIS).date()
        for day in (today + timedelta(days=ahead) for ahead in range(_LOOKED_AHEAD)):
            opens = local(day, self.plan.opens / 60)
            if opens > at and self.why_shut(opens) is None:
                return opens
        return None

    def reports_on(self, day: date) -> bool:
        """Say whether a desk of its own would report on a day."""
        often = not self.plan.unhurried or day.isoweekday() in _BEFORE_OFFICE_DAYS
        return often and self.is_staffed(day)

    def is_full(self, at: datetime) -> bool:
        """Say whether no seat is left just now, in a place of first reception."""
        return self._seats_free(at.astimezone(PARIS).date()) == 0

    def report(self, at: datetime) -> Item:
        """Return what its desk reports of it at an instant."""
        shut = self.why_shut(at)
        lodging = self.kind in LODGINGS
        free = self.free if lodging else self._seats_free(at.astimezone(PARIS).date())
        waiting = self.waiting if lodging else (self.draws.poisson(3) if free == 0 else 0)
        reason = shut or (ReportReason.no_place if free == 0 else None)
        return {
            "id": self.draws.id(at),
            "observed_at": at,
            "open": shut is None,
            "places_free": None if shut else free,
            "waiting": None if shut else waiting,
            "reason": reason,
        }

    def _seats_free(self, day: date) -> int:
        mean = self.plan.places * _ORDINARY_LOAD * self.stories.crowding(day)
        return max(0, self.plan.places - self.draws.poisson(mean))

    def _shut_all_day(self, day: date) -> ReportReason | None:
        if day not in self._shut:
            self._shut[day] = self._reason_of(day)
        return self._shut[day]

    def _reason_of(self, day: date) -> ReportReason | None:
        suspension = self.stories.suspension(self.kind)
        if suspension is not None and day in suspension:
            return ReportReason.service_suspended
        odds: Mapping[ReportReason, float] = self.stories.closing_odds(self.kind, day)
        return next(iter(self.draws.some(odds)), None)
