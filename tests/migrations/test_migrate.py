"""Starting on a database: several starters, snapshots, nothing dangling, no waiting for ever."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from app.db import migrate
from app.settings import Settings
from tests import postgres
from tests.migrations import catalogue

_STARTERS = 4


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def test_several_starters_migrate_once(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url)
    with ThreadPoolExecutor(_STARTERS) as starters:
        list(starters.map(lambda _: migrate.upgrade(settings), range(_STARTERS)))
    assert migrate.is_current(settings)


def test_a_database_that_was_never_migrated_is_told_from_one_that_is_current(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url)
    assert migrate.current(settings) is None
    assert not migrate.is_current(settings)
    migrate.upgrade(settings)
    assert migrate.current(settings) == migrate.expected()


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    assert migrate.current(Settings(database_url=f"sqlite:///{tmp_path}/none.db")) is None
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_reads_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "var" / "maraude.db"
    migrate.upgrade(Settings(database_url=f"sqlite:///{path}"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_first_migration_leaves_no_snapshot_and_a_current_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "maraude.db"
    settings = Settings(database_url=f"sqlite:///{path}")
    migrate.upgrade(settings)
    changed = path.stat().st_mtime_ns
    migrate.upgrade(settings)
    assert path.stat().st_mtime_ns == changed
    assert migrate.snapshots(path) == []


def test_the_last_snapshot_holds_the_database_as_it_was_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "maraude.db"
    settings = Settings(database_url=f"sqlite:///{path}")
    migrate.upgrade(settings)
    with _sqlite(path) as connection:
        connection.execute("INSERT INTO feed (name, position) VALUES ('commits', 7)")
    before = catalogue.read(settings.database_url)
    for older in ("0000", "zzzz"):
        path.with_name(f"maraude.db.at-{older}").touch()
    migrate.downgrade(settings, "base")
    (snapshot,) = migrate.snapshots(path)
    assert snapshot.name == f"maraude.db.at-{migrate.expected()}"
    assert snapshot.stat().st_mode & 0o777 == 0o600
    assert catalogue.read(f"sqlite:///{snapshot}") == before
    with _sqlite(snapshot) as connection:
        assert connection.execute("SELECT position FROM feed").fetchall() == [(7,)]


def test_a_migration_that_would_leave_dangling_rows_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "maraude.db"
    settings = Settings(database_url=f"sqlite:///{path}")
    migrate.upgrade(settings)
    with pytest.raises(migrate.DanglingReferencesError), migrate.alone(settings) as connection:
        connection.exec_driver_sql("INSERT INTO perimeter_territory VALUES ('nowhere', '7511803')")
    with _sqlite(path) as connection:
        assert connection.execute("SELECT count(*) FROM perimeter_territory").fetchone() == (0,)


def test_a_migration_gives_up_on_a_table_in_use_instead_of_holding_up_everybody(
    postgresql: postgres.Server, postgresql_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_WAIT_FOR_A_TABLE_S", 0.1)
    settings = Settings(database_url=postgresql.create("maraude_in_use", postgresql_template))
    with psycopg.connect(settings.database_url) as reader:
        reader.execute("SELECT count(*) FROM feed")
        with pytest.raises(OperationalError, match="LockNotAvailable"):
            migrate.downgrade(settings, "base")
    assert migrate.is_current(settings)
    postgresql.drop("maraude_in_use")
