"""Bringing a database to the schema this code expects: every step of it in one transaction, or none.

Several workers may start at once: one migrates, the others wait and find it done.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from app.db.catalogue import ROOT
from app.db.sqlite import speak_sqlite
from app.settings import Settings

FOLDER: Final = ROOT.parent / "migrations"
"""Beside the `app` package, in a clone as in an installed wheel."""

_ADVISORY_LOCK: Final = int.from_bytes(b"maraude", "big")
_WAIT_FOR_OTHERS_S: Final = 120
_WAIT_FOR_A_TABLE_S: Final = 5


class DanglingReferencesError(Exception):
    """A migration would leave rows that refer to nothing (SQLite checks only when asked)."""


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database up to `revision`; nothing happens when it is there already."""
    if revision == "head" and is_current(settings):
        return
    with alone(settings) as connection:
        if revision != "head" or _revision(connection) != expected():
            _keep_snapshot(connection)
            command.upgrade(config(connection), revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Bring the database down to `revision` (`base` is before the first)."""
    with alone(settings) as connection:
        _keep_snapshot(connection)
        command.downgrade(config(connection), revision)


def current(settings: Settings) -> str | None:
    """Return the revision the database is at; None when it was never migrated."""
    engine = _engine(settings)
    if engine.dialect.name == "sqlite" and not _file_of(engine.url).exists():
        return None
    with engine.connect() as connection:
        return _revision(connection)


def expected() -> str | None:
    """Return the revision this code was written for."""
    return ScriptDirectory.from_config(config()).get_current_head()


def is_current(settings: Settings) -> bool:
    """Say whether the database is at the revision this code was written for."""
    return current(settings) == expected()


def config(connection: Connection | None = None, **attributes: Any) -> Config:  # noqa: ANN401 - alembic's own mapping
    """Return alembic's configuration, with what `migrations/env.py` needs in its attributes."""
    made = Config(attributes={"connection": connection, "tables": None, **attributes})
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _file_of(url: URL) -> Path:
    return Path(url.database or "")


def _engine(settings: Settings) -> Engine:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, hide_parameters=True)
        speak_sqlite(engine, synchronous="FULL", writes=True)
        event.listen(engine, "connect", _rebuild_tables_freely)
        return engine
    return create_engine(url.set(drivername="postgresql+psycopg"), poolclass=NullPool, hide_parameters=True)


def _rebuild_tables_freely(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """SQLite changes a table by making it anew, so references are checked at the end (sqlite.org, "ALTER TABLE")."""
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_FOR_OTHERS_S * 1000}")


@contextmanager
def alone(settings: Settings) -> Iterator[Connection]:
    """Give the one transaction in which everything happens, while nobody else migrates."""
    engine = _engine(settings)
    if engine.dialect.name == "sqlite":
        path = _file_of(engine.url)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # only its owner reads it; its write-ahead log takes the same mode
    with engine.begin() as connection:  # on SQLite this is BEGIN IMMEDIATE: already alone
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {_WAIT_FOR_OTHERS_S * 1000:.0f}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = {_WAIT_FOR_A_TABLE_S * 1000:.0f}"))
        yield connection
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise DanglingReferencesError


def _keep_snapshot(connection: Connection) -> None:
    """Keep a copy of a SQLite database as it was, beside it, named with its revision; the one before it goes.

    The copy holds what the database held: whatever destroys data there must remove the copy too (`snapshots`).
    """
    revision = _revision(connection)
    if connection.dialect.name != "sqlite" or revision is None:
        return
    path = _file_of(connection.engine.url)
    draft = path.with_name(f"{path.name}.snapshot")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL, 0o600))
    with closing(connection.engine.raw_connection()) as beside:  # this transaction's own connection may not VACUUM
        beside.cursor().execute("VACUUM INTO ?", (str(draft),))
    for older in snapshots(path):
        older.unlink()
    draft.replace(path.with_name(f"{path.name}.at-{revision}"))


def snapshots(path: Path) -> list[Path]:
    """Return the copies that migrations left beside the SQLite database at `path`."""
    return sorted(path.parent.glob(f"{path.name}.at-*"))
