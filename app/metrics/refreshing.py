"""Keeping the facts what a recount would find: days that changed are computed anew, never added to."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date, timedelta
from time import monotonic
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
    database: Database,
    *,
    progress: Callable[[int], None] | None = None,
    step_days: int = STEP_DAYS,
    pauses: float = 0.0,
) -> int:
    """Compute marked days anew, some in each transaction, until none is marked; return how many.

    After each transaction it waits `pauses` times as long as that took: while phones post, days are marked as fast as
    they are computed, and SQLite has one writer. Figures of stale days wait for nothing.

    Killed at any point it loses nothing: marks go in the transaction that computes their days. Several workers may run
    it: one at a time computes an organisation's days.
    """
    done = 0
    while True:
        started = monotonic()
        async with database.writing(long=True) as session:
            computed = await _step(session, step_days)
        if not computed:
            break
        await asyncio.sleep(pauses * (monotonic() - started))
        done += computed
        if progress is not None:
            progress(done)
    return done


async def _step(session: WriteSession, step_days: int) -> int:
    await flows.prepare(session)
    await queries.follow(session)
    await queries.drop_final_marks(session)
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
    """Compute every fact of days that are not final anew; return how many days there were."""
    async with database.writing(long=True) as session:
        since = await queries.final_before(session)
        for kept in FACTS.values():
            await kept.clear(session, since)
        await queries.mark_everything(session)
    days = await refresh(database, progress=progress, step_days=REBUILD_DAYS)
    async with database.writing(long=True) as session:
        for kept in FACTS.values():
            await kept.analyse(session)
    return days


async def finish_before(
    database: Database, day: date, then: Callable[[WriteSession], Awaitable[None]] | None = None
) -> date:
    """Refresh all facts, and make those of days before `day` final; return the first day that is not.

    `then` works in the same transaction, while nobody else computes facts, and no such day is marked.
    """
    while True:
        await refresh(database)
        async with database.writing(long=True) as session:
            before = await queries.final_before(session)
            if before is None or before < day:
                await hold(await session.connection(), REFRESHING, await queries.everybody(session))
                if await _any_stale(session, day):
                    continue
                before = await queries.set_final_before(session, day)
            if then is not None:
                await then(session)
            return before


async def _any_stale(session: WriteSession, day: date) -> bool:
    """Say whether facts of a day before this one are still to be computed.

    A mark on the day itself counts too: it may bear on the one before.
    """
    until = day + timedelta(days=1)
    if await queries.marked(session, None, date.min, until):
        return True
    return bool(await queries.followed(session, None, date.min, until))


async def verify(database: Database, only: UUID | None = None) -> dict[str, int]:
    """Recount everything (`only` one organisation's) and return {kind of fact: how many facts differ}.

    Days still marked are left out, and final ones: their records may have lost what a recount needs.
    """
    wrong = dict.fromkeys(FACTS, 0)
    async with database.analysing() as session:
        final = await queries.final_before(session) or date.min
        for org_id, earliest, last in await queries.extent(session):
            first = max(earliest, final)
            if only not in {None, org_id} or first > last:
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
