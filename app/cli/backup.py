"""`maraude backup | restore`: copies of a SQLite database. PostgreSQL has its own (docs/operations.md)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.running import Hand, fail, run

if TYPE_CHECKING:
    from app.settings import Settings


def add_to(command: typer.Typer) -> None:
    """Add the commands that stand by themselves."""
    command.command()(backup)
    command.command()(restore)


def backup(
    copy: Annotated[Path, typer.Argument(help="A new file; it is personal health data, so encrypt where it goes.")],
) -> None:
    """Copy the SQLite database while it is in use, without its keys, and write down that it was copied."""
    from app.db import copies
    from app.settings import Settings

    settings = Settings()
    database = _database_of(settings)
    if copy.resolve().is_relative_to(settings.keys_dir.resolve()):
        fail("That folder holds the keys: a copy beside its keys links what only the two together can link.")
    if copy.exists():
        fail("That file exists: a backup never replaces another.")
    if not copy.parent.is_dir():
        fail("That folder does not exist.")
    _write_down("database.copy")
    try:
        digest = copies.take(database, copy)
    except copies.UnfitCopyError as unfit:
        fail(f"The copy does not read back: {unfit}")
    typer.echo(f"{digest}  {copy.name}")


def restore(
    copy: Annotated[Path, typer.Argument(help="What `maraude backup` wrote.", exists=True, dir_okay=False)],
) -> None:
    """Put a copy back where the SQLite database is missing, bring it to this version, and write that down."""
    from app.changes.service import rebase
    from app.db import copies, migrate
    from app.settings import Settings

    settings = Settings()
    try:
        copies.put_back(copy, _database_of(settings))
    except FileExistsError as found:
        fail(f"{Path(str(found)).name} is in the way: stop the service and move it away first; nothing is overwritten.")
    except copies.UnfitCopyError as unfit:
        fail(str(unfit))
    migrate.upgrade(settings)

    async def put_right(hand: Hand) -> int:
        return await rebase(hand.session)

    moved = run(put_right)
    _write_down("database.restore")
    typer.echo(f"Restored, at schema {migrate.current(settings)}; {moved} rows will be told again to every device.")
    typer.echo("What was destroyed or revoked since this backup is back: docs/operations.md says what to do again.")


def _database_of(settings: "Settings") -> Path:
    from sqlalchemy.engine import make_url

    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        fail("PostgreSQL is copied with pg_dump and put back with pg_restore: see docs/operations.md.")
    return Path(url.database)


def _write_down(action: str) -> None:
    from app.audit.service import SERVICE, Act, append

    async def add(hand: Hand) -> None:
        await append(hand.session, hand.keyring, [Act(SERVICE, SERVICE, action, hand.now)])

    run(add)
