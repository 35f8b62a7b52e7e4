"""The statements behind occupancy: nights of facilities, and what they reported."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import CTE, FromClause, case, func, literal, null, or_, select, union_all

from app.db.engine import ReadSession
from app.db.portability import day_number
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.models import FacilityReport as ReportRow
from app.metrics.asking import View
from app.metrics.counting import ms, seen_by
from app.metrics.housing.models import PlaceNight
from app.metrics.housing.queries.opened import (
    REFERRAL,
    lasting,
    night_counted,
    of_kind,
    opened_stay,
    wall_between,
)
from app.metrics.housing.records import FacilityNight, Unplaced
from app.metrics.housing.rules import day_of, night_at

_REPORT: Final = table_of(ReportRow)
_KEPT: Final = table_of(PlaceNight)


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights in [first, last], by number."""

    first: int
    last: int


def _latest_reports(operators: Collection[UUID], facilities: Collection[UUID], nights: Nights) -> CTE:
    """Return each facility's latest report of each night that says how many places are free."""
    start, end = night_at(nights.first - 1), night_at(nights.last)
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
    latest = select(numbered.c.facility_id, numbered.c.at, numbered.c.night, numbered.c.places_free)
    return latest.where(numbered.c.rank == 1).cte("latest").prefix_with("MATERIALIZED")


def _moves(facilities: Collection[UUID], nights: Nights) -> FromClause:
    """Return who came to each facility and who left it, by night: (facility_id, night, at, change).

    `at` is in ms. Those who were there already come on the first night, at no instant. Any organisation may have made
    the referral.
    """
    start, end = to_milliseconds(night_at(nights.first - 1)), to_milliseconds(night_at(nights.last))
    wall = wall_between(night_at(nights.first - 1), night_at(nights.last))
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    here = [*opened_stay(REFERRAL.c), REFERRAL.c.facility_id.in_(list(facilities))]
    later, *earlier = lasting(start, end)
    facility, one, first = REFERRAL.c.facility_id, literal(1), literal(nights.first)
    began = select(facility, night_counted(came, wall).label("night"), came.label("at"), one.label("change"))
    ended = select(facility, night_counted(left, wall), left, literal(-1))
    return union_all(
        began.where(*here, *later),
        ended.where(*here, left > start, left <= end, came <= end),
        *(select(facility, first, null(), one).where(*here, *there) for there in earlier),
    ).subquery("move")


async def facility_nights(
    session: ReadSession, operators: Collection[UUID], facilities: Collection[UUID], nights: Nights
) -> list[FacilityNight]:
    """Return each facility's nights on which somebody came or left or it reported, in order; the first from zero.

    Those whose records are coarse are counted by what is kept of them.
    """
    move, latest = _moves(facilities, nights), _latest_reports(operators, facilities, nights)
    by_then = or_(move.c.at.is_(None), move.c.at <= latest.c.at)
    zero = literal(0)
    kept, first = _KEPT.c, day_of(nights.first)
    here = kept.facility_id.in_(list(facilities))
    from_zero = [kept.facility_id, literal(nights.first), func.sum(kept.change), func.sum(kept.change), null()]
    seen = union_all(
        select(latest.c.facility_id, latest.c.night, zero.label("change"), zero.label("before"), latest.c.places_free),
        select(move.c.facility_id, move.c.night, move.c.change, case((by_then, move.c.change), else_=0), null())
        .outerjoin(latest, (latest.c.facility_id == move.c.facility_id) & (latest.c.night == move.c.night)),
        select(kept.facility_id, day_number(kept.night), kept.change, kept.before, null())
        .where(here, kept.night >= first, kept.night <= day_of(nights.last)),
        select(*from_zero).where(here, kept.night < first).group_by(kept.facility_id),
    ).subquery()  # fmt: skip
    keys = [seen.c.facility_id, seen.c.night]
    sums = [func.sum(seen.c.change), func.sum(seen.c.before), func.max(seen.c.places_free)]
    found = await session.execute(select(*keys, *sums).group_by(*keys).order_by(*keys))
    return [
        FacilityNight(facility, int(n), int(change), int(before), free) for facility, n, change, before, free in found
    ]


async def unplaced(session: ReadSession, view: View, kind: str | None, nights: Nights) -> list[Unplaced]:
    """Return the nights of stays at no named facility, by kind; referrals in the caller's view."""
    start, end = to_milliseconds(night_at(nights.first)), to_milliseconds(night_at(nights.last))
    wall = wall_between(night_at(nights.first), night_at(nights.last))
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    first = case((came <= start, nights.first), else_=night_counted(came, wall))
    after = case((left <= end, night_counted(left, wall)), else_=nights.last + 1)
    here = [*opened_stay(REFERRAL.c), REFERRAL.c.facility_id.is_(None), *seen_by(view, REFERRAL)]
    here += of_kind(REFERRAL.c, kind)
    covered = select(REFERRAL.c.kind, (after - first).label("nights"))
    stays = union_all(*(covered.where(*here, *part) for part in lasting(start, end))).subquery()
    statement = select(stays.c.kind, func.sum(stays.c.nights)).group_by(stays.c.kind)
    return [Unplaced(found, int(n)) for found, n in await session.execute(statement)]
