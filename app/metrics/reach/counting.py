"""Counting encounters: by facts where they answer, by the encounters where they do not."""

from collections.abc import Sequence

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, always_settled, cut
from app.metrics.indicator import Period
from app.metrics.reach import facts, queries
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell, ReachCounts
from app.upkeep.queries import marked


async def counts(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, ReachCounts]:
    """Return the counts of each period of a series and each group that has encounters."""
    stale = await marked(session, view.org_id, periods[0].since, periods[-1].until)
    parts = [cut(period, stale, always_settled, BY_MONTH) for period in periods]
    settled = {span: [day for part in parts for day in part.settled[span]] for span in BY_MONTH}
    runs = [run for part in parts for run in part.counted]
    found: dict[Cell, ReachCounts] = {}
    for cell, some in (
        *await facts.sums(session, view, periods, group_by, settled),
        *await queries.counts(session, view, periods, group_by, runs),
    ):
        found[cell] = found.get(cell, ReachCounts.none()) + some
    return found
