"""What the databases say differently, said once: commit positions, months, JSON arrays, and Citus placement."""

from collections.abc import Collection, Iterable
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, Table, any_, literal, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from app.db.table import placement_of

HOLDING: Final = 0
"""Purpose: holding a place of a facility, for a referral."""
FOLDING: Final = 1
"""Purpose: folding the referrals of an organisation."""
CHAINING: Final = 2
"""Purpose: adding to the audit chain of an organisation."""
REFRESHING: Final = 4
"""Purpose: computing the facts of an organisation anew."""
NUMBERING: Final = 5
"""Purpose: giving cards their numbers, whichever organisation met them."""
PUBLISHING: Final = -1
"""Purpose: counting for releases, and freezing them."""
PLANNING: Final = -2
"""Purpose: adding to the register of plans."""


class commit_horizon(GenericFunction[int]):  # noqa: N801 - a SQL function
    """The first commit position that may still appear: every row below it is visible now or never.

    PostgreSQL: the oldest transaction still running (`pg_snapshot_xmin`), so a row that commits late is never skipped.
    SQLite has one writer at a time, so whatever a reader sees is complete: one more than the last position taken.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(commit_horizon, "postgresql")
def _horizon_postgresql(_element: Any, _compiler: SQLCompiler, **_kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"


@compiles(commit_horizon, "sqlite")
def _horizon_sqlite(_element: Any, _compiler: SQLCompiler, **_kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return "(SELECT position + 1 FROM feed)"


class month_of(GenericFunction[str]):  # noqa: N801 - a SQL function
    """The month of a day as `YYYY-MM`."""

    type = String()
    inherit_cache = True


@compiles(month_of, "postgresql")
def _month_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"to_char({compiler.process(element.clauses, **kw)}, 'YYYY-MM')"


@compiles(month_of, "sqlite")
def _month_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"strftime('%Y-%m', {compiler.process(element.clauses, **kw)})"


class week_of(GenericFunction[str]):  # noqa: N801 - a SQL function
    """The Monday of a day's ISO week as `YYYY-MM-DD`."""

    type = String()
    inherit_cache = True


@compiles(week_of, "postgresql")
def _week_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"to_char(date_trunc('week', {compiler.process(element.clauses, **kw)}), 'YYYY-MM-DD')"


@compiles(week_of, "sqlite")
def _week_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"date({compiler.process(element.clauses, **kw)}, '-6 days', 'weekday 1')"


class day_number(GenericFunction[int]):  # noqa: N801 - a SQL function
    """A day as the number of days since 1970-01-01."""

    type = BigInteger()
    inherit_cache = True


@compiles(day_number, "postgresql")
def _day_number_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"CAST({compiler.process(element.clauses, **kw)} - DATE '1970-01-01' AS bigint)"


@compiles(day_number, "sqlite")
def _day_number_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"CAST(julianday({compiler.process(element.clauses, **kw)}) - 2440587.5 AS INTEGER)"


class elements_of(GenericFunction[str]):  # noqa: N801 - a SQL function
    """The strings of a JSON array, one a row: `elements_of(column).table_valued("value")`."""

    type = String()
    inherit_cache = True


@compiles(elements_of, "postgresql")
def _elements_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"jsonb_array_elements_text({compiler.process(element.clauses, **kw)})"


@compiles(elements_of, "sqlite")
def _elements_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"json_each({compiler.process(element.clauses, **kw)})"


class length_of(GenericFunction[int]):  # noqa: N801 - a SQL function
    """How many elements a JSON array has."""

    type = BigInteger()
    inherit_cache = True


@compiles(length_of, "postgresql")
def _length_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"jsonb_array_length({compiler.process(element.clauses, **kw)})"


@compiles(length_of, "sqlite")
def _length_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    return f"json_array_length({compiler.process(element.clauses, **kw)})"


class sorted_elements(GenericFunction[str]):  # noqa: N801 - a SQL function
    """The strings of a JSON array in order, one space between two: equal for arrays that hold the same strings."""

    type = String()
    inherit_cache = True


@compiles(sorted_elements, "postgresql")
def _sorted_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    listed = f"jsonb_array_elements_text({compiler.process(element.clauses, **kw)}) AS listed(one)"
    return f"(SELECT coalesce(string_agg(one, ' ' ORDER BY one COLLATE \"C\"), '') FROM {listed})"  # noqa: S608 - no values


