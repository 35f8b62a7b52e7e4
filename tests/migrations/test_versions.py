"""The chain of versions leads from nothing to exactly what the tables say, and back."""

from collections import Counter

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from app.db import migrate
from app.db.catalogue import all_tables
from app.settings import Settings
from tests.migrations import catalogue

_SCRIPTS = list(ScriptDirectory.from_config(migrate.config()).walk_revisions())[::-1]
_VERSIONS = [script.revision for script in _SCRIPTS]


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
    drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
    url = make_url(other_database_url)
    engine = create_engine(url.set(drivername=drivers[url.get_backend_name()]))
    all_tables().create_all(engine)
    engine.dispose()
    migrated = catalogue.read(empty_database_url)
    for table in ("audit_entry", "plan_entry", "plan_snapshot"):
        guards = {f"trigger {table}_no_{what}" for what in ("update", "delete", "replace")}  # tables cannot say these
        found = {fact for fact in migrated[table] if fact.startswith("trigger ")}
        migrated[table] -= Counter(found)
        assert {" ".join(fact.split()[:2]) for fact in found} == (guards if "sqlite" in empty_database_url else set())
    assert migrated == catalogue.read(other_database_url)


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
