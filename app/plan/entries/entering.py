"""Adding to the register from outside: entries one posts, and files one imports."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from app import errors
from app.db.engine import Database
from app.directory.rules import local_day
from app.errors import Fault, Problem
from app.keyring import Keyring
from app.plan.entries.columns import EUROS
from app.plan.entries.importing import File, Line, own_id, read
from app.plan.records import AnyEntry
from app.plan.register.choosing import chosen
from app.plan.register.schemas import EntryOutcome, ImportResult
from app.plan.register.service import Offered, Writer, list_plans, record, remember
from app.plan.vocabulary import EntryType


class _TrialOverError(Exception):
    """Carries the outcomes of a dry run out of the transaction that is rolled back."""

    def __init__(self, outcomes: Sequence[EntryOutcome]) -> None:
        super().__init__()
        self.outcomes = outcomes


async def post(
    database: Database, keyring: Keyring, writer: Writer, now: datetime, entries: Sequence[AnyEntry]
) -> Sequence[EntryOutcome]:
    """Add entries to the register, all or none, and return what became of each. Raises as `record` does."""
    offered = [Offered(f"/entries/{n}", one, f"entry {n}") for n, one in enumerate(entries)]
    async with database.writing() as session:
        outcomes = await record(session, writer, now, offered)
        await remember(session, keyring, writer, "plan.entries", now, offered, outcomes)
    return outcomes


async def import_file(
    database: Database,
    keyring: Keyring,
    writer: Writer,
    now: datetime,
    kind: EntryType,
    raw: bytes,
    *,
    plan: str | None,
    dry_run: bool,
) -> ImportResult:
    """Add the entries of a CSV file to the register, all or none; a dry run does the same and undoes it.

    Lines that name no plan are about `plan`, or the one meant by default; plans themselves are always named.
    Raises `invalid` or `item_conflict`, naming every line that cannot be taken as /line/column.
    """
    meant = plan or await _default(database, kind, now)
    file = await asyncio.to_thread(read, kind, raw, meant)
    offered = [_offered(line) for line in file.lines]
    outcomes: Sequence[EntryOutcome] = []
    try:
        async with database.writing(long=True) as session:
            outcomes = await record(session, writer, now, offered)
            if file.faults:
                raise errors.invalid()  # told below, with the faults of the lines that could be read
            if dry_run:
                raise _TrialOverError(outcomes)  # noqa: TRY301 - leaving by an exception is what rolls back
            digest = {"sha256": sha256(raw).hexdigest()}
            await remember(session, keyring, writer, "plan.import", now, offered, outcomes, **digest)
    except _TrialOverError as over:
        outcomes = over.outcomes
    except Problem as problem:
        raise _refused(problem, file, b"euros" in raw.partition(b"\n")[0]) from problem
    counts = Counter(outcomes)
    return ImportResult(
        type=kind,
        dry_run=dry_run,
        lines=file.count,
        created=counts[EntryOutcome.created],
        unchanged=counts[EntryOutcome.unchanged],
    )


async def _default(database: Database, kind: EntryType, now: datetime) -> str | None:
    if kind is EntryType.plan:
        return None
    async with database.reading() as session:
        found = chosen(await list_plans(session), None, local_day(now))
    return found.plan if found is not None else None


def _offered(line: Line) -> Offered:
    own = not line.named or line.entry.id == own_id(line.entry)
    return Offered(f"/{line.number}", line.entry, f"line {line.number}", own, line.named)


def _refused(problem: Problem, file: File, in_euros: bool) -> Problem:  # noqa: FBT001 - how one column is called
    """Return the problem with the faults of every line, by line and column."""
    if problem.kind not in (errors.invalid, errors.item_conflict):
        return problem
    faults = [*file.faults, *(_by_column(fault, in_euros) for fault in problem.faults)]
    faults.sort(key=lambda fault: int(fault.pointer.split("/")[1]))
    refused = len({fault.pointer.split("/")[1] for fault in faults})
    detail = f"{refused} lines of the file are refused, of {file.count} below the header; nothing was stored."
    return problem.kind(detail, faults)


def _by_column(fault: Fault, in_euros: bool) -> Fault:  # noqa: FBT001 - the same
    """Return a fault whose pointer leads into an entry as one that leads to a line's column."""
    _, line, *steps = fault.pointer.split("/")
    name = ".".join(step for step in steps if not step.isdigit())
    name = EUROS if in_euros and name == "cents" else name
    return replace(fault, pointer=f"/{line}/{name}" if name else f"/{line}")
