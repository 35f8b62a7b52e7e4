"""Taking a snapshot may die at any statement: it is there whole, with its act on the log, or not at all."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.clock import utc_now
from app.db import migrate
from app.db.engine import Database
from app.db.writer import Writer
from app.http.context import Context
from app.keyring import Keyring
from app.monitoring.snapshots.models import PlanSnapshot
from app.monitoring.snapshots.service import verify
from app.settings import Settings
from tests import places, plans
from tests.street import rows

_STEP = int(os.environ.get("SNAPSHOT_STEP", "17"))
"""Statements between two deaths; `SNAPSHOT_STEP=1` dies before each."""


def _context(settings: Settings) -> Context:
    database = Database(settings, pooled=False)
    return Context(settings, utc_now, Keyring(settings.keys_dir), database, Writer(database, 1_000))


async def _fill(settings: Settings) -> None:
    context = _context(settings)
    await places.seeded(context)
    await plans.record(context, *plans.base(valid_from="2026-01-01", valid_to="2028-01-01"))
    await context.database.close()


async def _left(settings: Settings) -> tuple[int, list[str]]:
    """Return how many snapshots there are, and what is wrong with them."""
    context = _context(settings)
    stored = await rows(context, PlanSnapshot)
    reports = await verify(context.database, context.keyring)
    await context.database.close()
    return len(stored), [finding.kind.value for report in reports for finding in report.findings]


def _take(settings: Settings, fatal: int) -> int:
    given = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.snapshotting", plans.PLAN, str(fatal)]
    return subprocess.run(command, env=os.environ | given, check=False).returncode


@pytest.fixture
def settings(empty_database_url: str, tmp_path: Path) -> Settings:
    made = Settings(database_url=empty_database_url, keys_dir=tmp_path / "keys")
    migrate.upgrade(made)
    asyncio.run(_fill(made))
    return made


def test_killed_at_any_statement_and_run_again_it_is_taken_once_and_holds(settings: Settings) -> None:
    fatal, died = 1, 0
    while _take(settings, fatal) == -signal.SIGKILL:
        count, wrong = asyncio.run(_left(settings))
        assert (count in {0, 1}, wrong) == (True, [])
        died, fatal = died + 1, fatal + _STEP
        if count:  # it died after its commit
            break
    assert died >= 2
    assert _take(settings, 0) == 0
    assert asyncio.run(_left(settings)) == (1, [])
