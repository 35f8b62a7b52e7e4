"""`maraude plan snapshot | verify`: freezing what is known of a plan, and finding out whether it was tampered with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.plans import plan
from app.cli.running import fail, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.monitoring.snapshots.chaining import Finding
    from app.monitoring.snapshots.service import Report, Taken

GROUPS: Final[Mapping[str, typer.Typer]] = {"plan": plan}
PlanMeant = Annotated[str | None, typer.Option("--plan", help="Code of the plan; all of them without it.")]


@plan.command()
def snapshot(meant: PlanMeant = None) -> None:
    """Freeze what is known of the last month that is over; one that is there stays as it is.

    The running service does this by itself for plans in force, once the month is over.
    """
    for done in finish(_take(meant)):
        word = "frozen" if done.new else "already there, and left as it is"
        typer.echo(
            f"{done.link.plan} {done.link.id}: {word} (number {done.link.number}, sha256 {done.link.digest.hex()})."
        )


async def _take(meant: str | None) -> "Sequence[Taken]":
    from app.clock import utc_now
    from app.main import create_app
    from app.monitoring.snapshots.service import take
    from app.settings import Settings

    context = create_app(Settings()).state.context
    try:
        return await take(context, meant, utc_now())
    finally:
        await context.database.close()


@plan.command()
def verify(meant: PlanMeant = None) -> None:
    """Follow every chain of snapshots and hold it against the audit log; exit 1 when one was tampered with."""
    broken = False
    for report in finish(_verify(meant)):
        if report.plan:
            held = "holds" if not report.findings else "DOES NOT HOLD"
            typer.echo(f"{report.plan}: {held}; {report.snapshots} snapshots")
        for finding in report.findings:
            typer.echo(f"  {_sentence(finding)}")
        broken = broken or bool(report.findings)
    if broken:
        fail("The snapshots were tampered with.")


async def _verify(meant: str | None) -> "Sequence[Report]":
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.monitoring.snapshots.service import verify as follow
    from app.settings import Settings

    settings = Settings()
    database = Database(settings)
    try:
        return await follow(database, Keyring(settings.keys_dir), meant)
    finally:
        await database.close()


def _sentence(finding: "Finding") -> str:
    from app.monitoring.snapshots.vocabulary import SENTENCES

    return f"{finding.kind.value}: {finding.number} {SENTENCES[finding.kind]}"
