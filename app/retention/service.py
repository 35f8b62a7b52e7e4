"""Purging: events of 72 hours lose their minute, records of 90 days become coarse, those of two years go; in steps.

Facts of the days concerned are made final first (`app.metrics.refreshing.finish_before`), and stays are counted as they
become coarse (`app.metrics.housing.keeping`), so figures stay what they were. Every step is a transaction that leaves
whole records behind and writes down what it did: a kill loses nothing, and the next round goes on.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table

from app.audit.service import SERVICE, Act, append
from app.db.compaction import compact
from app.db.engine import Database, WriteSession
from app.db.migrate import snapshots
from app.db.portability import FOLDING, among, hold
from app.db.scrubbing import scrub
from app.directory.rules import PARIS
from app.directory.service import read_directory
from app.ingest.coarse import SPARE_DAYS, fine_from, monday_of, noon_of_week
from app.ingest.queries import set_coarse_before
from app.keyring import Keyring
from app.metrics.housing import keeping as housing
from app.metrics.people import facts as people
from app.metrics.refreshing import finish_before
from app.retention import queries
from app.retention.records import Report
from app.retention.steps import Counts, Work
from app.settings import Settings

STEP: Final = 500
"""Records in one transaction."""
_WORDS_COME_LATE: Final = timedelta(hours=75)
"""Corrections are taken for 72 hours, and events must fold in order as long; receipts are known by the hour,
what happened by slots of two."""
_BEHIND: Final = timedelta(hours=1)
"""Upkeep's clock runs so far behind, so that no worker still takes for fine what is coarse."""
_EXPIRED: Final = timedelta(days=90)

Due = dict[str, tuple[Table, ColumnElement[bool]]]
Progress = Callable[[Report], None]


@dataclass(frozen=True, slots=True)
class _Round:
    database: Database
    keyring: Keyring
    now: datetime
    report: Report
    progress: Progress | None
    pauses: float


async def purge(
    database: Database,
    keyring: Keyring,
    now: datetime,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    pauses: float = 0.0,
) -> Report:
    """Settle, make coarse and delete what is due; return what was done, or would be in a dry run.

    After each step it pauses `pauses` times as long as the step took. Several workers may run it at once.
    """
    now = (now - _BEHIND).astimezone(UTC)
    fine = fine_from(now)
    report = Report(fine, min(fine, monday_of((now - database.settings.records_kept_for).date())))
    one = _Round(database, keyring, now, report, progress, pauses)
    if dry_run:
        await _look(one)
        return report

    async def begin(session: WriteSession) -> None:
        await set_coarse_before(session, fine)
        await people.coarsen(session, fine)

    async with database.reading() as session:
        directory = await read_directory(session)
    await housing.keep_blocked_days(database, directory, fine)
    await finish_before(database, fine + timedelta(days=SPARE_DAYS), then=begin)
    unsettled = Work(keyring, directory, queries.REFERRAL, _unsettled(one), STEP)
    await _work(one, unsettled, "record.settle", unsettled.settle, report.settled)
    async with database.analysing() as session:
        holding = await housing.holding(session, directory, _too_fine(one)["referral"][1], one.now)
    for table, condition in _too_fine(one).values():
        work = Work(keyring, directory, table, condition, STEP, holding if table is queries.REFERRAL else None)
        await _work(one, work, "record.coarsen", work.coarsen, report.coarse)
    for table, condition in _too_old(one).values():
        work = Work(keyring, directory, table, condition, STEP)
        await _work(one, work, "record.delete", work.delete, report.deleted)
    await _sweep_out(one)
    if report.did_something:
        await _leave_no_trace(one)
    return report


def _unsettled(one: _Round) -> ColumnElement[bool]:
    """Return the condition: a referral that, with its events, has nothing to wait for any more."""
    return queries.settled_referrals(one.now - _WORDS_COME_LATE)


def _too_fine(one: _Round) -> Due:
    """Return what becomes coarse, by table; referrals first, as encounters date those that are made in them."""
    before, settled = one.report.fine_from, one.now - _WORDS_COME_LATE
    ended = datetime.combine(before, time_of_day.min, PARIS)
    return {
        "referral": (queries.REFERRAL, queries.fine_referrals(before, ended, settled)),
        "encounter": (queries.ENCOUNTER, queries.fine_encounters(before, settled)),
    }