@compiles(sorted_elements, "sqlite")
def _sorted_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's hook
    listed = f"SELECT value AS one FROM json_each({compiler.process(element.clauses, **kw)}) ORDER BY one"  # noqa: S608 - the same
    return f"(SELECT coalesce(group_concat(one, ' '), '') FROM ({listed}))"  # noqa: S608 - the same


_POSITION: Final = {
    "postgresql": text("SELECT pg_current_xact_id()::text::bigint"),
    "sqlite": text("UPDATE feed SET position = position + 1 RETURNING position"),
}
_BEYOND_ANY_LIFE: Final = 2**40
"""More commits than one life of a database sees; thousands of such lives fit into a position."""
POSITION_TAKEN: Final = {
    "postgresql": "pg_current_xact_id()::text::bigint",
    "sqlite": "(SELECT position FROM feed)",
}
"""The position of this transaction as an expression; on SQLite `commit_position` must have taken it."""


def among(session: AsyncSession, column: Any, values: Collection[Any]) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped or a plain column
    """Return the condition that a column has one of many values: one array on PostgreSQL, a list on SQLite.

    A list of a thousand parameters is a thousand pieces of SQL for PostgreSQL's driver to cut; an array is one.
    """
    if session.get_bind().dialect.name == "postgresql":
        return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))
    return cast("ColumnElement[bool]", column.in_(values))


async def commit_position(connection: AsyncConnection) -> int:
    """Return this transaction's place in the order of commits, to be stored on every row a feed shows.

    PostgreSQL: the transaction id. SQLite: a counter that only the one writer touches, so it is never contended.
    """
    return int((await connection.execute(_POSITION[connection.dialect.name])).scalar_one())


async def begin_another_life(connection: AsyncConnection) -> int | None:
    """Leave all positions behind that this SQLite file may have given out before it was restored; return the present.

    A file put back to an older state would count through the same positions again, and who had seen them would miss
    what they mean now. PostgreSQL's transaction ids go on by themselves: None.
    """
    if connection.dialect.name != "sqlite":
        return None
    leap = text("UPDATE feed SET position = position + :distance RETURNING position")
    return int((await connection.execute(leap, {"distance": _BEYOND_ANY_LIFE})).scalar_one())


async def hold(connection: AsyncConnection, purpose: int, keys: Iterable[UUID]) -> None:
    """Hold each key for one purpose until commit; everybody takes them in the same order.

    A transaction takes its purposes in ascending order, so no two can wait for each other. SQLite's single writer needs
    none of this.
    """
    if connection.dialect.name != "postgresql":
        return
    numbers = sorted({int.from_bytes(key.bytes[-4:], "big", signed=True) for key in keys})
    await connection.execute(
        text(
            "SELECT pg_advisory_xact_lock(:purpose, k)"
            " FROM (SELECT unnest(CAST(:numbers AS integer[])) AS k ORDER BY 1) AS held"
        ),
        {"purpose": purpose, "numbers": numbers},
    )


def distribution(tables: Iterable[Table]) -> list[str]:
    """Return the statements that place every table under Citus: shards by organisation, and shared references."""
    statements = []
    for table in tables:
        match placement_of(table.info):
            case "organisation":
                statements.append(
                    f"SELECT create_distributed_table('{table.name}', 'org_id', colocate_with => 'default')"
                )
            case "reference":
                statements.append(f"SELECT create_reference_table('{table.name}')")
            case "local":
                pass
    return statements


async def has_citus(connection: AsyncConnection) -> bool:
    """Say whether this database has the Citus extension."""
    if connection.dialect.name != "postgresql":
        return False
    found = await connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'"))
    return found.first() is not None


async def distribute(connection: AsyncConnection, tables: Iterable[Table]) -> list[str]:
    """Place every table under Citus and return the statements run; none without the extension.

    Reference tables come first: a distributed table may only refer to those or to its own shard.
    """
    if not await has_citus(connection):
        return []
    statements = sorted(distribution(tables), key=lambda statement: "create_reference_table" not in statement)
    for statement in statements:
        await connection.execute(text(statement))
    return statements
