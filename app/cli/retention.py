"""`maraude purge`: events of ended referrals lose their minute, records of 90 days their day, those of two years go."""

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
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Afterwards write the database's files anew; devices wait meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Settle events, make records of 90 days coarse, delete those of two years; the running service does so by itself.

    On PostgreSQL files keep what was purged until their pages are used again, or written anew with --rewrite.
    """
    report = finish(_purge(dry_run=dry_run))
    if rewrite and not dry_run:
        for sentence in finish(_rewrite()):
            typer.echo(sentence, err=True)
    if as_json:
        typer.echo(json.dumps(_plain(report, dry_run=dry_run)))
        return
    typer.echo(f"Fine from {report.fine_from}, kept from {report.kept_from} on.")
    for title, rows in (("settled", report.settled), ("coarse", report.coarse), ("deleted", report.deleted)):
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


async def _rewrite() -> list[str]:
    from app.retention.service import rewrite
    from app.settings import Settings

    return await rewrite(Settings())


def _say(report: "Report") -> None:
    done = f"{report.settled.total()} rows settled, {report.coarse.total()} rows coarse"
    typer.echo(f"\r{done}, {report.deleted.total()} deleted", nl=False, err=True)


def _plain(report: "Report", *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "fine_from": report.fine_from.isoformat(),
        "kept_from": report.kept_from.isoformat(),
        "settled": dict(report.settled),
        "coarse": dict(report.coarse),
        "deleted": dict(report.deleted),
        "copies_removed": report.copies,
        "log_empty": report.log_empty,
        "rewritten": report.rewritten,
    }
