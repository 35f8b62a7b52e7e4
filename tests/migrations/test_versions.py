"""The chain of versions leads from nothing to exactly what the tables say, and back."""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, insert, select
from sqlalchemy.engine import make_url

from app.db import migrate
from app.db.catalogue import all_tables
from app.settings import Settings
from tests.migrations import catalogue

_SCRIPTS = list(ScriptDirectory.from_config(migrate.config()).walk_revisions())[::-1]
_VERSIONS = [script.revision for script in _SCRIPTS]
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_DAY = date(2026, 3, 28)


def test_the_versions_are_one_chain_without_branches() -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [_VERSIONS[-1]]
    assert [f"{number:04d}" for number in range(1, len(_VERSIONS) + 1)] == _VERSIONS


def test_each_version_goes_up_and_down_and_up_again(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url)
    before: str | None = None
    for version in _VERSIONS:
        below = catalogue.read(empty_database_url)
        migrate.upgrade(settings, version)
        above = catalogue.read(empty_database_url)
        migrate.downgrade(settings, before or "base")
        assert catalogue.read(empty_database_url) == below
        assert migrate.current(settings) == before
        migrate.upgrade(settings, version)
        assert catalogue.read(empty_database_url) == above
        before = version


def test_a_migrated_database_is_what_the_tables_say_to_the_last_check_and_comment(
    empty_database_url: str, other_database_url: str
) -> None:
    migrate.upgrade(Settings(database_url=empty_database_url))
    url = make_url(other_database_url)
    engine = create_engine(url.set(drivername=_DRIVERS[url.get_backend_name()]))
    all_tables().create_all(engine)
    engine.dispose()
    migrated = catalogue.read(empty_database_url)
    for table in ("audit_entry", "plan_entry", "plan_snapshot"):
        guards = {f"trigger {table}_no_{what}" for what in ("update", "delete", "replace")}  # tables cannot say these
        found = {fact for fact in migrated[table] if fact.startswith("trigger ")}
        migrated[table] -= Counter(found)
        assert {" ".join(fact.split()[:2]) for fact in found} == (guards if "sqlite" in empty_database_url else set())
    assert migrated == catalogue.read(other_database_url)


def test_referrals_of_before_get_slots(empty_database_url: str) -> None:
    """The clock was set forward on 29 March 2026: 03:30 in summer time lies in the slot that began at 03:00."""
    settings = Settings(database_url=empty_database_url)
    migrate.upgrade(settings, "0023")
    made, came = (_ms(f"2026-03-29T{at}") for at in ("00:59:59.999+01:00", "03:30+02:00"))
    owner, fine, coarse = (uuid4() for _ in range(3))
    told = {"org_id": owner, "created_at": made, "state_at": came, "admitted_at": came, "exited_at": None}
    with _tables(empty_database_url) as (connection, tables):
        _plant(connection, tables["organisation"], {"id": owner, "kind": "association"})
        _plant(connection, tables["team"], {"org_id": owner, "id": owner})
        for key, position in ((fine, 1), (coarse, -2)):
            words = {"first_state": "requested", "success": "admitted", "state": "admitted"}
            row = told | words | {"id": key, "team_id": owner, "position": position}
            _plant(connection, tables["referral"], row)
    migrate.upgrade(settings, "0024")
    with _tables(empty_database_url) as (connection, tables):
        kept = {row["position"]: row for row in connection.execute(select(tables["referral"])).mappings()}
        assert connection.execute(select(tables["stale_day"].c.day)).scalars().all() == [_DAY]
    names = ("created_at", "state_at", "admitted_at", "exited_at", "made_at")
    began, entered = _ms("2026-03-29T00:00+01:00"), _ms("2026-03-29T03:00+02:00")
    assert [kept[1][name] for name in names] == [began, entered, entered, None, made]
    assert [kept[-2][name] for name in names] == [made, came, came, None, None]


def _ms(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)


@contextmanager
def _tables(url: str) -> Iterator[tuple[Connection, Mapping[str, Table]]]:
    """Give a database's tables as they are there, in a transaction."""
    engine = create_engine(make_url(url).set(drivername=_DRIVERS[make_url(url).get_backend_name()]))
    found = MetaData()
    with engine.begin() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")  # not asked for
        found.reflect(connection)
        yield connection, found.tables
    engine.dispose()


def _plant(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Insert a row; whatever it must say beside what is given is of no meaning."""
    filled: dict[str, object] = {column.name: _anything(column) for column in table.columns if not column.nullable}
    stored = {name: _stored(table.columns[name], value) for name, value in (filled | dict(row)).items()}
    connection.execute(insert(table).values(stored))


def _anything(column: Column[Any]) -> object:
    kinds = {int: 1, str: "x", bool: False, date: _DAY, bytes: bytes(getattr(column.type, "length", None) or 32)}
    return UUID(int=0) if column.type.python_type is UUID else kinds[column.type.python_type]


def _stored(column: Column[Any], value: object) -> object:
    """SQLite knows an id as its sixteen bytes."""
    return value.bytes if isinstance(value, UUID) and column.type.python_type is bytes else value


def _comparable(_item: object, name: str | None, *_more: object) -> bool:
    """Alembic cannot read expressions back from SQLite and words them otherwise than PostgreSQL; see the test above."""
    return name != "ix_referral_link_id_succeeded_at"


@pytest.mark.filterwarnings("ignore:.*expression-based index:UserWarning")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_no_further_version_would_be_written(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url)
    migrate.upgrade(settings)
    with migrate.alone(settings) as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": _comparable}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, all_tables()) == []


@pytest.mark.parametrize("version", _SCRIPTS, ids=[script.revision for script in _SCRIPTS])
def test_a_version_uses_no_code_of_the_application(version: Script) -> None:
    used = {getattr(value, "__module__", None) or "" for value in vars(version.module).values()}
    assert not [module for module in used if module.startswith("app")]
