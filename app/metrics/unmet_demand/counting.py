"""Counting demand and needs: by facts where they answer, by the records where they do not."""

from collections.abc import Iterable

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_DAY, BY_MONTH, BY_WEEK, Parts, always_settled, cut
from app.metrics.indicator import Granularity, Period
from app.metrics.unmet_demand import facts, queries
from app.metrics.unmet_demand.definitions import UnmetBy
from app.metrics.unmet_demand.queries import Dimensions
from app.metrics.unmet_demand.records import Cell, Demand, Needs
from app.upkeep.queries import marked


async def demand(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Demand]:
    """Return the counts of referrals by cell; see `queries.demand`."""
    parts = await _parts(session, view, period, by)
    found: dict[Cell, Demand] = {}
    _add(found, await facts.sums(session, view, kind, by, parts.settled, Demand), Demand())
    for run in parts.counted:
        _add(found, (await queries.demand(session, view, run, kind, by)).items(), Demand())
    return found


async def needs(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Needs]:
    """Return the counts of needs by cell; see `queries.needs`."""
    parts = await _parts(session, view, period, by)
    found: dict[Cell, Needs] = {}
    _add(found, await facts.sums(session, view, kind, by, parts.settled, Needs), Needs())
    for run in parts.counted:
        _add(found, (await queries.needs(session, view, run, kind, by)).items(), Needs())
    return found


def _add(found: dict[Cell, facts.Counts], more: Iterable[tuple[Cell, facts.Counts]], nothing: facts.Counts) -> None:
    for cell, counts in more:
        found[cell] = found.get(cell, nothing).plus(counts)


async def _parts(session: ReadSession, view: View, period: Period, by: Dimensions) -> Parts:
    if not facts.GROUPED_BY.issuperset(by):
        return Parts({}, {}, [period])
    spans = BY_DAY if Granularity.day in by else BY_WEEK if UnmetBy.week in by else BY_MONTH
    stale = await marked(session, view.org_id, period.since, period.until)
    return cut(period, stale, always_settled, spans)
