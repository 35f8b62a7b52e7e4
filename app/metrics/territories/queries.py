"""The statements behind the map."""

from collections import defaultdict
from typing import Final

from sqlalchemy import ColumnElement, Float, and_, case, cast, func, select, true
from sqlmodel import col

from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.db.portability import elements_of, length_of
from app.db.table import table_of
from app.directory.models import TerritoryBorder
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics import meetings, outings
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by, within
from app.metrics.indicator import Period
from app.metrics.territories.definitions import LONGEST_HOURS
from app.metrics.territories.records import Hours, Met
from app.patrols.models import Patrol

_ENCOUNTER: Final = table_of(Encounter)
_PATROL: Final = table_of(Patrol)
_TEAM: Final = table_of(Team)
_TIME: Final = ms(Patrol.ended_at) - ms(Patrol.started_at)
_TIMED: Final = and_(col(Patrol.ended_at).is_not(None), _TIME >= 0, _TIME <= LONGEST_HOURS * HOUR_MS)


def _people(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, col(Encounter.people_count)), else_=0)), 0)


async def met(session: ReadSession, view: View, period: Period) -> list[Met]:
    """Return the people met in each territory of the view, by code; territories without any are not there."""
    patrol = and_(
        col(Patrol.org_id) == col(Encounter.org_id), col(Patrol.id) == col(Encounter.patrol_id), ~col(Patrol.withdrawn)
    )
    statement = (
        select(
            col(Encounter.territory),
            func.sum(col(Encounter.people_count)),
            _people(and_(col(Patrol.id).is_not(None), _TIMED)),
            _people(_ENCOUNTER.c.outside_perimeter),
            count(meetings.late(_ENCOUNTER, _TEAM, period)),
        )
        .outerjoin(Patrol, patrol)
        .where(within(col(Encounter.service_day), period), ~col(Encounter.withdrawn), *seen_by(view, _ENCOUNTER))
        .group_by(col(Encounter.territory))
        .order_by(col(Encounter.territory))
    )
    return [Met(*row) for row in await session.execute(statement)]


async def hours(session: ReadSession, view: View, period: Period) -> list[Hours]:
    """Return the team hours spent in each territory of the view, by code.

    The time of a patrol is shared equally among the territories it lists; one that lists none is in none.
    """
    listed = elements_of(col(Patrol.territories)).table_valued("value")
    part = cast(_TIME, Float) / length_of(col(Patrol.territories))
    conditions = [within(col(Patrol.service_day), period), _TIMED, *outings.seen(_PATROL, view)]
    if view.territories is not None:
        conditions.append(listed.c.value.in_(sorted(view.territories)))
    statement = (
        select(listed.c.value, func.sum(part))
        .select_from(Patrol)
        .join(listed, true())
        .where(*conditions)
        .group_by(listed.c.value)
        .order_by(listed.c.value)
    )
    return [Hours(territory, spent / HOUR_MS) for territory, spent in await session.execute(statement)]


async def neighbours(session: ReadSession) -> dict[str, frozenset[str]]:
    """Return which territories touch each territory."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in await session.execute(select(col(TerritoryBorder.code_a), col(TerritoryBorder.code_b))):
        found[one].add(other)
        found[other].add(one)
    return {code: frozenset(touching) for code, touching in found.items()}
