"""Counting demand and needs: by facts where they answer, by the records where they do not."""

from collections.abc import Awaitable, Callable, Mapping

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_DAY, BY_MONTH, BY_WEEK, Parts, always_settled
from app.metrics.facts import parts_of
from app.metrics.indicator import Granularity, Period
from app.metrics.unmet_demand import facts, queries
from app.metrics.unmet_demand.definitions import UnmetBy
from app.metrics.unmet_demand.facts import Counts
from app.metrics.unmet_demand.queries import Dimensions
from app.metrics.unmet_demand.records import Cell, Demand, Needs


async def demand(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Demand]:
    """Return the counts of referrals by cell; see `queries.demand`."""
    return await _counted(session, view, period, kind, by, Demand, queries.demand)


async def needs(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Needs]:
    """Return the counts of needs by cell; see `queries.needs`."""
    return await _counted(session, view, period, kind, by, Needs, queries.needs)


async def _counted(
    session: ReadSession,
    view: View,
    period: Period,
    kind: str | None,
    by: Dimensions,
    counts: type[Counts],
    of_records: Callable[[ReadSession, View, Period, str | None, Dimensions], Awaitable[Mapping[Cell, Counts]]],
) -> dict[Cell, Counts]:
    parts = await _parts(session, view, period, by)
    listed = await facts.sums(session, view, kind, by, parts.settled, counts)
    for run in parts.counted:
        listed += (await of_records(session, view, run, kind, by)).items()
    found: dict[Cell, Counts] = {}
    for cell, some in listed:
        found[cell] = found.get(cell, counts()).plus(some)
    return found


async def _parts(session: ReadSession, view: View, period: Period, by: Dimensions) -> Parts:
    if not facts.GROUPED_BY.issuperset(by):
        return Parts({}, {}, [period])
    spans = BY_DAY if Granularity.day in by else BY_WEEK if UnmetBy.week in by else BY_MONTH
    [parts] = await parts_of(session, view, [period], always_settled, spans)
    return parts
