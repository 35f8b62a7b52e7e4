"""The facts of reach."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.facts import EVERYBODY, EVERYWHERE, Facts, Source
from app.metrics.indicator import Period
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.models import ContactFact
from app.metrics.reach.queries import ENCOUNTER, by_day, cell, number
from app.metrics.reach.records import Cell, ReachCounts


def _nothing(_variant: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


FACTS: Final = Facts(
    table_of(ContactFact),
    Source(ENCOUNTER.c.org_id, ENCOUNTER.c.service_day, lambda period, _variant: by_day(period), _nothing),
    {"territory": EVERYWHERE, "team_id": EVERYBODY},
    ReachCounts.names(),
)
_KEYS: Final[dict[ReachGroupBy, ColumnElement[Any]]] = {
    ReachGroupBy.territory: FACTS.columns.territory,
    ReachGroupBy.team: FACTS.columns.team_id,
}


async def sums(
    session: ReadSession,
    view: View,
    periods: Sequence[Period],
    group_by: ReachGroupBy | None,
    cohorts: Mapping[Span, Sequence[date]],
) -> list[tuple[Cell, ReachCounts]]:
    """Return the counts of these cohorts by period and group, perhaps in parts."""
    conditions = [
        FACTS.only("territory", view.territories, grouped=group_by is ReachGroupBy.territory),
        FACTS.only("team_id", None, grouped=group_by is ReachGroupBy.team),
    ]
    if view.org_id is not None:
        conditions.append(FACTS.columns.org_id == view.org_id)
    keys: list[ColumnElement[Any]] = [number(FACTS.columns.first_day, periods).label("number")]
    if group_by is not None:
        keys.append(_KEYS[group_by])
    names = ReachCounts.names()
    found = await FACTS.sums(session, keys, names, conditions, cohorts)
    return [
        (cell(row[0], row[-1 - len(names)] if group_by else None), ReachCounts(*row[-len(names) :])) for row in found
    ]
