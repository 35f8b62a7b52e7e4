"""Taking snapshots when a month is over, reading them, and finding out what was done to them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import orjson

from app import errors
from app.audit import queries as log
from app.audit.records import Remembered
from app.audit.service import SERVICE, Act, append, first_broken
from app.db.engine import Database, ReadSession
from app.db.portability import PUBLISHING, hold
from app.db.types import to_instant, to_milliseconds
from app.http.context import Context
from app.keyring import Keyring
from app.metrics.indicator import Period
from app.monitoring.kpis.seen import see
from app.monitoring.kpis.service import sheet
from app.monitoring.periods import last_over, months_after, over_at
from app.monitoring.snapshots import queries
from app.monitoring.snapshots.chaining import FIRST, Difference, Finding, differences, digest_of, findings, heading_of
from app.monitoring.snapshots.content import canonical, content_of
from app.monitoring.snapshots.records import Link, Snapshot
from app.monitoring.snapshots.vocabulary import Tampering
from app.plan.records import Plan
from app.plan.register import queries as register
from app.plan.register.service import list_plans
from app.plan.standing import of_type, standing
from app.sources import code_version

_ACT: Final = "plan.snapshot"
_DAY: Final = timedelta(days=1)
_HEX: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, and whether it was taken just now."""

    link: Link
    new: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found of one plan."""

    plan: str
    snapshots: int
    findings: Sequence[Finding]


async def take(context: Context, code: str | None, now: datetime) -> Sequence[Taken]:
    """Take the snapshots up to the last month that is over, of one plan or of all; those there stay as they are.

    Without a new one the last that is there is returned. Raises `not_found` for an unknown plan.
    """
    last = last_over(now)
    async with context.database.reading() as session:
        plans = [plan for plan in await list_plans(session) if code in {None, plan.plan}]
        due = [(plan, _due(await queries.links(session, plan.plan), last)) for plan in plans]
    if code is not None and not plans:
        raise errors.not_found("There is no such plan.")
    return [one for plan, months in due for one in await _take(context, plan, months or [last], now)]


async def take_what_is_due(context: Context, now: datetime) -> Sequence[Taken]:
    """Take the snapshots that plans in force lack, up to the last month that is over; return those that are new.

    Running it again, or in several workers, changes nothing. The months at whose end no worker ran are made up for,
    each as it was known when it was over. A plan's first snapshot is of the last month.
    """
    last = last_over(now)
    async with context.database.reading() as session:
        begun = [plan for plan in await list_plans(session) if plan.valid_from < last.until]
        due = [
            (plan, [one for one in _due(await queries.links(session, plan.plan), last) if one.since < plan.valid_to])
            for plan in begun
        ]
    done = [one for plan, months in due for one in await _take(context, plan, months, now)]
    return [one for one in done if one.new]


def _due(links: Sequence[Link], last: Period) -> Sequence[Period]:
    """Return the months that lack a snapshot: those after the last one taken, or the last alone when none was."""
    return months_after(links[-1].month, last) if links else [last]


async def _take(context: Context, plan: Plan, months: Sequence[Period], now: datetime) -> Sequence[Taken]:
    return [await _take_one(context, plan, month, to_instant(to_milliseconds(now))) for month in months]


async def _take_one(context: Context, plan: Plan, month: Period, now: datetime) -> Taken:
    said = await _content(context, plan, now, month)
    async with context.database.writing() as session:
        await hold(await session.connection(), PUBLISHING, [SERVICE])
        there = await queries.links(session, plan.plan)
        if there and there[-1].month >= month.since:
            return Taken(there[-1], new=False)
        snapshot = _bound(plan, there[-1] if there else None, month, now, said)
        await queries.keep(session, snapshot)
        link = snapshot.link
        detail = {"plan": link.plan, "number": link.number, "month": link.id, "sha256": link.digest.hex()}
        await append(session, context.keyring, [Act(SERVICE, SERVICE, _ACT, now, detail)])
    return Taken(link, new=True)


async def _content(context: Context, plan: Plan, now: datetime, month: Period) -> Mapping[str, Any]:
    """Compute outside the transaction that writes: phones need the writer.

    When a later month is over already, only what was known at the end of this one is in it.
    """
    at, late = month.until - _DAY, month != last_over(now)
    known_at = over_at(month) if late else now
    async with context.database.analysing() as session:
        recorded = await register.load(session, plan.plan)
        if late:
            recorded = [one for one in recorded if one.recorded_at <= known_at]
            plan = next(reversed(of_type(standing(recorded, at), Plan)), plan)
        seen = await see(context, session, plan, known_at, at, late=late)
        return content_of(recorded, plan, at, known_at, (await sheet(seen)).rows)


def _bound(plan: Plan, before: Link | None, month: Period, now: datetime, said: Mapping[str, Any]) -> Snapshot:
    """Return a snapshot bound to the one before it."""
    previous, number = (before.digest, before.number + 1) if before else (FIRST, 1)
    link = Link(plan.plan, number, month.since, now, code_version(), previous, FIRST)
    body = canonical({**heading_of(link), **said})
    return Snapshot(replace(link, digest=digest_of(previous, body)), body)


async def one(session: ReadSession, plan: str, name: str) -> Snapshot:
    """Return the snapshot of a month `YYYY-MM`. Raises `not_found`."""
    found = await queries.of_month(session, plan, date.fromisoformat(f"{name}-01"))
    if found is None:
        raise errors.not_found()
    return found


async def changes(session: ReadSession, plan: str, since: str, until: str) -> tuple[Link, Link, list[Difference]]:
    """Return how one month's snapshot became another's. Raises `not_found`."""
    before, after = await one(session, plan, since), await one(session, plan, until)
    return before.link, after.link, differences(orjson.loads(before.body), orjson.loads(after.body))


async def verify(database: Database, keyring: Keyring, plan: str | None = None) -> Sequence[Report]:
    """Follow every plan's chain from its first snapshot and hold it against what the audit log remembers."""
    async with database.analysing() as session:
        remembered = _remembered(await log.every(session, SERVICE, _ACT))
        names = sorted({*await queries.plans(session), *remembered})
        reports = []
        for name in names if plan is None else [plan]:
            stored = await queries.stored(session, name)
            reports.append(Report(name, len(stored), findings(stored, remembered.get(name, {}))))
        broken = await first_broken(session, keyring, SERVICE)
    if broken is not None:
        reports.append(Report("", 0, [Finding(Tampering.log_broken, broken)]))
    return reports


def _remembered(acts: Sequence[Remembered]) -> Mapping[str, Mapping[int, bytes]]:
    """Return {plan: {number: digest}} of what the log says; an unreadable act is a finding of the log's own."""
    found: dict[str, dict[int, bytes]] = {}
    for act in acts:
        match act.detail:
            case {"plan": str(plan), "number": int(number), "sha256": str(digest)} if _HEX.fullmatch(digest):
                found.setdefault(plan, {})[number] = bytes.fromhex(digest)
    return found
