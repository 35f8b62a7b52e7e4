"""`maraude keys create | list | close | destroy`: the keys under which cards and slips are stored, and their end."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli.running import AsJson, finish, iso, show_list

if TYPE_CHECKING:
    from app.closing.service import Closer

keys = typer.Typer(
    help="The yearly keys of cards and slips: making, closing and destroying them.", no_args_is_help=True
)
GROUPS = {"keys": keys}
Result = TypeVar("Result")
Year = Annotated[int, typer.Argument(help="Key period: a calendar year.", min=2020, max=2100)]
_LONG_S = 3600.0


async def _with_closer(work: Callable[["Closer"], Awaitable[Result]]) -> Result:
    from app.clock import utc_now
    from app.closing.service import Closer
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.settings import Settings

    patient = Settings().model_copy(update={"write_timeout_s": _LONG_S, "analysis_timeout_s": _LONG_S})
    database = Database(patient)
    try:
        return await work(Closer(database, Keyring(patient.keys_dir), utc_now))
    finally:
        await database.close()


@keys.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """Show every period: its state, the mode of its key's file, and how many records still carry a link of it."""
    found = finish(_with_closer(lambda closer: closer.list_periods()))
    rows = [
        {
            "year": one.year,
            "state": one.state.value,
            "since": iso(one.since),
            "key_mode": None if one.mode is None else f"{one.mode:04o}",
            "encounters": one.encounters,
            "referrals": one.referrals,
            "held_events": one.held_events,
        }
        for one in found
    ]
    show_list(rows, as_json=as_json)


@keys.command()
def create(year: Year) -> None:
    """Make the key of this year or the next ahead of time, so that it can be looked after before it is used."""
    made = finish(_with_closer(lambda closer: closer.create(year)))
    typer.echo(f"The key of {year} {'was made' if made else 'is there'}.")


@keys.command()
def close(
    year: Year,
    early: Annotated[str | None, typer.Option(help="Do not wait for late records, for this reason; audited.")] = None,
) -> None:
    """Keep what needs links as numbers, then take a past year's links off all records. Nothing brings them back.

    It can be run again after it was stopped. The key is destroyed by `maraude keys destroy`.
    """
    unlinked = finish(_with_closer(lambda closer: closer.close(year, early=early)))
    typer.echo(f"The period {year} is closed: {unlinked} links were taken away. Now: maraude keys destroy {year}.")


@keys.command()
def destroy(
    year: Year,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the key of a closed period, and write the database's files anew; phones wait meanwhile.

    It can be run again after it was stopped.
    """
    if not yes:
        typer.confirm(f"Destroy the key of {year}? Nobody can link its records again.", abort=True)
    left = finish(
        _with_closer(lambda closer: closer.destroy(year, progress=lambda step: typer.echo(f"{step} ...", err=True)))
    )
    typer.echo(f"The key of {year} is destroyed.")
    for sentence in left:
        typer.echo(sentence)
