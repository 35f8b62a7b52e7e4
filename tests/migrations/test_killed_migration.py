"""A migration that is killed at any statement leaves the database as it was, and the next one succeeds."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.db import migrate
from app.settings import Settings
from tests.migrations import catalogue

_KILLS = int(os.environ.get("MIGRATION_KILLS", "12"))
"""Spread evenly over the statements; `MIGRATION_KILLS=1000 make test ARGS=tests/migrations` kills at every one."""


class Killer:
    """The process whose children migrate and die."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def migrate(self, fatal: int) -> tuple[int, int]:
        """Return (statements begun, signal the child died of); `fatal` 0 lets it live."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{fatal}\n")
        self._process.stdin.flush()
        statements, died_of = self._process.stdout.readline().split()
        return int(statements), int(died_of)


@contextmanager
def _killer(database_url: str, direction: str, revision: str, folder: Path) -> Iterator[Killer]:
    program = [sys.executable, "-m", "tests.migrations.killed"]
    command = [*program, database_url, direction, revision, str(folder / "tally")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Killer(process)
        assert process.stdin
        process.stdin.close()


@pytest.mark.parametrize(("direction", "revision"), [("upgrade", "head"), ("downgrade", "base")])
def test_a_migration_killed_at_any_statement_changes_nothing(
    empty_database_url: str, direction: str, revision: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=empty_database_url)
    if direction == "downgrade":
        migrate.upgrade(settings)
    before, revision_before = catalogue.read(empty_database_url), migrate.current(settings)
    with _killer(empty_database_url, direction, revision, tmp_path) as killer:
        statements, died_of = killer.migrate(fatal=1_000_000)  # before COMMIT
        step = max(1, statements // _KILLS)
        for fatal in [*range(1, statements, step), statements]:
            assert died_of == signal.SIGKILL
            assert catalogue.read(empty_database_url) == before
            assert migrate.current(settings) == revision_before
            died_of = killer.migrate(fatal)[1]
        assert killer.migrate(fatal=0)[1] == 0
    assert migrate.current(settings) == (migrate.expected() if direction == "upgrade" else None)
    assert catalogue.read(empty_database_url) != before