def _too_old(one: _Round) -> Due:
    """Return what is deleted, by table, in the order that references allow."""
    before = one.report.kept_from
    return {
        "referral": (queries.REFERRAL, queries.old_referrals(before, noon_of_week(before))),
        "encounter": (queries.ENCOUNTER, queries.ENCOUNTER.c.service_day < before),
        "patrol": (queries.PATROL, queries.PATROL.c.service_day < before),
    }


def _passing(one: _Round) -> Due:
    """Return what is deleted whosever it is: answers to referrals that never came, failed look-ups, dead codes."""
    until = noon_of_week(one.report.fine_from)
    due: Due = {str(table.name): (table, table.c[name] < until) for table, name in queries.PASSING.items()}
    for table in queries.EXPIRING:
        due[str(table.name)] = (table, table.c.expires_at < one.now - _EXPIRED)
    return due


async def _look(one: _Round) -> None:
    async with one.database.analysing() as session:
        one.report.settled.update(await queries.count_unsettled(session, _unsettled(one)))
        directory = await read_directory(session)
        holding = await housing.holding(session, directory, _too_fine(one)["referral"][1], one.now)
        waits = among(session, queries.REFERRAL.c.id, holding.waiting)
        for name, (table, condition) in _too_fine(one).items():
            due = condition & ~waits if table is queries.REFERRAL else condition
            one.report.coarse[name] = await queries.count(session, table, due)
        for name, (table, condition) in (_too_old(one) | _passing(one)).items():
            one.report.deleted[name] = await queries.count(session, table, condition)


async def _work(
    one: _Round, work: Work, action: str, step: Callable[[WriteSession, UUID], Awaitable[Counts]], done: Counter[str]
) -> None:
    """Take steps until nothing of a table is due, whosever it is."""
    async with one.database.analysing() as session:
        owners = await queries.owners(session, work.table, work.condition)
    for org_id in owners:
        while True:
            started = time.perf_counter()
            async with one.database.writing(long=True) as session:
                await hold(await session.connection(), FOLDING, [org_id])
                counts = await step(session, org_id)
                if counts:
                    await append(session, one.keyring, [Act(org_id, SERVICE, action, one.now, dict(counts))])
            if not counts:
                break
            done.update(counts)
            if one.progress is not None:
                one.progress(one.report)
            await asyncio.sleep(one.pauses * (time.perf_counter() - started))


async def _sweep_out(one: _Round) -> None:
    """Delete what was passing only, and part referrals that are still open from encounters that no longer are."""
    before = one.report.fine_from
    async with one.database.writing(long=True) as session:
        await queries.part_from_encounters(session, before)
        await housing.forget_unlinked(session)
        counts = {
            name: count
            for name, (table, condition) in _passing(one).items()
            if (count := await queries.sweep_out(session, table, condition))
        }
        if counts:
            await append(session, one.keyring, [Act(SERVICE, SERVICE, "record.delete", one.now, counts)])
    one.report.deleted.update(counts)


async def rewrite(settings: Settings) -> list[str]:
    """Write the files of what is purged anew, so that they hold nothing of it; return what is left to do, as sentences.

    For a quiet hour: writers wait meanwhile. Raises `unavailable` as `app.db.scrubbing.scrub` does.
    """
    return await scrub(settings, [str(table.name) for table in queries.PURGED])


async def _leave_no_trace(one: _Round) -> None:
    """Remove copies that hold what was purged, and what the files still hold of it.

    Referrals are settled every hour: for their minutes alone a copy of before a migration is not given up.
    """
    if one.database.is_sqlite and (one.report.coarse.total() or one.report.deleted.total()):
        for copy in snapshots(one.database.file):
            copy.unlink(missing_ok=True)
            one.report.copies += 1
    compacted = await compact(one.database, [str(table.name) for table in queries.PURGED])
    one.report.log_empty, one.report.rewritten = compacted.log_empty, compacted.rewritten
