"""What docs/operations.md tells whoever runs the service to type works as it stands there."""

import asyncio
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from app.db import copies, migrate
from app.db.engine import Database
from app.directory.service import seed
from app.settings import Settings
from tests.clock import NIGHT
from tests.postgres import Cluster, binaries

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "operations.md").read_text()
_ROLES = _ROOT / "deploy" / "postgres" / "roles.sh"

# In place of the compose file's containers: the same programs, on this machine.
_DOCKER = """#!/bin/sh
set -eu
[ "$1" = compose ] && shift
case "$1" in
up) exit 0 ;;
exec) shift 3; exec env PATH="$BINARIES:$PATH" "$@" ;;
run) as=$3; shift 3; [ $# -gt 0 ] || set -- migrate
    [ "$as" = migrate ] && MARAUDE_DATABASE_URL=$OWNER_URL
    export MARAUDE_DATABASE_URL; exec maraude "$@" ;;
esac
exit 64
"""


def written_under(heading: str) -> str:
    """Return the commands of the page under a heading."""
    found = re.search(rf"^### {re.escape(heading)}\n.*?^```sh\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def environment(folder: Path) -> dict[str, str]:
    """Return a shell's environment with the service's command on its path and its data in `folder`."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, text in (("maraude", f'#!/bin/sh\nexec "{sys.executable}" -m app.cli "$@"\n'), ("docker", _DOCKER)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(_ROOT),
        "MARAUDE_DATABASE_URL": f"sqlite:///{folder}/maraude.db",
        "MARAUDE_KEYS_DIR": str(folder / "keys"),
        "COPY": str(folder / "copy"),
        "KEYS_COPY": str(folder / "keys.tar"),
    }


def type_in(commands: str, surroundings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type commands into a shell that stops at the first failure."""
    return subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        cwd="/", env=surroundings, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def well(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with a SQLite database in use and its keys."""
    folder = tmp_path_factory.mktemp("lived")
    shutil.copyfile(sqlite_template, folder / "maraude.db")
    well(type_in("maraude org create 'Les Quais'", environment(folder)))
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    """A copy of that folder, of this test's own."""
    return shutil.copytree(lived, tmp_path / "folder")


@dataclass(frozen=True)
class Restored:
    """What a loss left behind: the folder, what the backup printed, the feed's position just before the loss."""

    folder: Path
    printed: str
    position: int


@pytest.fixture(scope="module")
def restored(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Restored:
    """Backed up, used further, lost, and restored as the page says."""
    folder = shutil.copytree(lived, tmp_path_factory.mktemp("restored") / "folder")
    printed = well(type_in(written_under("SQLite: back up"), environment(folder)))
    with closing(sqlite3.connect(folder / "maraude.db")) as connection:
        connection.execute("UPDATE feed SET position = position + 1000000")
        connection.commit()
    position = position_of(folder)
    for path in folder.glob("maraude.db*"):
        path.unlink()
    well(type_in(written_under("SQLite: restore"), environment(folder)))
    return Restored(folder, printed, position)


def position_of(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "maraude.db")) as connection:
        (position,) = connection.execute("SELECT position FROM feed").fetchone()
    return int(position)


def test_what_was_there_is_there_after_a_loss(restored: Restored) -> None:
    assert "Les Quais" in well(type_in("maraude org list", environment(restored.folder)))


def test_the_digest_of_a_copy_is_printed(restored: Restored) -> None:
    digest = hashlib.sha256((restored.folder / "copy").read_bytes()).hexdigest()
    assert restored.printed == f"{digest}  copy\n"


def test_only_its_owner_reads_a_copy_and_what_is_restored(restored: Restored) -> None:
    assert (restored.folder / "copy").stat().st_mode & 0o777 == 0o600
    assert (restored.folder / "maraude.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_holds_no_key(restored: Restored) -> None:
    keys = [path.read_bytes() for path in (restored.folder / "keys").glob("*.key")]
    assert keys
    assert not any(key in (restored.folder / "copy").read_bytes() for key in keys)


def test_copying_and_restoring_stand_in_the_audit_log(restored: Restored) -> None:
    with closing(sqlite3.connect(restored.folder / "maraude.db")) as connection:
        acts = [action for (action,) in connection.execute("SELECT action FROM audit_entry ORDER BY number")]
    assert "database.restore" in acts[acts.index("database.copy") :]


def test_positions_of_the_life_that_was_lost_are_never_given_out_again(restored: Restored) -> None:
    assert position_of(restored.folder) > restored.position


def test_a_copy_holds_nothing_that_was_deleted(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "maraude.db")) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE gone (text)")
        connection.execute("INSERT INTO gone VALUES ('something that was deleted')")
        connection.commit()
        connection.execute("DROP TABLE gone")
        connection.commit()
    assert b"something that was deleted" in (folder / "maraude.db").read_bytes()  # in a free page
    copies.take(folder / "maraude.db", folder / "copy")
    assert b"something that was deleted" not in (folder / "copy").read_bytes()


def test_what_was_written_a_moment_before_is_in_the_copy(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "maraude.db")) as writer:  # holds the log open: nothing is moved over
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE late AS SELECT 'late' AS text")
        writer.commit()
        copies.take(folder / "maraude.db", folder / "copy")
    with closing(sqlite3.connect(folder / "copy")) as copy:
        assert copy.execute("SELECT text FROM late").fetchall() == [("late",)]


def test_a_backup_replaces_no_file(folder: Path) -> None:
    (folder / "copy").write_bytes(b"the one of yesterday")
    done = type_in(written_under("SQLite: back up"), environment(folder))
    assert "never replaces" in done.stderr
    assert (folder / "copy").read_bytes() == b"the one of yesterday"
    with pytest.raises(FileExistsError):
        copies.take(folder / "maraude.db", folder / "copy")


def test_a_restore_replaces_no_database(folder: Path) -> None:
    copies.take(folder / "maraude.db", folder / "copy")
    before = (folder / "maraude.db").read_bytes()
    done = type_in(written_under("SQLite: restore"), environment(folder))
    assert "maraude.db is in the way" in done.stderr
    assert (folder / "maraude.db").read_bytes() == before


def test_a_restore_is_not_put_before_the_log_of_another_life(folder: Path) -> None:
    copies.take(folder / "maraude.db", folder / "copy")
    (folder / "maraude.db").unlink()
    (folder / "maraude.db-wal").write_bytes(b"of another life")
    with pytest.raises(FileExistsError, match=r"maraude\.db-wal"):
        copies.put_back(folder / "copy", folder / "maraude.db")


def test_a_copy_is_not_put_beside_the_keys(folder: Path) -> None:
    done = type_in('maraude backup "$MARAUDE_KEYS_DIR/copy"', environment(folder))
    assert done.returncode == 1
    assert "holds the keys" in done.stderr


def test_a_damaged_copy_is_refused(folder: Path, tmp_path: Path) -> None:
    copies.take(folder / "maraude.db", folder / "copy")
    whole = (folder / "copy").read_bytes()
    for damaged in (b"", b"no database", whole[: len(whole) // 2]):
        (folder / "copy").write_bytes(damaged)
        with pytest.raises(copies.UnfitCopyError):
            copies.put_back(folder / "copy", tmp_path / "new.db")
    assert not list(tmp_path.glob("*new.db*"))


def test_a_copy_of_a_newer_version_is_refused(folder: Path, tmp_path: Path) -> None:
    copies.take(folder / "maraude.db", folder / "copy")
    with closing(sqlite3.connect(folder / "copy")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(copies.UnfitCopyError, match="newer version"):
        copies.put_back(folder / "copy", tmp_path / "new.db")


def test_keys_come_back_as_they_were(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in (folder / "keys").iterdir()}
    well(type_in(written_under("Keys: back up"), environment(folder)))
    shutil.rmtree(folder / "keys")
    well(type_in(written_under("Keys: restore"), environment(folder)))
    after = {path.name: path for path in (folder / "keys").iterdir()}
    assert {name: path.read_bytes() for name, path in after.items()} == before
    assert {path.stat().st_mode & 0o777 for path in after.values() if path.suffix == ".key"} == {0o400}
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def surroundings(own_cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    """A shell's environment with a PostgreSQL on which deploy's script has run."""
    for name in ("owner", "app"):
        (tmp_path / f"{name}_password").write_text("throw-away\n")
    folder = str(own_cluster.folder)
    made = environment(tmp_path) | {
        "PGHOST": folder, "PGDATABASE": "postgres", "SECRETS": str(tmp_path), "BINARIES": str(binaries()),
        "OWNER_URL": f"postgresql://maraude_owner@/maraude?host={folder}",
        "MARAUDE_DATABASE_URL": f"postgresql://maraude_app@/maraude?host={folder}",
    }  # fmt: skip
    well(type_in(f"PGUSER=maraude {_ROLES}", made))
    return made


async def _seed(url: str) -> None:
    database = Database(Settings(database_url=url), pooled=False)
    async with database.writing() as session:
        await seed(session, NIGHT)
    await database.close()


def test_postgresql_is_dumped_and_put_back_into_an_empty_database(
    surroundings: dict[str, str], own_cluster: Cluster
) -> None:
    migrate.upgrade(Settings(database_url=surroundings["OWNER_URL"]))
    asyncio.run(_seed(surroundings["OWNER_URL"]))
    well(type_in("maraude org create 'Les Quais'", surroundings))
    well(type_in(written_under("PostgreSQL: back up"), surroundings))

    own_cluster.drop("maraude")
    with psycopg.connect(own_cluster.url("postgres"), autocommit=True) as connection:
        for role in ("maraude_owner", "maraude_app"):
            connection.execute(f"DROP ROLE {role}".encode())
    well(type_in(f"PGUSER=maraude {_ROLES}", surroundings))
    well(type_in(written_under("PostgreSQL: restore"), surroundings))
    assert "Les Quais" in well(type_in("maraude org list", surroundings))


def test_postgresql_is_not_copied_by_the_commands_for_sqlite(tmp_path: Path) -> None:
    elsewhere = environment(tmp_path) | {"MARAUDE_DATABASE_URL": "postgresql://maraude_app@/maraude"}
    done = type_in(written_under("SQLite: back up"), elsewhere)
    assert done.returncode == 1
    assert "pg_dump" in done.stderr
