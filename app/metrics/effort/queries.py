"""The statements behind the effort that facts do not answer."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlmodel import col

from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.directory.models import FacilityReport
from app.identity.models import Team
from app.metrics.counting import ms
from app.metrics.effort.records import NightReported
from app.metrics.indicator import Period
from app.metrics.walltime import EPOCH, Wall


async def nights_reported(
    session: ReadSession, organisations: Collection[UUID], facilities: Collection[UUID], period: Period
) -> list[NightReported]:
    """Return which nights of the period each facility said something: at most a row a facility and night."""
    wall, at = Wall.around(period), ms(FacilityReport.observed_at)
    night = wall.night_of(at)
    said_open = func.max(case((col(FacilityReport.open), 1), else_=0))
    since, until = ((day - EPOCH).days for day in (period.since, period.until))
    statement = (
        select(col(FacilityReport.facility_id), night, said_open)
        .where(
            col(FacilityReport.org_id).in_(sorted(organisations)),
            col(FacilityReport.facility_id).in_(sorted(facilities)),
            night >= since,
            night < until,
            wall.is_night(at),
            at >= (since - 1) * 24 * HOUR_MS,
            at < (until + 1) * 24 * HOUR_MS,
        )
        .group_by(col(FacilityReport.facility_id), night)
    )
    return [
        NightReported(facility, EPOCH + timedelta(days=number), bool(opened))
        for facility, number, opened in await session.execute(statement)
    ]


async def team_names(session: ReadSession, teams: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of teams."""
    found = await session.execute(select(col(Team.id), col(Team.name)).where(col(Team.id).in_(sorted(teams))))
    return {team: name for team, name in found}  # noqa: C416 - rows are no pairs to a type checker
