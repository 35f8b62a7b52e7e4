"""Putting a population into a store: the service's two databases, and a Parquet file for DuckDB."""

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import psycopg
import pyarrow as pa
from sqlalchemy import Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, DropIndex

from app.db.catalogue import all_tables
from app.db.engine import Database
from app.settings import Settings

_CHUNK = 200_000
_UUIDS = {"org_id", "id", "team_id", "patrol_id", "encounter_id", "facility_id", "previous_referral_id"}


def load(settings: Settings, name: str, rows: pa.Table, folder: Path) -> None:
    """Insert rows into a table of an empty migrated database; its indexes are made afterwards."""
    table = all_tables().tables[name]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    _run(settings, [str(DropIndex(index).compile(dialect=_dialect(settings))) for index in indexes])
    if settings.database_url.startswith("sqlite"):
        _into_sqlite(settings, table, rows)
    else:
        _into_postgresql(settings, name, rows, folder)
    _run(settings, [str(CreateIndex(index).compile(dialect=_dialect(settings))) for index in indexes] + ["ANALYZE"])


def _dialect(settings: Settings) -> Dialect:
    if settings.database_url.startswith("sqlite"):
        return sqlite.dialect()
    return postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _run(settings: Settings, statements: list[str]) -> None:
    if settings.database_url.startswith("sqlite"):
        with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as connection:
            for statement in statements:
                connection.execute(statement)
        return
    with psycopg.connect(settings.database_url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def _into_sqlite(settings: Settings, table: Table, rows: pa.Table) -> None:
    connection = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    insert = f"INSERT INTO {table.name} ({', '.join(rows.column_names)}) VALUES ({', '.join('?' * rows.num_columns)})"  # noqa: S608 - own names
    connection.execute("BEGIN")
    for batch in rows.to_batches(_CHUNK):
        columns = [batch.column(name).to_pylist() for name in rows.column_names]
        plain = [
            [one.isoformat() for one in column] if isinstance(column[0], dt.date) else column for column in columns
        ]
        connection.executemany(insert, zip(*plain, strict=True))
    connection.execute("COMMIT")
    connection.close()


def _into_postgresql(settings: Settings, name: str, rows: pa.Table, folder: Path) -> None:
    file = folder / f"{name}.csv"
    with duckdb.connect() as duck:
        duck.register("rows", rows)
        chosen = ", ".join(_as_text(field) for field in rows.schema)
        duck.execute(f"COPY (SELECT {chosen} FROM rows) TO '{file}' (HEADER false)")  # noqa: S608 - own names
    statement = f"COPY {name} ({', '.join(rows.column_names)}) FROM STDIN (FORMAT csv)".encode()
    with psycopg.connect(settings.database_url) as server, server.cursor() as cursor, cursor.copy(statement) as copy:
        for block in _blocks(file):
            copy.write(block)
    file.unlink()


def _as_text(field: pa.Field) -> str:
    if not pa.types.is_fixed_size_binary(field.type):
        return f'"{field.name}"'
    return f"lower(hex({field.name}))" if field.name in _UUIDS else f"'\\x' || lower(hex({field.name}))"


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(1 << 20):
            yield block


def owners(settings: Settings) -> list[tuple[UUID, UUID]]:
    """Return (organisation, team) of every team."""
    return [(row.org_id, row.id) for row in _rows(settings, "team")]


def places(settings: Settings) -> list[tuple[UUID, str, UUID]]:
    """Return (facility, kind, operator) of every facility."""
    return [(row.id, row.kind, row.org_id) for row in _rows(settings, "facility")]


def _rows(settings: Settings, table: str) -> Sequence[Row[Any]]:
    async def read() -> Sequence[Row[Any]]:
        database = Database(settings)
        try:
            async with database.reading() as session:
                return (await session.execute(all_tables().tables[table].select())).all()
        finally:
            await database.close()

    return asyncio.run(read())
