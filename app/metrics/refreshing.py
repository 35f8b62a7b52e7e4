"""Keeping the facts what a recount would find: days that changed are computed anew, never added to."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.db.engine import Database, WriteSession
from app.db.portability import REFRESHING, hold
from app.marks import queries
from app.metrics.contacts import facts as contacts
from app.metrics.facts import Kept
from app.metrics.flows import facts as flows
from app.metrics.funnel import facts as funnel
from app.metrics.indicator import Period
from app.metrics.patrolling import facts as patrolling
from app.metrics.people import facts as people
from app.metrics.reporting import facts as reporting
from app.metrics.time_to_success import facts as time_to_success
from app.metrics.unmet_demand import facts as unmet_demand

FACTS: Final[Mapping[str, Kept]] = {
    "funnel": funnel.FACTS,
    "flows": flows.FACTS,
    "contacts": contacts.FACTS,
    "outings": patrolling.FACTS,
    "people": people.FACTS,
    "demand": unmet_demand.DEMAND,
    "needs": unmet_demand.NEEDS,
    "time": time_to_success.FACTS,
    "reporting": reporting.FACTS,
}
"""Every table of facts."""
STEP_DAYS: Final = 4
"""Days computed in one transaction: few enough to leave SQLite's writer to phones in between."""
REBUILD_DAYS: Final = 31
"""The same when everything is computed anew: weeks and months are then added up once."""


async def refresh(
    database: Database, *, progress: Callable[[int], None] | None = None, step_days: int = STEP_DAYS
) -> int:
    """Compute marked days anew, some in each transaction, until none is marked; return how many.

    Killed at any point it loses nothing: marks go in the transaction that computes their days. Several workers may run
    it: one at a time computes an organisation's days.
    """
    done = 0
    while True:
        async with database.writing(long=True) as session:
            computed = await _step(session, step_days)
        if not computed:
            break
        done += computed
        if progress is not None:
            progress(done)
    return done


async def _step(session: WriteSession, step_days: int) -> int:
    await flows.prepare(session)
    await queries.follow(session)
    org_id = await queries.next_organisation(session)
    if org_id is None:
        return 0
    await hold(await session.connection(), REFRESHING, [org_id])
    marks = await queries.marks_of(session, org_id, step_days)
    days = {day for day, _ in marks}
    if days:
        for kept in FACTS.values():
            await kept.recompute(session, org_id, days)
        await queries.forget(session, org_id, marks)
    return max(1, len(days))


async def rebuild(database: Database, *, progress: Callable[[int], None] | None = None) -> int:
    """Compute every fact anew; return how many days there were."""
    async with database.writing(long=True) as session:
        for kept in FACTS.values():
            await kept.clear(session)
        await queries.mark_everything(session)
    days = await refresh(database, progress=progress, step_days=REBUILD_DAYS)
    async with database.writing(long=True) as session:
        for kept in FACTS.values():
            await kept.analyse(session)
    return days


async def verify(database: Database, only: UUID | None = None) -> dict[str, int]:
    """Recount everything (`only` one organisation's) and return {kind of fact: how many facts differ}.

    Days still marked are left out.
    """
    wrong = dict.fromkeys(FACTS, 0)
    async with database.analysing() as session:
        for org_id, first, last in await queries.extent(session):
            if only not in {None, org_id}:
                continue
            whole = Period(first, last + timedelta(days=1))
            clean = _without(whole, await queries.marked(session, org_id, whole.since, whole.until))
            for name, kept in FACTS.items():
                wrong[name] += await kept.differences(session, org_id, clean)
    return wrong


def _without(period: Period, days: Collection[date]) -> list[Period]:
    """Return the runs of a period's days that are not among those given."""
    runs, since = [], period.since
    for day in [*sorted(days), period.until]:
        if since < day:
            runs.append(Period(since, day))
        since = day + timedelta(days=1)
    return runs
