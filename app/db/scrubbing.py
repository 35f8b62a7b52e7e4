"""Leaving nothing of deleted values in the database's own files: free pages, logs, statistics and old copies."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from app import errors
from app.db.engine import driver_url
from app.db.migrate import snapshots
from app.settings import Settings

_WAIT_S: Final = 60.0
_ARCHIVES: Final = (
    "PostgreSQL's write-ahead log and its archives, replicas and base backups still hold what was there until they"
    " expire: end them by their own means."
)
_BACKUPS: Final = "Backups still hold what was there until they expire: remove those of before today."


async def scrub(settings: Settings, tables: Sequence[str]) -> list[str]:
    """Rewrite these tables so that no file holds what was deleted from them; return what is left to do, as sentences.

    Writers wait meanwhile, on PostgreSQL for one table after the other. Raises `unavailable` when somebody keeps
    reading for a minute; it can be called again.
    """
    url = driver_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        await asyncio.to_thread(_scrub_file, Path(url.database or ""))
        return [_BACKUPS]
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            return [*await _scrub_tables(connection, tables), _ARCHIVES, _BACKUPS]
    finally:
        await engine.dispose()


def _scrub_file(path: Path) -> None:
    """Write the file anew, empty its log, and remove the copies that migrations kept of it."""
    for copy in snapshots(path):
        copy.unlink()
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = FULL")
            _empty_log(connection)
            connection.execute("VACUUM")
            _empty_log(connection)
    except sqlite3.OperationalError as error:
        raise errors.unavailable("The database is in use; try again.") from error


def _empty_log(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file and cut it to nothing."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise errors.unavailable("Somebody has been reading the database for a minute; try again.")


async def _scrub_tables(connection: AsyncConnection, tables: Sequence[str]) -> list[str]:
    for name in tables:
        await connection.execute(text(f"VACUUM (FULL, ANALYZE) {name}"))
    left = []
    for statement, role in (
        # ANALYZE keeps the most common values of every column.
        ("VACUUM (FULL) pg_catalog.pg_statistic", "the database's owner"),
        ("SELECT pg_switch_wal()", "a superuser"),
        ("CHECKPOINT", "a superuser or a member of pg_checkpoint"),
    ):
        try:
            await connection.execute(text(statement))
        except DBAPIError:
            left.append(f"Not allowed here, so have it run by {role}: {statement}.")
    return left
