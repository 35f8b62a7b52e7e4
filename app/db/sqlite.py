"""SQLite as the service speaks it: durable, strict, and without a thread's round trip for every small statement."""

import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import Engine

_BUSY_MS: Final = 5000
_CHUNK: Final = 64
_AWAY: Final = frozenset({"commit", "executemany", "backup"})
"""What may wait for the disk or take long: done in the connection's thread."""

at_length: ContextVar[bool] = ContextVar("at_length", default=False)
"""Whether what follows takes long: statements over many records, which would keep the event loop from everybody."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class NearConnection(aiosqlite.Connection):
    """The writer's connection: what takes microseconds is done at once, the rest in the driver's thread.

    aiosqlite sends every call to a thread, four for one statement, and each costs more than the statement. A
    transaction of ten small statements then spends nine tenths of its time between threads. BEGIN IMMEDIATE may wait
    for another process, COMMIT for the disk, and executemany carries a whole batch: those still go to the thread, as
    does all that is done `at_length`.
    """

    async def _execute(
        self, fn: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Do the call here or in the thread; a connection is used by one task at a time, so the order stays."""
        waits = at_length.get() or fn.__name__ in _AWAY or (bool(args) and str(args[0]).startswith("BEGIN"))
        if waits or self._connection is None:
            result: Result = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped
            return result
        return fn(*args, **kwargs)


def near_connection(path: str, *_arguments: Any, **_options: Any) -> NearConnection:  # noqa: ANN401 - SQLAlchemy passes what it would give the driver
    """Return the writer's connection to the database at `path`, to be awaited."""
    connection = NearConnection(lambda: sqlite3.connect(path, check_same_thread=False), _CHUNK)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for the connections it makes
    return connection


def speak_sqlite(engine: Engine, *, synchronous: str, writes: bool) -> None:
    """Make SQLite durable, strict and honest about transactions (design: trust, section 5)."""

    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_BUSY_MS}",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "trusted_schema = OFF",
            "secure_delete = ON",
            "temp_store = MEMORY",
            f"query_only = {'OFF' if writes else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begins(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event passes its own connection
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begins)
