"""The limit: the driver alone, inserting the very rows that the service stored, a transaction a batch."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

TABLES = ("encounter", "referral")
Rows = dict[str, list[tuple[Any, ...]]]


def read_sqlite(path: str, limit: int) -> tuple[dict[str, list[str]], Rows]:
    """Return the columns and rows of the tables, in order of insertion."""
    with sqlite3.connect(path) as connection:
        columns, rows = {}, {}
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY rowid LIMIT ?", (limit,))  # noqa: S608 - own names
            columns[table] = [found[0] for found in cursor.description]
            rows[table] = cursor.fetchall()
    return columns, rows


def insert_sqlite(path: str, columns: dict[str, list[str]], batches: Sequence[Rows]) -> float:
    """Insert the batches with executemany, one transaction each; return seconds."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    statements = {
        table: f"INSERT INTO {table} ({', '.join(columns[table])}) VALUES ({', '.join('?' * len(columns[table]))})"  # noqa: S608 - own names
        for table in TABLES
    }
    started = time.perf_counter()
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            connection.executemany(statements[table], batch[table])
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def read_postgresql(url: str, limit: int) -> tuple[dict[str, list[str]], Rows]:
    """Return the columns and rows of the tables, JSON values wrapped for the driver."""
    with psycopg.connect(url) as connection:
        columns, rows = {}, {}
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY id LIMIT {limit}")  # noqa: S608 - own names
            columns[table] = [found.name for found in cursor.description or ()]
            rows[table] = [
                tuple(Jsonb(value) if isinstance(value, list | dict) else value for value in row) for row in cursor
            ]
    return columns, rows


async def insert_postgresql(
    url: str, columns: dict[str, list[str]], batches: Sequence[Rows], connections: int
) -> float:
    """Insert the batches with executemany over some connections, one transaction each; return seconds."""
    statements = {
        table: f"INSERT INTO {table} ({', '.join(columns[table])}) VALUES ({', '.join(['%s'] * len(columns[table]))})"  # noqa: S608 - own names
        for table in TABLES
    }
    waiting = iter(batches)

    async def one() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for batch in waiting:
                async with connection.transaction(), connection.cursor() as cursor:
                    for table in TABLES:
                        await cursor.executemany(statements[table], batch[table])

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return time.perf_counter() - started


def split(columns: dict[str, list[str]], rows: Rows, size: int) -> list[Rows]:
    """Return the rows as batches of `size` encounters with their referrals."""
    key, owner = columns["encounter"].index("id"), columns["referral"].index("encounter_id")
    batches: list[Rows] = []
    place: dict[Any, int] = {}
    for index, row in enumerate(rows["encounter"]):
        if index % size == 0:
            batches.append({table: [] for table in TABLES})
        batches[-1]["encounter"].append(row)
        place[row[key]] = len(batches) - 1
    for row in rows["referral"]:
        if row[owner] in place:
            batches[place[row[owner]]]["referral"].append(row)
    return batches
