"""`maraude purge`: records of ninety days become coarse, those of two years go."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.running import AsJson, finish

if TYPE_CHECKING:
    from app.retention.records import Report

_LONG_S = 3600.0


def add_to(command: typer.Typer) -> None:
    """Add the command."""
    command.command()(purge)


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make records of 90 days coarse and delete those of two years; the running service does this by itself."""
    report = finish(_purge(dry_run=dry_run))
    if as_json:
        typer.echo(json.dumps(_plain(report, dry_run=dry_run)))
        return
    typer.echo(f"Fine from {report.fine_from}, kept from {report.kept_from} on.")
    for title, rows in (("coarse", report.coarse), ("deleted", report.deleted)):
        for name, count in sorted(rows.items()):
            typer.echo(f"{'would be ' if dry_run else ''}{title}  {name}  {count}")
    if report.copies:
        typer.echo(f"{report.copies} copies left by migrations removed.")
    if not report.log_empty:
        typer.echo("Somebody still reads the write-ahead log: run this again to empty it.", err=True)


async def _purge(*, dry_run: bool) -> "Report":
    from app.clock import utc_now
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.retention.service import purge as do
    from app.settings import Settings

    patient = Settings().model_copy(update={"write_timeout_s": _LONG_S, "analysis_timeout_s": _LONG_S})
    database = Database(patient)
    try:
        return await do(database, Keyring(patient.keys_dir), utc_now(), dry_run=dry_run, progress=_say)
    finally:
        await database.close()


def _say(report: "Report") -> None:
    typer.echo(f"\r{report.coarse.total()} rows coarse, {report.deleted.total()} deleted", nl=False, err=True)


def _plain(report: "Report", *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "fine_from": report.fine_from.isoformat(),
        "kept_from": report.kept_from.isoformat(),
        "coarse": dict(report.coarse),
        "deleted": dict(report.deleted),
        "copies_removed": report.copies,
        "log_empty": report.log_empty,
        "rewritten": report.rewritten,
    }
