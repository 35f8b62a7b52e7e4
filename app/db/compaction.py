"""Leaving no trace of what was deleted: the write-ahead log emptied, free pages given back.

On SQLite `secure_delete` overwrites deleted rows in the database file with zeroes; what they were still stands in the
write-ahead log until that is begun anew. Giving pages back (VACUUM) is about size, not secrecy, and locks the file, so
it is done only when much is free. PostgreSQL's dead rows go with VACUUM; its archived log is the operator's (README).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.engine import Database

MOST_FREE: Final = 0.25
"""Share of free pages from which on a SQLite file is written anew: 0.5 s and a lock for 100 MB."""
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of the files."""

    log_empty: bool
    """Whether the write-ahead log was emptied; a reader that has not finished keeps it, and the next round tries."""
    rewritten: bool
    """Whether the file was written anew."""


async def compact(database: Database, tables: Sequence[str], *, most_free: float = MOST_FREE) -> Compacted:
    """Overwrite and give back what deletions left of these tables."""
    async with database.outside_transactions() as connection:
        if database.is_sqlite:
            return await _compact_sqlite(connection, most_free)
        for table in tables:
            await connection.execute(text(f"VACUUM {table}"))
        return Compacted(log_empty=True, rewritten=False)


async def _compact_sqlite(connection: AsyncConnection, most_free: float) -> Compacted:
    raw: Any = (await connection.get_raw_connection()).driver_connection

    async def said(pragma: str) -> tuple[int, ...]:
        async with raw.execute(f"PRAGMA {pragma}") as cursor:
            row: tuple[int, ...] = await cursor.fetchone()
        return row

    pages, free = (await said("page_count"))[0], (await said("freelist_count"))[0]
    rewritten = free > most_free * pages
    if rewritten:
        await raw.execute("VACUUM")
    for _ in range(_TRIES):
        busy, *_pages = await said("wal_checkpoint(TRUNCATE)")
        if not busy:
            return Compacted(log_empty=True, rewritten=rewritten)
    return Compacted(log_empty=False, rewritten=rewritten)
