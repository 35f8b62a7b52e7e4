"""`maraude audit anchor | verify | export`: keeping the audit log honest, and reading it."""

import csv
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from app.cli.running import fail, finish, pick

if TYPE_CHECKING:
    from app.audit.rules import Finding
    from app.db.engine import Database
    from app.identity.records import Organisation
    from app.keyring import Keyring
    from app.oversight.schemas import AuditEntrySent
    from app.settings import Settings

audit = typer.Typer(help="The log of who did and asked what.", no_args_is_help=True)
GROUPS = {"audit": audit}
Result = TypeVar("Result")
_LONG_S = 3600.0
_DAY = "%Y-%m-%d"


class ExportFormat(StrEnum):
    """How an export is written."""

    jsonl = "jsonl"
    csv = "csv"


@dataclass(frozen=True, slots=True)
class _Tools:
    database: "Database"
    keyring: "Keyring"
    settings: "Settings"


async def _with_tools(work: Callable[[_Tools], Awaitable[Result]]) -> Result:
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.settings import Settings

    settings = Settings()
    database = Database(settings.model_copy(update={"analysis_timeout_s": _LONG_S}))
    try:
        return await work(_Tools(database, Keyring(settings.keys_dir), settings))
    finally:
        await database.close()


@audit.command()
def anchor(
    *,
    shown: Annotated[bool, typer.Option("--print", help="Also print the lines, to paste them elsewhere.")] = False,
) -> None:
    """Write the head of every chain down outside the database; the running service does this by itself once a day."""
    from app.audit.verifying import anchor as write_anchors
    from app.clock import utc_now

    written = finish(_with_tools(lambda t: write_anchors(t.database, t.keyring, t.settings.anchors_dir, utc_now())))
    if written is None:
        return
    if shown:
        for line in written.lines:
            typer.echo(line)
    typer.echo(f"{len(written.lines)} heads written down, {written.total} lines in all.", err=True)


@audit.command()
def verify(
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation, by id or name.")] = None,
    kept: Annotated[
        Path | None,
        typer.Option("--kept", exists=True, dir_okay=False, help="Lines of `audit anchor --print`, kept elsewhere."),
    ] = None,
) -> None:
    """Follow every chain from its first entry and hold it against the anchors; exit 1 when one was tampered with."""
    pasted = kept.read_text().splitlines() if kept else []
    reports = finish(_with_tools(lambda tools: _verify(tools, org, pasted)))
    typer.echo("\r", nl=False, err=True)
    broken = False
    for name, counts, findings in reports:
        typer.echo(f"{name}: {'DOES NOT HOLD' if findings else 'holds'}; {counts}")
        for finding in findings:
            typer.echo(f"  {_sentence(finding)}")
        broken = broken or bool(findings)
    if broken:
        fail("The log was tampered with.")


_Report = tuple[str, str, "list[Finding]"]
"""Of what, how much of it there is, and what was done to it."""


async def _verify(tools: _Tools, org: str | None, pasted: list[str]) -> list[_Report]:
    from app.audit import anchors
    from app.audit import verifying as log
    from app.audit.service import SERVICE

    only = (await _organisation(tools.database, org)).id if org is not None else None
    names = await _names(tools.database)
    begun_by = dict.fromkeys(names, "organisation.create") | {SERVICE: "database.migrate"}
    filed = anchors.read(tools.settings.anchors_dir, tools.keyring)
    wanted = {org_id: list(found) for org_id, found in filed.anchors.items()}
    for org_id, found in anchors.parse(pasted).items():
        wanted.setdefault(org_id, []).extend(found)
    of_file = list(await log.verify_anchors(tools.database, filed))
    reports: list[_Report] = [("file of anchors", f"{len(filed.seals)} lines", of_file)]
    async for chain in log.verify(tools.database, tools.keyring, wanted, only, begun_by, _say):
        name = names.get(chain.org_id, f"organisation {chain.org_id}")
        remembered = f"{chain.anchors} anchors" if chain.anchors else "no anchors: a cut end cannot be seen"
        reports.append((name, f"{chain.entries} entries, {remembered}", list(chain.findings)))
    return reports


def _say(done: int) -> None:
    typer.echo(f"\r{done} entries followed", nl=False, err=True)


def _sentence(finding: "Finding") -> str:
    from app.audit.vocabulary import SENTENCES

    where = f"{finding.first}" if finding.first == finding.last else f"{finding.first} to {finding.last}"
    return f"{finding.kind.value}: {where} {SENTENCES[finding.kind]}"


async def _names(database: "Database") -> dict[UUID, str]:
    from app.audit.service import SERVICE
    from app.identity import service as identity

    async with database.analysing() as session:
        return {o.id: o.name for o in await identity.list_organisations(session)} | {SERVICE: "the service"}


async def _organisation(database: "Database", meant: str) -> "Organisation":
    from app.identity import service as identity

    async with database.analysing() as session:
        return pick(await identity.list_organisations(session), meant, lambda o: o.name, "organisation")


@audit.command()
def export(
    org: Annotated[str, typer.Option("--org", help="The organisation, by id or name.")],
    since: Annotated[datetime | None, typer.Option("--from", formats=[_DAY], help="First day, in Paris.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=[_DAY], help="First day after.")] = None,
    wanted: Annotated[
        ExportFormat, typer.Option("--format", help="A JSON object a line, or CSV.")
    ] = ExportFormat.jsonl,
) -> None:
    """Print who asked and did what, the first act first; the export is itself put on the log."""
    days = (since.date() if since else None, until.date() if until else None)
    count = finish(_with_tools(lambda tools: _export(tools, org, days, wanted)))
    typer.echo(f"{count} acts.", err=True)


async def _export(tools: _Tools, org: str, days: tuple[date | None, date | None], wanted: ExportFormat) -> int:
    from app.audit.service import SERVICE, Act
    from app.clock import utc_now
    from app.oversight import service as oversight

    org_id = (await _organisation(tools.database, org)).id
    span = oversight.span_of(*days)
    act = Act(org_id, SERVICE, "audit.export", utc_now(), {**span.detail(), "format": wanted.value})
    count = 0
    with _writer(wanted) as write:
        async for entry in oversight.export(tools.database, tools.keyring, org_id, span, act):
            write(_row(entry))
            count += 1
    return count


def _row(entry: "AuditEntrySent") -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="seconds"),
        "actor": str(entry.actor.id),
        "actor_kind": entry.actor.kind.value,
        "actor_name": entry.actor.name,
        "actor_role": entry.actor.role,
        "action": entry.action,
        "label_fr": entry.label_fr,
        "label_en": entry.label_en,
        "details": {detail.name: detail.value for detail in entry.details},
    }


@contextmanager
def _writer(wanted: ExportFormat) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Give what writes one act to standard output."""
    if wanted is ExportFormat.jsonl:
        yield lambda row: typer.echo(json.dumps(row, ensure_ascii=False))
        return
    rows = csv.writer(sys.stdout, lineterminator="\r\n")
    begun = False

    def write(row: Mapping[str, Any]) -> None:
        nonlocal begun
        if not begun:
            rows.writerow(row)
            begun = True
        flat = {**row, "details": "; ".join(f"{name}={value}" for name, value in row["details"].items())}
        rows.writerow([_plain(cell) for cell in flat.values()])

    yield write


def _plain(cell: Any) -> Any:  # noqa: ANN401 - a cell
    """Keep a spreadsheet from computing a name."""
    from app.http.tabular import guarded

    return guarded(cell) if isinstance(cell, str) else cell
