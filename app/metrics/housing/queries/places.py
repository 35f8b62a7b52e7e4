"""The statements behind occupancy: nights of facilities, and what they reported."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import FromClause, case, func, literal, null, or_, select, union_all

from app.db.engine import ReadSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.models import FacilityReport as ReportRow
from app.metrics.asking import View
from app.metrics.counting import ms, seen_by
from app.metrics.housing.queries.opened import REFERRAL, night_counted, of_kind, opened_stay, wall_between
from app.metrics.housing.records import Change, FacilityReport, Unplaced
from app.metrics.housing.rules import night_at

_REPORT: Final = table_of(ReportRow)


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights in [first, last], by number."""

    first: int
    last: int


async def night_changes(session: ReadSession, facilities: Collection[UUID], nights: Nights) -> list[Change]:
    """Return by how much the stays in each facility change from night to night; the first night counts from zero.

    A stay covers the nights counted in [admission, exit). Any organisation may have made the referral.
    """
    start, end = to_milliseconds(night_at(nights.first)), to_milliseconds(night_at(nights.last))
    wall = wall_between(night_at(nights.first), night_at(nights.last))
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    here = [
        *opened_stay(REFERRAL.c),
        REFERRAL.c.facility_id.in_(list(facilities)),
        came <= end,
        or_(left.is_(None), left > start),
    ]
    first = case((came <= start, nights.first), else_=night_counted(came, wall))
    moves = union_all(
        select(REFERRAL.c.facility_id, first.label("night"), literal(1).label("change")).where(*here),
        select(REFERRAL.c.facility_id, night_counted(left, wall), literal(-1)).where(*here, left <= end),
    ).subquery()
    statement = select(moves.c.facility_id, moves.c.night, func.sum(moves.c.change)).group_by(
        moves.c.facility_id, moves.c.night
    )
    return [Change(facility, int(night), int(change)) for facility, night, change in await session.execute(statement)]


def _latest_reports(operators: Collection[UUID], facilities: Collection[UUID], nights: Nights) -> FromClause:
    """Return each facility's latest report of each night that says how many places are free, from the night before."""
    start, end = night_at(nights.first - 2), night_at(nights.last)
    at = ms(_REPORT.c.observed_at)
    night = night_counted(at, wall_between(start, end)).label("night")
    rank = func.row_number().over(
        partition_by=(_REPORT.c.facility_id, night), order_by=(at.desc(), _REPORT.c.id.desc())
    )
    chosen = select(
        _REPORT.c.facility_id, at.label("at"), night, _REPORT.c.places_free, rank.label("rank")
    ).where(
        _REPORT.c.org_id.in_(list(operators)),
        _REPORT.c.facility_id.in_(list(facilities)),
        _REPORT.c.places_free.is_not(None),
        at > to_milliseconds(start),
        at <= to_milliseconds(end),
    )  # fmt: skip
    numbered = chosen.subquery()
    return select(numbered).where(numbered.c.rank == 1).subquery("latest")


async def reports(
    session: ReadSession, operators: Collection[UUID], facilities: Collection[UUID], nights: Nights
) -> list[FacilityReport]:
    """Return each facility's latest report of each night, with the stays present at its instant.

    The night before the first is there too: its report may have to stand in.
    """
    latest = _latest_reports(operators, facilities, nights)
    start, end = to_milliseconds(night_at(nights.first - 2)), to_milliseconds(night_at(nights.last))
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    here = [
        *opened_stay(REFERRAL.c),
        REFERRAL.c.facility_id.in_(list(facilities)),
        came <= end,
        or_(left.is_(None), left > start),
    ]
    nothing = null()
    seen = union_all(
        select(latest.c.facility_id, latest.c.at, literal(0).label("change"), latest.c.night, latest.c.places_free),
        select(REFERRAL.c.facility_id, came, literal(1), nothing, nothing).where(*here),
        select(REFERRAL.c.facility_id, left, literal(-1), nothing, nothing).where(*here, left <= end),
    ).subquery()
    running = func.sum(seen.c.change).over(partition_by=seen.c.facility_id, order_by=seen.c.at)
    counted = select(seen, running.label("occupied")).subquery()
    statement = select(counted.c.facility_id, counted.c.night, counted.c.places_free, counted.c.occupied).where(
        counted.c.night.is_not(None)
    )
    return [
        FacilityReport(facility, int(n), int(free), int(who))
        for facility, n, free, who in await session.execute(statement)
    ]


async def unplaced(session: ReadSession, view: View, kind: str | None, nights: Nights) -> list[Unplaced]:
    """Return the nights of stays at no named facility, by kind; referrals in the caller's view."""
    start, end = to_milliseconds(night_at(nights.first)), to_milliseconds(night_at(nights.last))
    wall = wall_between(night_at(nights.first), night_at(nights.last))
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    first = case((came <= start, nights.first), else_=night_counted(came, wall))
    after = case((left <= end, night_counted(left, wall)), else_=nights.last + 1)
    here = [*opened_stay(REFERRAL.c), REFERRAL.c.facility_id.is_(None), came <= end, or_(left.is_(None), left > start)]
    statement = select(REFERRAL.c.kind, func.sum(after - first)).where(
        *here, *seen_by(view, REFERRAL), *of_kind(REFERRAL.c, kind)
    )
    return [Unplaced(found, int(n)) for found, n in await session.execute(statement.group_by(REFERRAL.c.kind))]
