"""The statements that count patrols."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.db.portability import elements_of, length_of, sorted_elements
from app.db.table import table_of
from app.encounters.models import Encounter
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.counting import count, ms, within
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.metrics.outings import NEAR_DAYS, lasted, near, seen, share, timed
from app.metrics.patrolling.records import Patrols
from app.metrics.walltime import Wall
from app.patrols.models import Patrol

PATROL: Final = table_of(Patrol)
ROUTE: Final = sorted_elements(PATROL.c.territories)
_ENCOUNTER: Final = table_of(Encounter)


def by_day(period: Period, org_id: UUID) -> Select[Any]:
    """Return the statement that counts an organisation's patrols by day, route and team; not limited to any day."""
    linked = _linked([period], org_id)
    columns = _columns(period, linked, literal(1))
    route, cohort = ROUTE.label("route"), (PATROL.c.service_day, PATROL.c.team_id)
    return (
        select(
            PATROL.c.org_id, literal(Span.day.value, String), PATROL.c.service_day, route, PATROL.c.team_id, *columns
        )
        .select_from(PATROL.outerjoin(linked, _is(linked)))
        .where(~PATROL.c.withdrawn)
        .group_by(PATROL.c.org_id, *cohort, route)
    )


def routes() -> Select[Any]:
    """Return the statement that tells the territories of patrols' routes: rows of RouteTerritory, of any day."""
    listed = elements_of(PATROL.c.territories).table_valued("value")
    return (
        select(PATROL.c.org_id, ROUTE, listed.c.value, length_of(PATROL.c.territories))
        .select_from(PATROL)
        .join(listed, true())
        .where(~PATROL.c.withdrawn)
        .distinct()
    )


async def worked(
    session: ReadSession, view: View, runs: Sequence[Period], *, by_team: bool
) -> list[tuple[date, UUID | None, Patrols]]:
    """Return the patrols of each of these service days, by team when asked: at most a row a day, or a day and team.

    A patrol has a list of territories: in a view limited to some, it counts when it lists one of them, and its time is
    shared equally among those listed. Without contact: no encounter of the same service day or the ones next to it is
    linked to it, wherever that was.
    """
    if not runs:
        return []
    linked = _linked(runs, view.org_id)
    whole = Period(runs[0].since, runs[-1].until)
    team: Any = PATROL.c.team_id if by_team else null()
    keys = [PATROL.c.service_day, *([team] if by_team else [])]
    statement = (
        select(PATROL.c.service_day, team, *_columns(whole, linked, share(PATROL, view)))
        .select_from(PATROL.outerjoin(linked, _is(linked)))
        .where(_on(runs), *seen(PATROL, view))
        .group_by(*keys)
    )
    return [(day, team_id, Patrols.of(*some)) for day, team_id, *some in await session.execute(statement)]


async def times(session: ReadSession, view: View, runs: Sequence[Period]) -> list[tuple[date, str, float]]:
    """Return (service day, territory of the view, ms of team time) of timed patrols.

    The time of a patrol is shared equally among the territories it lists; one that lists none is in none.
    """
    if not runs:
        return []
    listed = elements_of(PATROL.c.territories).table_valued("value")
    part = cast(lasted(PATROL), Float) / length_of(PATROL.c.territories)
    conditions = [_on(runs), timed(PATROL), *seen(PATROL, view)]
    if view.territories is not None:
        conditions.append(listed.c.value.in_(sorted(view.territories)))
    statement = (
        select(PATROL.c.service_day, listed.c.value, func.sum(part))
        .select_from(PATROL)
        .join(listed, true())
        .where(*conditions)
        .group_by(PATROL.c.service_day, listed.c.value)
    )
    return [(day, territory, float(spent)) for day, territory, spent in await session.execute(statement)]


def _on(runs: Sequence[Period]) -> ColumnElement[bool]:
    return or_(*(within(PATROL.c.service_day, run) for run in runs))


def _columns(period: Period, linked: Subquery, part: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Return the columns of Patrols, of time that part which is in the view."""
    wall, known = Wall.around(period), timed(PATROL)
    night = wall.night(ms(PATROL.c.ended_at)) - wall.night(ms(PATROL.c.started_at))
    received = ms(PATROL.c.first_received_at) - func.coalesce(ms(PATROL.c.ended_at), ms(PATROL.c.started_at))
    return [
        func.count(),
        count(known),
        count(PATROL.c.ended_at.is_(None)),
        count(linked.c.patrol_id.is_(None)),
        count(received > LATE_AFTER_HOURS * HOUR_MS),
        func.coalesce(func.sum(case((known, lasted(PATROL) * part), else_=0)), 0),
        func.coalesce(func.sum(case((known, night * part), else_=0)), 0),
    ]


def _linked(runs: Sequence[Period], org_id: UUID | None) -> Subquery:
    """Return the patrols of these days that an encounter of the same day or the ones next to it is linked to."""
    there = (PATROL.c.org_id == _ENCOUNTER.c.org_id) & (PATROL.c.id == _ENCOUNTER.c.patrol_id)
    own = [] if org_id is None else [_ENCOUNTER.c.org_id == org_id]
    return (
        select(_ENCOUNTER.c.org_id, _ENCOUNTER.c.patrol_id)
        .select_from(_ENCOUNTER.join(PATROL, there))
        .where(
            or_(*(_ENCOUNTER.c.service_day.between(*_around(run)) for run in runs)),
            ~_ENCOUNTER.c.withdrawn,
            near(PATROL.c.service_day, _ENCOUNTER.c.service_day),
            *own,
        )
        .distinct()
        .subquery()
    )


def _is(linked: Subquery) -> ColumnElement[bool]:
    return and_(linked.c.org_id == PATROL.c.org_id, linked.c.patrol_id == PATROL.c.id)


def _around(run: Period) -> tuple[date, date]:
    """Return the first and the last day whose encounters may be of patrols of a run of days."""
    since = max(run.since.toordinal() - NEAR_DAYS, date.min.toordinal())
    last = min(run.until.toordinal() - 1 + NEAR_DAYS, date.max.toordinal())
    return date.fromordinal(since), date.fromordinal(last)
