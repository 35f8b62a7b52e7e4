"""`maraude demo`: two years of a made-up city, posted as real devices would; and a plan that ran, as published."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.running import Hand, fail, finish, iso, run
from app.demo.vocabulary import PublishedPlan

if TYPE_CHECKING:
    from app.demo.credentials import Credentials
    from app.demo.loading import Tally
    from app.demo.model import City
    from app.settings import Settings

_THERE: Final = "There are encounters already: nothing was loaded."


def add_to(command: typer.Typer) -> None:
    """Add the command."""
    command.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="The same seed and days make the same city.")] = 1,
    years: Annotated[float, typer.Option(min=0.02, max=5, help="How many years it spans.")] = 2,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day; without it, up to this minute.")
    ] = None,
    scale: Annotated[
        int, typer.Option(min=1, max=1000, help="So many times the encounters: copies, inserted past the API.")
    ] = 1,
    *,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there are encounters.")] = False,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="Load nothing; print fresh codes and tokens of the city.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    plan: Annotated[
        PublishedPlan | None, typer.Option(help="Load no city; enter what was published of a plan that ran.")
    ] = None,
) -> None:
    """Load a made-up city through the public API into an empty database, and print ways into it."""
    from app.demo.service import city_until, is_empty
    from app.settings import Settings

    settings = Settings()
    if plan is not None:
        _enter_plan(settings, plan)
        return
    if not credentials:
        if not finish(is_empty(settings)):
            if not if_empty:
                fail(f"{_THERE} The demo city wants an empty database.")
            typer.echo(f"{_THERE} Ways into a demo city: `maraude demo --credentials`.")
            return
        _load(settings, city_until(seed, years, _instant(until)), scale, quiet=quiet)
    _show_credentials(run(_issue), settings.public_url)


def _enter_plan(settings: "Settings", plan: PublishedPlan) -> None:
    """Enter a plan, with or without a demo city beside it; a second time changes nothing."""
    from app.demo.planning import load_plan
    from app.plan.register.schemas import EntryOutcome

    outcomes = finish(load_plan(settings, plan))
    counted = ", ".join(f"{outcome} {outcomes[outcome]}" for outcome in EntryOutcome)
    typer.echo(f"{plan}: {outcomes.total()} entries ({counted}). To be read at /v1/plan?plan={plan}: docs/monitors.md.")


def _instant(until: datetime | None) -> datetime:
    """Return the end of a day in Paris, or now when that is earlier or no day was given."""
    from app.clock import utc_now
    from app.demo.places import local

    now = utc_now().replace(microsecond=0)
    return now if until is None else min(now, local(until.date() + timedelta(days=1), 0))


def _load(settings: "Settings", city: "City", scale: int, *, quiet: bool) -> None:
    """Post the city, then copy it; a verdict nobody expects ends the command."""
    import uvloop

    from app.demo.loading import DemoError, load

    span = (city.until - city.start).total_seconds()
    with _bar(f"Posting {city.first} to {city.until.date()}", span, quiet=quiet) as show:
        posting = load(settings, city, lambda at: show((at - city.start).total_seconds()))
        try:
            tally = finish(posting, uvloop.new_event_loop)
        except DemoError as error:
            fail(f"{error}; what was posted stays. Start again with an empty database.")
    _show_tally(tally)
    if tally.unexpected:
        fail(f"Not as expected: {dict(tally.unexpected)}.")
    if scale > 1:
        _copy(settings, tally.encounters * scale, quiet=quiet)


def _copy(settings: "Settings", encounters: int, *, quiet: bool) -> None:
    from app.demo.service import bulk_load

    with _bar("Copying past the API, by direct inserts", encounters, quiet=quiet) as show:
        there = finish(bulk_load(settings, encounters, progress=show))
    typer.echo(f"{there:,} encounters in all; the copies were inserted straight into the tables, not posted.")


@contextmanager
def _bar(title: str, total: float, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """Show progress on stderr; give the function that hears how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


def _show_tally(tally: "Tally") -> None:
    posted = ", ".join(f"{count:,} {what}" for what, count in tally.posted().items())
    judged = ", ".join(f"{outcome} {count:,}" for outcome, count in tally.judged().items())
    waiting = ", ".join(f"{why} {count:,}" for why, count in sorted(tally.without_effect.items())) or "none"
    typer.echo(f"Posted {posted}: {tally.requests:,} requests in {tally.seconds:.0f} s.")
    typer.echo(f"Verdicts: {judged}. Without effect so far: {waiting}. Expired in silence: {tally.expired:,}.")


async def _issue(hand: Hand) -> "Credentials":
    from app.demo.credentials import issue_credentials

    return await issue_credentials(hand.session, hand.keyring, hand.settings, hand.now)


def _show_credentials(ways: "Credentials", url: str) -> None:
    today = ways.codes_until.date()
    month = f"from={today - timedelta(days=120)}&to={today - timedelta(days=30)}"
    typer.echo(
        f"""
Ways in (`maraude demo --credentials` prints fresh ones):
  code for a phone of a night team   {ways.phone_code}   until {iso(ways.codes_until)}
  code for the rest room's desk      {ways.desk_code}
  coordinator's token                {ways.coordinator_token}   until {iso(ways.tokens_until)}
  monitor's token                    {ways.monitor_token}
  plan secretary's token             {ways.secretary_token}
With the service running (`maraude serve`):
  maraude rehearse {ways.phone_code} --url {url}      # enrols a make-believe phone and prints its token
  curl -s -H 'Authorization: Bearer {ways.coordinator_token}' \\
    '{url}/v1/metrics/funnel?{month}&group_by=kind&horizon_days=30'"""
    )
