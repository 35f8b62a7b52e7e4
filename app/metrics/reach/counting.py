"""Counting encounters: by facts where they answer, by the encounters where they do not."""

from collections.abc import Sequence

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, always_settled
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.reach import facts, people, queries
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell, ReachCounts


async def counts(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, ReachCounts]:
    """Return the counts of each period of a series and each group that has encounters."""
    parts = await parts_of(session, view, periods, always_settled, BY_MONTH)
    settled = {span: [day for part in parts for day in part.settled[span]] for span in BY_MONTH}
    runs = [run for part in parts for run in part.counted]
    found: dict[Cell, ReachCounts] = {}
    for cell, some in (
        *await facts.sums(session, view, periods, group_by, settled),
        *await queries.counts(session, view, periods, group_by, runs),
    ):
        found[cell] = found.get(cell, ReachCounts.none()) + some
    return found


async def persons(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period and group: by bitmaps; teams have none."""
    if group_by is ReachGroupBy.team:
        return await queries.distinct_persons(session, view, periods, group_by)
    parts = await parts_of(session, view, periods, always_settled, people.SPANS)
    by_territory = group_by is ReachGroupBy.territory
    return await people.distinct(session, view, periods, parts, by_territory=by_territory)
