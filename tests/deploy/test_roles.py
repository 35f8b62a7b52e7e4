"""On PostgreSQL one role owns the tables and another serves: what deploy/postgres/roles.sh grants, and no more."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from app.db import migrate
from app.settings import Settings
from tests.postgres import Cluster

_SCRIPT = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sh"


@pytest.fixture(scope="module")
def host(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The socket folder of a server on which the script has run and the owner has migrated."""
    secrets = tmp_path_factory.mktemp("secrets")
    for name in ("owner", "app"):
        (secrets / f"{name}_password").write_text(f"it's the {name}'s\n")
    folder = str(own_cluster.folder)
    surroundings = {"PGHOST": folder, "PGUSER": "maraude", "PGDATABASE": "postgres", "SECRETS": str(secrets)}
    subprocess.run([_SCRIPT], env=os.environ | surroundings, check=True)
    migrate.upgrade(Settings(database_url=f"postgresql://maraude_owner@/maraude?host={folder}"))
    return folder


def test_the_owner_migrates_and_the_serving_role_sees_that_it_did(host: str) -> None:
    assert migrate.is_current(Settings(database_url=f"postgresql://maraude_app@/maraude?host={host}"))


def test_the_serving_role_reads_and_writes_rows(host: str) -> None:
    with psycopg.connect(f"postgresql://maraude_app@/maraude?host={host}") as connection:
        connection.execute("INSERT INTO feed (name, position) VALUES ('commits', 1)")
        connection.execute("UPDATE feed SET position = position + 1")
        assert connection.execute("DELETE FROM feed RETURNING position").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE TEMPORARY TABLE mine (id integer)",
        "DROP TABLE feed",
        "ALTER TABLE feed DROP CONSTRAINT ck_feed_one_row",
        "COMMENT ON TABLE feed IS 'mine'",
        "TRUNCATE feed",
        "CREATE ROLE mine",
    ],
)
def test_the_serving_role_changes_nothing_else(host: str, statement: str) -> None:
    with (
        psycopg.connect(f"postgresql://maraude_app@/maraude?host={host}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
