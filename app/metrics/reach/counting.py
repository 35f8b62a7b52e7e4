"""Counting encounters: by facts where they answer, by the encounters where they do not."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import always_settled
from app.metrics.contacts import counting as contacts
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.reach import people, queries
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell, ReachCounts

_DIMENSION: Final[Mapping[ReachGroupBy | None, contacts.Dimension | None]] = {
    None: None,
    ReachGroupBy.territory: "territory",
    ReachGroupBy.team: "team_id",
}


async def counts(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, ReachCounts]:
    """Return the counts of each period of a series and each group that has encounters."""
    found = await contacts.counted(session, view, periods, _DIMENSION[group_by], ReachCounts.names())
    return {queries.cell(*cell): ReachCounts(*some) for cell, some in found.items()}


async def persons(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period and group: by bitmaps; teams have none."""
    if group_by is ReachGroupBy.team:
        return await queries.distinct_persons(session, view, periods, group_by)
    parts = await parts_of(session, view, periods, always_settled, people.SPANS)
    by_territory = group_by is ReachGroupBy.territory
    return await people.distinct(session, view, periods, parts, by_territory=by_territory)
