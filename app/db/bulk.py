"""Set-based writes: a whole batch in one statement, whatever its size, with the rows' fate known one by one.

PostgreSQL receives the rows as one JSON document unpacked by the server; SQLite receives tuples for one prepared
statement. Both were measured (design: performance); both go through the same two functions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final

import orjson
from sqlalchemy import Date, Table, bindparam, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import TypeEngine

from app.db.portability import POSITION_TAKEN, commit_position
from app.db.types import Document, Instant, Key, to_milliseconds

Row = Mapping[str, Any]
_POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column value
    """Return a value as the JSON of a document statement: bytes as PostgreSQL's hexadecimal bytea."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(type(value).__name__)


def _sqlite_converter(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """Return what turns a value of a column into what the driver binds, or None where nothing does."""
    if isinstance(kind, Key):
        return lambda value: value.int.to_bytes(16, "big")
    if isinstance(kind, Instant):
        return lambda value: value if isinstance(value, int) else to_milliseconds(value)
    if isinstance(kind, Document):
        return lambda value: orjson.dumps(value).decode()
    if isinstance(kind, Date):
        return date.isoformat
    return None


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a table's columns need before they are sent."""

    instants: frozenset[str]
    converters: Mapping[str, Callable[[Any], Any]]
    types: Mapping[str, str]


@cache
def _columns(table: Table) -> _Columns:
    converters = {c.name: _sqlite_converter(c.type) for c in table.columns}
    return _Columns(
        instants=frozenset(c.name for c in table.columns if isinstance(c.type, Instant)),
        converters={name: converter for name, converter in converters.items() if converter is not None},
        types={c.name: c.type.compile(dialect=_POSTGRESQL) for c in table.columns},
    )


def _document(rows: Iterable[Row], instants: frozenset[str]) -> str:
    listed = []
    for row in rows:
        sent = dict(row)
        for name in instants & sent.keys():
            if isinstance(sent[name], datetime):
                sent[name] = to_milliseconds(sent[name])
        listed.append(sent)
    return orjson.dumps(listed, default=_plain).decode()


@cache
def _insert_sql(
    table: Table, dialect: str, names: tuple[str, ...], keys: tuple[str, ...], *, stamped: bool, returning: bool
) -> str:
    """Return the one insert for these columns; every name comes from the table's own definition."""
    listed = ", ".join(names)
    target, position = (f"{listed}, position", f", {POSITION_TAKEN[dialect]}") if stamped else (listed, "")
    if dialect == "sqlite":
        values = ", ".join("?" * len(names))
        return f"INSERT INTO {table.name} ({target}) VALUES ({values}{position}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of the schema
    source = _source(table, names)
    selected = f"INSERT INTO {table.name} ({target}) SELECT {listed}{position} FROM {source} ON CONFLICT DO NOTHING"  # noqa: S608 - the same
    returned = ", ".join(f"{table.name}.{key}" for key in keys)
    return f"{selected} RETURNING {returned}" if returning else selected


@cache
def _update_sql(table: Table, dialect: str, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """Return the one update for these columns."""
    if dialect == "sqlite":
        changed = ", ".join(f"{name} = ?" for name in names if name not in keys)
        return f"UPDATE {table.name} SET {changed} WHERE {' AND '.join(f'{key} = ?' for key in keys)}"  # noqa: S608 - the same
    changed = ", ".join(f"{name} = sent.{name}" for name in names if name not in keys)
    matched = " AND ".join(f"{table.name}.{key} = sent.{key}" for key in keys)
    return f"UPDATE {table.name} SET {changed} FROM {_source(table, names)} WHERE {matched}"  # noqa: S608 - the same


def _source(table: Table, names: Sequence[str]) -> str:
    types = _columns(table).types
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS sent({', '.join(f'{name} {types[name]}' for name in names)})"


def _tuples(table: Table, rows: Iterable[Row], names: Sequence[str]) -> list[tuple[Any, ...]]:
    converters = _columns(table).converters
    take = itemgetter(*names)
    converted = [(place, converters[name]) for place, name in enumerate(names) if name in converters]
    listed = []
    for row in rows:
        values = list(take(row))
        for place, convert in converted:
            if values[place] is not None:
                values[place] = convert(values[place])
        listed.append(tuple(values))
    return listed


async def insert_all_new(session: AsyncSession, table: Table, rows: Sequence[Row], *, stamped: bool = False) -> bool:
    """Insert rows that are probably all new, without asking first; say whether they were.

    When they were not, some are inserted and some are not: the caller rolls back and goes the careful way. `stamped`
    rows get this transaction's commit position in the same statement.
    """
    connection = await session.connection()
    keys, names, dialect = _keys(table), tuple(rows[0]), connection.dialect.name
    statement = _insert_sql(table, dialect, names, keys, stamped=stamped, returning=False)
    if dialect == "sqlite":
        if stamped:
            await commit_position(connection)
        done = await connection.exec_driver_sql(statement, _tuples(table, rows, names))
    else:
        done = await connection.execute(text(statement), {"rows": _document(rows, _columns(table).instants)})
    return done.rowcount == len(rows)


async def insert_new(
    session: AsyncSession, table: Table, rows: Sequence[Row], *, stamped: bool = False
) -> set[tuple[Any, ...]]:
    """Insert the rows whose primary key is not there yet; return the keys that were inserted.

    All rows carry the same columns, and no two the same key. `stamped` rows get this transaction's commit position.
    Rows already there are left as they are, also when another
    worker inserts them at this very moment: that is what makes a resent batch harmless.
    """
    if not rows:
        return set()
    connection = await session.connection()
    keys, names, dialect = _keys(table), tuple(rows[0]), connection.dialect.name
    statement = _insert_sql(table, dialect, names, keys, stamped=stamped, returning=True)
    if dialect != "sqlite":
        inserted = await connection.execute(text(statement), {"rows": _document(rows, _columns(table).instants)})
        return {tuple(row) for row in inserted}
    present = await _present(connection, table, keys, rows)
    new = [row for row in rows if tuple(row[key] for key in keys) not in present]
    if new:
        if stamped:
            await commit_position(connection)
        await connection.exec_driver_sql(statement, _tuples(table, new, names))
    return {tuple(row[key] for key in keys) for row in new}


async def update_rows(session: AsyncSession, table: Table, rows: Sequence[Row]) -> None:
    """Set the other columns of the rows whose primary key is given; all rows carry the same columns."""
    if not rows:
        return
    connection = await session.connection()
    keys, names = _keys(table), tuple(rows[0])
    statement = _update_sql(table, connection.dialect.name, names, keys)
    if connection.dialect.name != "sqlite":
        await connection.execute(text(statement), {"rows": _document(rows, _columns(table).instants)})
        return
    ordered = [name for name in names if name not in keys] + list(keys)
    await connection.exec_driver_sql(statement, _tuples(table, rows, ordered))


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(c.name for c in table.primary_key.columns)


async def _present(
    connection: AsyncConnection, table: Table, keys: tuple[str, ...], rows: Sequence[Row]
) -> set[tuple[Any, ...]]:
    """Return which of the rows' keys the table holds, asking once for the batch by its last key column."""
    wanted = table.c[keys[-1]]
    asked = select(*(table.c[key] for key in keys)).where(wanted.in_(bindparam("asked", expanding=True)))
    if len(keys) > 1:
        asked = asked.where(table.c[keys[0]].in_(bindparam("owners", expanding=True)))
        parameters = {"asked": [row[keys[-1]] for row in rows], "owners": list({row[keys[0]] for row in rows})}
    else:
        parameters = {"asked": [row[keys[-1]] for row in rows]}
    return {tuple(found) for found in await connection.execute(asked, parameters)}
