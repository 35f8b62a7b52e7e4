"""The statements behind reach. `periods` are always a series: they follow one another without a gap."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, null, select
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.table import table_of
from app.encounters.models import Encounter
from app.metrics.asking import View
from app.metrics.counting import number_of, seen_during
from app.metrics.indicator import Period
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell

ENCOUNTER: Final = table_of(Encounter)
_KEYS: Final[dict[ReachGroupBy, Any]] = {
    ReachGroupBy.territory: ENCOUNTER.c.territory,
    ReachGroupBy.team: ENCOUNTER.c.team_id,
}


async def distinct_persons(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period and group that saw any.

    A card has another number in each key period, so over New Year a person counts once in each. This is the slow one
    where the period is long: it looks at every encounter with a card.
    """
    seen = func.count(ENCOUNTER.c.link_id.distinct())
    statement = _series(view, periods, group_by, seen).where(ENCOUNTER.c.link_id.is_not(None))
    return {cell(row[0], row[1]): row[2] for row in await session.execute(statement)}


def _series(
    view: View, periods: Sequence[Period], group_by: ReachGroupBy | None, counted: ColumnElement[int]
) -> Select[Any]:
    key = _KEYS[group_by] if group_by else null()
    number = number_of(col(Encounter.service_day), periods)
    statement = select(number.label("number"), key.label("key"), counted).where(
        ~ENCOUNTER.c.withdrawn, *seen_during(view, ENCOUNTER, "service_day", [_whole(periods)])
    )
    return statement.group_by("number", "key") if group_by else statement.group_by("number")


def _whole(periods: Sequence[Period]) -> Period:
    return Period(periods[0].since, periods[-1].until)


def cell(period: int, key: object) -> Cell:
    """Return the cell of a row."""
    return period, None if key is None else str(key)
