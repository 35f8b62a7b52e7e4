"""The database as the service uses it: connections that read, connections that write, and a bound on each.

Reads and writes are two session types, so a signature says which it needs. Metrics have connections of their own: a
coordinator's long question never takes the connection a phone is waiting for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, Pool
from typing_extensions import override

from app import errors
from app.db.sqlite import at_length, near_connection, speak_sqlite
from app.errors import Problem
from app.settings import Settings

departures: ContextVar[list[Callable[[], None]]] = ContextVar("departures")
"""What to stop at once when the caller of this request goes away; the HTTP layer sets one list per request."""

_POOL_WAIT_S: Final = 5.0
_BUSY_MS: Final = 5000


class ContentionError(Problem):
    """Two transactions stood in each other's way and this one was undone; trying again helps."""

    def __init__(self) -> None:
        """Say so to a caller who cannot try again by itself."""
        super().__init__(errors.unavailable, f"{errors.unavailable.title}.")


class NotAllNewError(Exception):
    """What was hoped to be new is partly there already; storing it again, carefully, tells what."""


class ReadSession(AsyncSession):
    """A session that cannot write: the database itself refuses."""


class WriteSession(AsyncSession):
    """A session whose one transaction commits when its block ends well, before any response is sent."""

    careful = False
    """Whether to look at what is there first, as hoping that all is new has failed."""
    _held: AsyncConnection | None = None

    @override
    async def connection(self, *arguments: Any, **options: Any) -> AsyncConnection:
        """Return the connection of the transaction; found once, as finding it costs more than a small statement."""
        if self._held is None:
            self._held = await super().connection(*arguments, **options)
        return self._held


def driver_url(database_url: str) -> URL:
    """Return the URL with the project's drivers; only SQLite and PostgreSQL are spoken."""
    url = make_url(database_url)
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case other:
            msg = f"MARAUDE_DATABASE_URL must begin with sqlite: or postgresql:, not {other}:"
            raise ValueError(msg)


