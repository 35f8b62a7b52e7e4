"""`maraude release compute | list`: what leaves the service."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.running import AsJson, fail, finish, iso, run, show_list

if TYPE_CHECKING:
    from app.releases.definitions import Published
    from app.releases.service import Computed

release = typer.Typer(help="Frozen, protected figures for everybody outside.", no_args_is_help=True)
GROUPS = {"release": release}


@release.command()
def compute(
    period: Annotated[
        str,
        typer.Option("--period", metavar="YYYY[-MM|-Qn]", help="A month 2026-10, a quarter 2026-Q3, or a year 2026."),
    ],
) -> None:
    """Freeze the figures of a period that ended 15 days ago; one that is there stays as it is.

    The running service does this by itself when a period is due.
    """
    from app.releases.definitions import read_period

    meant = read_period(period)
    if meant is None:
        fail("A period is a month (2026-10), a quarter (2026-Q3) or a year (2026).")
    done = finish(_compute(meant))
    word = "frozen" if done.new else "already there, and left as it is"
    typer.echo(f"{done.release.id}: {word} (sha256 {done.release.digest.hex()}, {done.release.method}).")


async def _compute(period: "Published") -> "Computed":
    from app.clock import utc_now
    from app.main import create_app
    from app.releases.service import compute as freeze
    from app.settings import Settings

    context = create_app(Settings()).state.context
    try:
        return await freeze(context, period, utc_now())
    finally:
        await context.database.close()


@release.command("list")
def list_releases(*, as_json: AsJson = False) -> None:
    """List the releases by period."""
    from app.releases.queries import released

    rows = [
        {
            "id": one.id,
            "perimeter": one.perimeter,
            "computed_at": iso(one.computed_at),
            "code_version": one.code_version,
            "method": one.method,
            "sha256": one.digest.hex(),
        }
        for one in run(lambda h: released(h.session))
    ]
    show_list(rows, as_json=as_json)
