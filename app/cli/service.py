"""`maraude migrate | serve | sweep | openapi | db ...`: running the service itself."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.running import Hand, fail, remember, run

db = typer.Typer(help="Looking after the database.", no_args_is_help=True)
GROUPS = {"db": db}


def add_to(command: typer.Typer) -> None:
    """Add the commands that stand by themselves."""
    for action in (migrate, serve, rehearse, slip, sweep, openapi):
        command.command()(action)


def migrate(
    serving: Annotated[
        str | None, typer.Option(help="PostgreSQL: then set the rights of this role, as `db grant` does.")
    ] = None,
) -> None:
    """Bring the database to the schema of this version, and add the reference data every installation starts with."""
    from app.audit.service import SERVICE, has_begun
    from app.db import migrate as migrations
    from app.directory.service import seed
    from app.identity.service import list_organisations
    from app.settings import Settings

    settings = Settings()
    before = migrations.current(settings)
    migrations.upgrade(settings)
    after = migrations.current(settings)

    async def add_reference(hand: Hand) -> bool:
        added = await seed(hand.session, hand.now)
        if before != after:
            await remember(hand, "database.migrate", was=before, now=after)
        elif not await has_begun(hand.session, SERVICE) and not await list_organisations(hand.session):
            # Stopped before it could be written. Once there are organisations, a chain that is gone stays missed.
            await remember(hand, "database.migrate", was=None, now=after)
        return added

    added = run(add_reference)
    typer.echo(f"Schema {after}, as it was." if before == after else f"Schema {after} (was {before or 'empty'}).")
    typer.echo("Reference data added." if added else "Reference data is there.")
    if serving is not None:
        grant(serving)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; SQLite is served best by one.")] = 1,
) -> None:
    """Serve the API."""
    import uvicorn

    from app.db import migrate as migrations
    from app.http.protocol import BoundedProtocol
    from app.log import configuration
    from app.settings import Settings

    settings = Settings()
    if not migrations.is_current(settings):
        fail("The database is not at this version's schema: run `maraude migrate`.")
    typer.echo(f"Maraude answers on http://{host}:{port} (health: /healthz, document: /openapi.json)")
    uvicorn.run(
        "app.main:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        limit_concurrency=settings.most_connections,
        access_log=False,  # the service writes its own line, without addresses or queries
        server_header=False,
        date_header=False,  # the service sets Date by the clock its tokens go by
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=20,
        log_config=configuration(),
    )


def rehearse(
    code: Annotated[str, typer.Argument(help="The enrolment code that `maraude device enrol` printed.")],
    url: Annotated[str, typer.Option(help="The running service.")] = "http://127.0.0.1:8000",
) -> None:
    """Enrol a make-believe device over HTTP and print its token, to try the API by hand; its key is then forgotten."""
    import httpx

    from app.demo.device import Device, RefusedError

    async def enrol() -> str:
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            device = Device(client, url)
            await device.enrol(code)
            return device.token

    try:
        typer.echo(asyncio.run(enrol()))
    except RefusedError as refused:
        fail(refused.response.json().get("detail", "The service refused."))
    except httpx.TransportError:
        fail(f"Nobody answers on {url}.")


def slip(
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 1,
) -> None:
    """Print fresh codes for slips or cards, one a line: random, with a check character, known to nobody."""
    from app.codes import new_code

    for _ in range(count):
        typer.echo(new_code())


def sweep() -> None:
    """Let referrals expire whose silence lasted too long; the running service does this by itself every few minutes."""
    from app.clock import utc_now
    from app.main import create_app
    from app.referrals.service import sweep as sweep_referrals
    from app.settings import Settings

    async def once() -> tuple[int, int]:
        context = create_app(Settings()).state.context
        try:
            return await sweep_referrals(context, utc_now())
        finally:
            await context.database.close()

    expired, attached = asyncio.run(once())
    typer.echo(f"{expired} expired, {attached} waiting events found their referral.")


def openapi(
    check: Annotated[bool, typer.Option(help="Compare with openapi/v1.json instead of printing.")] = False,
) -> None:
    """Print the API document."""
    from app.main import create_app
    from app.settings import Settings

    text = json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False) + "\n"
    if not check:
        sys.stdout.write(text)
    elif Path("openapi/v1.json").read_text() != text:
        fail("openapi/v1.json is not the document of this code: run `make openapi`.")


@db.command("adopt-citus")
def adopt_citus() -> None:
    """Turn a plain PostgreSQL database into a distributed one, in one transaction; needs the Citus extension."""
    from app.db.catalogue import all_tables
    from app.db.portability import distribute

    async def adopt(hand: Hand) -> int:
        connection = await hand.session.connection()
        placed = len(await distribute(connection, all_tables().sorted_tables))
        if placed:
            await remember(hand, "database.distribute", tables=placed)
        return placed

    placed = run(adopt)
    if not placed:
        fail("This database has no Citus extension: nothing was changed.")
    typer.echo(f"{placed} tables placed.")


@db.command()
def grant(role: Annotated[str, typer.Argument(help="The role that serves; the server knows it already.")]) -> None:
    """Give a PostgreSQL role what serving needs: rows of every table, but the audit log is only added to.

    Run it as the owner of the tables, after `migrate`; doing it again is harmless.
    """
    from app.db.roles import NoSuchRoleError, grant_serving

    async def set_rights(hand: Hand) -> int:
        connection = await hand.session.connection()
        if connection.dialect.name != "postgresql":
            fail("Only PostgreSQL has roles; on SQLite whoever may write the file may write all of it.")
        try:
            statements = await grant_serving(connection, role)
        except NoSuchRoleError:
            fail("There is no such role, or it is the owner of the tables: nothing was changed.")
        await remember(hand, "database.grant", statements=len(statements))
        return len(statements)

    typer.echo(f"{run(set_rights)} rights set.")


@db.command("restored")
def restored() -> None:
    """Put the feeds right after pg_restore: another PostgreSQL counts its transactions from elsewhere."""
    from app.changes.service import rebase

    async def put_right(hand: Hand) -> int:
        moved = await rebase(hand.session)
        await remember(hand, "database.restore", rows=moved)
        return moved

    typer.echo(f"{run(put_right)} rows moved to the present; devices will start their feeds again.")