class Database:
    """Three small pools over one database; `close` gives them back."""

    def __init__(self, settings: Settings, *, pooled: bool = True) -> None:
        """Prepare the pools; nothing connects before the first use."""
        url = driver_url(settings.database_url)
        self.settings: Final = settings
        self.is_sqlite: Final = url.get_backend_name() == "sqlite"
        self.file: Final = Path(url.database or "")
        if self.is_sqlite and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._write_timeout_s = settings.write_timeout_s
        writers = 1 if self.is_sqlite else settings.write_connections
        self._writer = self._engine(url, writers, settings, settings.write_timeout_s, pooled=pooled, writes=True)
        self._reader = self._engine(url, settings.read_connections, settings, settings.read_timeout_s, pooled=pooled)
        self._analyst = self._engine(
            url, settings.analysis_connections, settings, settings.analysis_timeout_s, pooled=pooled, one_snapshot=True
        )
        self._read_timeout_s = settings.read_timeout_s
        self._analysis_timeout_s = settings.analysis_timeout_s

    def _engine(
        self,
        url: URL,
        connections: int,
        settings: Settings,
        timeout_s: float,
        *,
        pooled: bool,
        writes: bool = False,
        one_snapshot: bool = False,
    ) -> AsyncEngine:
        poolclass: type[Pool] = AsyncAdaptedQueuePool if pooled else NullPool
        sizes = {"pool_size": connections, "max_overflow": 0, "pool_timeout": _POOL_WAIT_S} if pooled else {}
        if self.is_sqlite:
            creator = {"async_creator": partial(near_connection, url.database or "")} if writes else {}
            engine = create_async_engine(url, poolclass=poolclass, hide_parameters=True, **sizes, **creator)
            speak_sqlite(engine.sync_engine, synchronous=settings.sqlite_synchronous, writes=writes)
            return engine
        options = f"-c statement_timeout={int(timeout_s * 1000)} -c lock_timeout=5000 -c timezone=UTC -c jit=off"
        return create_async_engine(
            url,
            poolclass=poolclass,
            hide_parameters=True,
            connect_args={"options": options, "connect_timeout": 5},
            execution_options={"postgresql_readonly": not writes}
            | ({"isolation_level": "REPEATABLE READ"} if one_snapshot else {}),
            **sizes,
        )

    @asynccontextmanager
    async def writing(self, *, careful: bool = False, long: bool = False) -> AsyncIterator[WriteSession]:
        """Give a transaction that commits at the end of the block and rolls back on any exception.

        One that is `long` runs its statements where they keep nobody from the event loop.
        """
        with _at_length() if long else nullcontext():
            made = WriteSession(self._writer, expire_on_commit=False)
            made.careful = careful
            async with _named_failures(), made as session, session.begin():
                yield session

    @asynccontextmanager
    async def outside_transactions(self) -> AsyncIterator[AsyncConnection]:
        """Give a writer's connection without a transaction and without a time limit, for what can run in none."""
        with _at_length():
            async with _named_failures(), self._writer.connect() as connection:
                if self.is_sqlite:
                    yield connection
                    return
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.execute(text("SET statement_timeout = 0"))
                try:
                    yield alone
                finally:
                    await alone.execute(text(f"SET statement_timeout = {int(self._write_timeout_s * 1000)}"))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """Give a snapshot for phones, desks and authentication: short reads."""
        async with self._bounded(self._reader, self._read_timeout_s) as session:
            yield session

    @asynccontextmanager
    async def analysing(self) -> AsyncIterator[ReadSession]:
        """Give one snapshot for all statements of a question for figures, on connections of their own."""
        async with self._bounded(self._analyst, self._analysis_timeout_s) as session:
            yield session

    @asynccontextmanager
    async def _bounded(self, engine: AsyncEngine, timeout_s: float) -> AsyncIterator[ReadSession]:
        async with _named_failures(), ReadSession(engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                with await _stoppable(session, timeout_s):
                    yield session
            else:  # the server stops statements by itself, and psycopg cancels those of a cancelled task
                yield session

    async def close(self) -> None:
        """Close every connection."""
        for engine in (self._writer, self._reader, self._analyst):
            await engine.dispose()


async def _stoppable(session: AsyncSession, timeout_s: float) -> AbstractContextManager[None]:
    """Let SQLite's running statement be stopped when time is up or the caller goes away.

    Cancelling the task alone would wait for the statement's thread; `interrupt` is the thread-safe way to end it.
    """
    raw = await (await session.connection()).get_raw_connection()
    interrupt = cast("Any", raw.driver_connection)._conn.interrupt  # noqa: SLF001 - aiosqlite only offers an awaitable

    @contextmanager
    def stopping() -> Iterator[None]:
        timer = asyncio.get_running_loop().call_later(timeout_s, interrupt)
        stops = departures.get([])
        stops.append(interrupt)
        try:
            yield
        finally:
            timer.cancel()
            stops.remove(interrupt)

    return stopping()


@contextmanager
def _at_length() -> Iterator[None]:
    token = at_length.set(True)
    try:
        yield
    finally:
        at_length.reset(token)


@asynccontextmanager
async def _named_failures() -> AsyncIterator[None]:
    """Turn what the drivers raise into the catalogue's problems; nothing of the statement travels with it."""
    try:
        yield
    except PoolTimeoutError as error:
        raise errors.unavailable() from error
    except OperationalError as error:
        raise _named(error) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise errors.unavailable() from error
        raise
    except OSError as error:
        raise errors.unavailable() from error


def _named(error: OperationalError) -> errors.Problem:
    state = getattr(error.orig, "sqlstate", None)
    code = getattr(error.orig, "sqlite_errorname", "")
    if state == "57014" or code == "SQLITE_INTERRUPT":
        return errors.too_slow()
    if state in {"40P01", "40001"} or code == "SQLITE_BUSY":
        return ContentionError()
    if state == "53100" or code == "SQLITE_FULL":
        return errors.storage_full()
    return errors.unavailable()
