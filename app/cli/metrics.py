"""`maraude metrics refresh | rebuild | verify`: looking after what figures are read from."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from app.cli.running import fail, finish

if TYPE_CHECKING:
    from app.db.engine import Database

metrics = typer.Typer(help="Looking after the facts that figures are read from.", no_args_is_help=True)
GROUPS = {"metrics": metrics}
Result = TypeVar("Result")
_LONG_S = 3600.0


async def _with_database(work: Callable[["Database"], Awaitable[Result]]) -> Result:
    from app.db.engine import Database
    from app.settings import Settings

    patient = Settings().model_copy(update={"write_timeout_s": _LONG_S, "analysis_timeout_s": _LONG_S})
    database = Database(patient)
    try:
        return await work(database)
    finally:
        await database.close()


def _say(done: int) -> None:
    typer.echo(f"\r{done} days computed", nl=False, err=True)


async def _remember_rebuilding(database: "Database", days: int) -> None:
    from app.audit.service import SERVICE, Act, append
    from app.clock import utc_now
    from app.keyring import Keyring

    act = Act(SERVICE, SERVICE, "facts.rebuild", utc_now(), {"days": days})
    async with database.writing() as session:
        await append(session, Keyring(database.settings.keys_dir), [act])


@metrics.command()
def refresh() -> None:
    """Compute the facts of days that changed; the running service does this by itself every few seconds."""
    from app.metrics.refreshing import refresh as compute

    days = finish(_with_database(lambda database: compute(database, progress=_say)))
    typer.echo(f"\r{days} days computed.", err=True)


@metrics.command()
def rebuild() -> None:
    """Throw all facts away and compute them anew; meanwhile figures are counted from the records."""
    from app.metrics.refreshing import rebuild as compute

    async def work(database: "Database") -> int:
        days = await compute(database, progress=_say)
        await _remember_rebuilding(database, days)
        return days

    days = finish(_with_database(work))
    typer.echo(f"\r{days} days computed.", err=True)


@metrics.command()
def verify() -> None:
    """Recount everything and say whether the facts are what the records say; exit 1 when they are not."""
    from app.metrics.refreshing import verify as recount

    wrong = finish(_with_database(recount))
    for name, count in wrong.items():
        typer.echo(f"{name}: {'equal to a recount' if not count else f'{count} facts differ from a recount'}")
    if any(wrong.values()):
        fail("Run `maraude metrics rebuild`, and find out what changed the facts or the records behind them.")
