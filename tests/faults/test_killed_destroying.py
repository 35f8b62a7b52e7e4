"""Destroying a key may die between any two things it does to files: run again, key, copies and stragglers are gone."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app.clock import utc_now
from app.closing.service import Closer
from app.closing.vocabulary import PeriodState
from app.db import migrate
from app.db.engine import Database
from app.db.table import table_of
from app.encounters.models import Encounter
from app.http.context import Context
from app.keyring import Keyring, seals_of
from app.settings import Settings
from tests import make, members, places, planted
from tests.faults.running import beside
from tests.members import House

_FEWEST_STEPS = 12
"""A marker, an unfinished key and the key: each opened, overwritten, synced and removed, and the folder after them."""
_GONE = {"period-2025.closed", "period-2025.destroyed"}


async def _close(settings: Settings) -> tuple[House, bytes]:
    """Live through an evening of 2025 and close its period; return who lived it, and a seal of it."""
    context = beside(settings)
    await places.seeded(context)
    house = await members.found(context)
    seal = context.keyring.seal(2025, make.code())
    await Closer(context.database, context.keyring, utc_now).close(2025, early="a test")
    await context.database.close()
    return house, seal


async def _straggle(context: Context, house: House, seal: bytes) -> None:
    """Store what a worker sealed before the period closed and had not written yet."""
    at = datetime(2025, 3, 1, 21, tzinfo=UTC)
    await planted.plant(context, Encounter, [planted.encounter(house, at, link_id=seal)])


async def _linked(database: Database) -> int:
    counted = select(func.count()).where(table_of(Encounter).c.link_id.between(*seals_of(2025)))
    async with database.reading() as session:
        return int((await session.execute(counted)).scalar_one())


async def _state(closer: Closer) -> PeriodState:
    return next(one.state for one in await closer.list_periods() if one.year == 2025)


class _Dying:
    """Children that destroy the period and die at a step."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def at(self, step: int) -> int:
        """Return how a child that was to die at a step ended."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(f"{step}\n")
        self._running.stdin.flush()
        return int(self._running.stdout.readline())


@contextmanager
def _children(settings: Settings) -> Iterator[_Dying]:
    given = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    command = [sys.executable, "-m", "tests.faults.destroying", "2025"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=os.environ | given, text=True, stdin=pipe, stdout=pipe) as running:
        yield _Dying(running)


@pytest.fixture
def settings(empty_database_url: str, tmp_path: Path) -> Settings:
    made = Settings(database_url=empty_database_url, keys_dir=tmp_path / "keys")
    migrate.upgrade(made)
    return made


def _as_it_was(settings: Settings, kept: Path) -> list[Path]:
    """Put the keys of the closed period back, with a key somebody died making; return what must go."""
    shutil.rmtree(settings.keys_dir)
    shutil.copytree(kept, settings.keys_dir)
    unfinished = settings.keys_dir / ".period-2025.key.0123456789abcdef"
    unfinished.write_bytes(bytes(32))
    unfinished.chmod(0o400)
    must_go = [unfinished, settings.keys_dir / "period-2025.key"]
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        must_go.append(Path(f"{url.database}.at-0001"))
        must_go[-1].write_bytes(b"what the database held before a migration")
    return must_go


def test_killed_at_any_file_and_run_again_it_ends_destroyed(settings: Settings, tmp_path: Path) -> None:
    house, seal = asyncio.run(_close(settings))
    kept = tmp_path / "kept"
    shutil.copytree(settings.keys_dir, kept)
    step, left_behind = 1, set[frozenset[str]]()
    with _children(settings) as children:
        while True:
            must_go = _as_it_was(settings, kept)
            context = beside(settings)
            asyncio.run(_straggle(context, house, seal))
            ended = children.at(step)
            if ended == 0:
                break
            assert ended == signal.SIGKILL
            left_behind.add(frozenset(path.name for path in must_go if path.exists()))
            asyncio.run(_run_again(settings, must_go))
            step += 1
    assert step > _FEWEST_STEPS
    assert len(left_behind) >= len(must_go) + 1  # it died between each two of those that go
    asyncio.run(_gone(settings, must_go))


async def _run_again(settings: Settings, must_go: list[Path]) -> None:
    database = Database(settings)
    await Closer(database, Keyring(settings.keys_dir), utc_now).destroy(2025, grace_s=0)
    await database.close()
    await _gone(settings, must_go)


async def _gone(settings: Settings, must_go: list[Path]) -> None:
    """Hold that nothing of the period is left anywhere."""
    database = Database(settings)
    assert [path.name for path in must_go if path.exists()] == []
    assert {path.name for path in settings.keys_dir.iterdir() if "2025" in path.name} == _GONE
    assert await _linked(database) == 0
    assert await _state(Closer(database, Keyring(settings.keys_dir), utc_now)) is PeriodState.destroyed
    await database.close()


_BY_ITS_OWNER = """
import os, sys
from pathlib import Path
from app.keyring import Keyring
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[2]))
keyring = Keyring(Path("keys"))
keyring.key("period-2025")
for _ in range(2):
    keyring.close_period(2025)
for _ in range(2):
    keyring.destroy_period(2025)
print(sorted(os.listdir("keys")))
"""


def test_whom_the_keys_belong_to_may_begin_each_step_again_without_being_root(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() == 0:
        os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    command = [sys.executable, "-c", _BY_ITS_OWNER, str(tmp_path), str(nobody.pw_uid), str(nobody.pw_gid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == str(sorted(_GONE))
