"""The statements behind the places declared vacant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from app.clock import DAY_MS
from app.db.engine import ReadSession
from app.db.table import table_of
from app.directory.models import FacilityReport
from app.directory.records import FacilityRef
from app.metrics.asking import View
from app.metrics.counting import came_late, count, ms, seen_by
from app.metrics.indicator import Period
from app.metrics.vacancies.records import DayOfKind
from app.metrics.walltime import EPOCH, Wall
from app.referrals.models import Referral
from app.referrals.vocabulary import State

_REFERRAL: Final = table_of(Referral)
_REPORT: Final = table_of(FacilityReport)


@dataclass(frozen=True, slots=True)
class Days:
    """The civil days of a period on the clock of Paris."""

    wall: Wall
    first: int
    end: int

    @classmethod
    def of(cls, period: Period) -> "Days":
        """Return the days of a period, by their numbers since 1970-01-01."""
        return cls(Wall.around(period), (period.since - EPOCH).days, (period.until - EPOCH).days)

    def number(self, instant: ColumnElement[int]) -> ColumnElement[int]:
        """Return the number of the day that an instant lies in."""
        return self.wall.local(instant) // DAY_MS

    def hold(self, instant: ColumnElement[int]) -> list[ColumnElement[bool]]:
        """Return the conditions: the instant lies in one of the days; the first two are what an index can use."""
        loose = (instant >= (self.first - 1) * DAY_MS, instant < (self.end + 1) * DAY_MS)
        day = self.number(instant)
        return [*loose, day >= self.first, day < self.end]


def _admissions(view: View) -> list[ColumnElement[bool]]:
    return [
        col(Referral.admitted_at).is_not(None),
        col(Referral.state) != State.entered_in_error.value,
        *seen_by(view, _REFERRAL),
    ]


async def filled(
    session: ReadSession, view: View, facilities: Sequence[FacilityRef], period: Period
) -> list[DayOfKind]:
    """Return what these facilities declared vacant by day and kind, with the admissions there on those days."""
    kinds = {facility.id: facility.kind for facility in facilities}
    if not kinds:
        return []
    days = Days.of(period)
    seen, came = ms(FacilityReport.observed_at), ms(Referral.admitted_at)
    declared = (
        select(_REPORT.c.facility_id, days.number(seen).label("day"), func.max(_REPORT.c.places_free).label("places"))
        .where(
            _REPORT.c.org_id.in_(sorted({facility.org_id for facility in facilities})),
            _REPORT.c.facility_id.in_(sorted(kinds)),
            _REPORT.c.open,
            _REPORT.c.places_free.is_not(None),
            *days.hold(seen),
        )
        .group_by(_REPORT.c.facility_id, "day")
        .subquery("declared")
    )
    admitted = (
        select(_REFERRAL.c.facility_id, days.number(came).label("day"), func.count().label("n"))
        .where(
            *_admissions(view),
            _REFERRAL.c.facility_id.in_(sorted(kinds)),
            *days.hold(came),
        )
        .group_by(_REFERRAL.c.facility_id, "day")
        .subquery("admitted")
    )
    same = (admitted.c.facility_id == declared.c.facility_id) & (admitted.c.day == declared.c.day)
    statement = select(
        declared.c.facility_id, declared.c.day, declared.c.places, func.coalesce(admitted.c.n, 0)
    ).outerjoin_from(declared, admitted, same)
    found = await session.execute(statement)
    return [DayOfKind(int(day), kinds[facility], int(places), int(n)) for facility, day, places, n in found]


async def admissions(session: ReadSession, view: View, kinds: Collection[str], period: Period) -> list[DayOfKind]:
    """Return the admissions to these kinds by day, wherever they were."""
    days, came = Days.of(period), ms(Referral.admitted_at)
    late = count(came_late(Referral))
    statement = (
        select(days.number(came).label("day"), _REFERRAL.c.kind, func.count(), late)
        .where(*_admissions(view), _REFERRAL.c.kind.in_(sorted(kinds)), *days.hold(came))
        .group_by("day", _REFERRAL.c.kind)
    )
    found = await session.execute(statement)
    return [DayOfKind(int(day), kind, admitted=int(n), late=int(slow)) for day, kind, n, slow in found]
