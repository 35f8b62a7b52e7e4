"""The statements behind the effort of patrols."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Subquery, and_, case, func, null, select
from sqlalchemy import cast as as_type
from sqlmodel import col

from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.db.table import table_of
from app.directory.models import FacilityReport
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics import outings
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by, within
from app.metrics.effort.definitions import LONGEST_HOURS
from app.metrics.effort.records import Met, NightReported, Worked
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.metrics.walltime import EPOCH, Wall
from app.patrols.models import Patrol

_ENCOUNTER: Final = table_of(Encounter)
_PATROL: Final = table_of(Patrol)
_TIME: Final = ms(Patrol.ended_at) - ms(Patrol.started_at)
_TIMED: Final = and_(col(Patrol.ended_at).is_not(None), _TIME >= 0, _TIME <= LONGEST_HOURS * HOUR_MS)
_ONE_DAY: Final = timedelta(days=1)


async def worked(session: ReadSession, view: View, period: Period, *, by_team: bool) -> list[Worked]:
    """Return the patrols of each service day, by team when asked: at most a row a day, or a row a day and team.

    A patrol has a list of territories: in a view limited to some, it counts when it lists one of them, and its time is
    shared equally among those listed. Without contact: no encounter of a service day from the one before the period to
    the one after it is linked to it, wherever that was.
    """
    wall, linked = Wall.around(period), _linked(view, period)
    share = outings.share(_PATROL, view)
    night = wall.night(ms(Patrol.ended_at)) - wall.night(ms(Patrol.started_at))
    received = ms(Patrol.first_received_at) - func.coalesce(ms(Patrol.ended_at), ms(Patrol.started_at))
    team: Any = col(Patrol.team_id) if by_team else null()
    keys = [col(Patrol.service_day), *([team] if by_team else [])]
    statement = (
        select(
            col(Patrol.service_day),
            team,
            func.count(),
            count(_TIMED),
            count(col(Patrol.ended_at).is_(None)),
            count(linked.c.patrol_id.is_(None)),
            count(received > LATE_AFTER_HOURS * HOUR_MS),
            _total(case((_TIMED, _TIME * share), else_=0)),
            _total(case((_TIMED, night * share), else_=0)),
        )
        .outerjoin(linked, and_(linked.c.org_id == col(Patrol.org_id), linked.c.patrol_id == col(Patrol.id)))
        .where(within(col(Patrol.service_day), period), *outings.seen(_PATROL, view))
        .group_by(*keys)
    )
    return [Worked(*row) for row in await session.execute(statement)]


async def met(session: ReadSession, view: View, period: Period, *, by_team: bool) -> list[Met]:
    """Return the people met on each service day, by team when asked, and those met on patrols of known duration."""
    team: Any = col(Encounter.team_id) if by_team else null()
    keys = [col(Encounter.service_day), *([team] if by_team else [])]
    people = col(Encounter.people_count)
    patrol = and_(
        col(Patrol.org_id) == col(Encounter.org_id), col(Patrol.id) == col(Encounter.patrol_id), ~col(Patrol.withdrawn)
    )
    statement = (
        select(
            col(Encounter.service_day),
            team,
            func.sum(people),
            func.coalesce(func.sum(case((and_(col(Patrol.id).is_not(None), _TIMED), people), else_=0)), 0),
        )
        .outerjoin(Patrol, patrol)
        .where(within(col(Encounter.service_day), period), ~col(Encounter.withdrawn), *seen_by(view, _ENCOUNTER))
        .group_by(*keys)
    )
    return [Met(*row) for row in await session.execute(statement)]


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


def _linked(view: View, period: Period) -> Subquery:
    """Return the patrols that an encounter is linked to."""
    wide = (
        col(Encounter.service_day) >= _moved(period.since, -_ONE_DAY),
        col(Encounter.service_day) <= period.until,
        ~col(Encounter.withdrawn),
        col(Encounter.patrol_id).is_not(None),
    )
    own = (col(Encounter.org_id) == view.org_id,) if view.org_id is not None else ()
    return select(col(Encounter.org_id), col(Encounter.patrol_id)).where(*wide, *own).distinct().subquery()


def _moved(day: date, by: timedelta) -> date:
    return day if day == date.min else day + by


def _total(column: ColumnElement[Any]) -> ColumnElement[float]:
    return as_type(func.coalesce(func.sum(column), 0), Float)
