"""Ending a key period may die at any statement: run again, it ends with the same numbers, and with nothing to link."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select

from app.clock import utc_now
from app.db import migrate
from app.db.engine import Database
from app.db.table import table_of
from app.db.writer import Writer
from app.encounters.models import Encounter
from app.http.context import Context
from app.keyring import Keyring
from app.metrics.people.models import PersonsKept
from app.referrals.models import Referral
from app.settings import Settings
from tests import make, members, places, planted, postgres

_FIRST = 25
_FURTHER = float(os.environ.get("CLOSING_FURTHER", "0.9"))
"""How much further each run gets before it dies; `CLOSING_FURTHER=0.02` kills at nearly every statement."""
_CARDS = 12


async def _fill(settings: Settings) -> set[bytes]:
    """Live through a few nights of 2025; return their seals, and the id of a referral that one of them takes up."""
    database = Database(settings)
    context = Context(settings, utc_now, Keyring(settings.keys_dir), database, Writer(database, 1_000))
    await places.seeded(context)
    house = await members.found(context)
    seals = [context.keyring.seal(2025, make.code()) for _ in range(_CARDS)]
    nights = [datetime(2025, 3, 1, 21, tzinfo=UTC) + timedelta(days=40 * n) for n in range(4)]
    await planted.plant(context, Encounter, [planted.encounter(house, at, link_id=s) for at in nights for s in seals])
    taken_up = uuid4()
    again = planted.referral(house, nights[0], previous_referral_id=taken_up, link_id=seals[0])
    await planted.plant(context, Referral, [again])
    await database.close()
    return {*seals, taken_up.bytes}


async def _left(settings: Settings) -> tuple[int, int]:
    """Return how many encounters carry a link, and how many persons were kept for the year."""
    database = Database(settings)
    encounter, kept = table_of(Encounter).c, table_of(PersonsKept).c
    async with database.reading() as session:
        links = len((await session.scalars(select(encounter.link_id).where(encounter.link_id.is_not(None)))).all())
        year = select(kept.persons).where(kept.span == "year", kept.first_day == date(2025, 1, 1))
        persons = max(await session.scalars(year), default=-1)
    await database.close()
    return links, persons


@contextmanager
def _ending(settings: Settings) -> Iterator[Callable[[int], int]]:
    """Give what ends the period of 2025 in a process that dies before a statement; it returns the exit status."""
    given = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    command = [sys.executable, "-m", "tests.faults.closing", "2025"]
    piped = subprocess.PIPE
    with subprocess.Popen(command, env=os.environ | given, stdin=piped, stdout=piped, text=True) as process:

        def end(fatal: int) -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{fatal}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield end
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def installation(empty_database_url: str, tmp_path: Path) -> tuple[Settings, set[bytes]]:
    settings = Settings(database_url=empty_database_url, keys_dir=tmp_path / "keys")
    migrate.upgrade(settings)
    return settings, asyncio.run(_fill(settings))


def test_killed_at_any_statement_and_run_again_it_ends_as_if_nothing_had_happened(
    installation: tuple[Settings, set[bytes]],
) -> None:
    settings, _ = installation
    fatal, died = _FIRST, 0
    with _ending(settings) as end:
        while (ended := end(fatal)) == -signal.SIGKILL:
            died += 1
            fatal += max(1, int(fatal * _FURTHER))  # further each time: what is done already is not done again
    assert ended == 0
    assert died >= 2
    assert asyncio.run(_left(settings)) == (0, _CARDS)
    assert {path.name for path in settings.keys_dir.glob("period-2025*")} == {
        "period-2025.closed",
        "period-2025.destroyed",
    }


def test_nothing_of_the_period_is_found_in_the_files_of_postgresql(
    own_cluster: postgres.Cluster, tmp_path: Path
) -> None:
    settings = Settings(database_url=own_cluster.create("ending"), keys_dir=tmp_path / "keys")
    migrate.upgrade(settings)
    seals = asyncio.run(_fill(settings))
    with psycopg.connect(own_cluster.url("ending").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
    assert _found(own_cluster.folder / "data" / "base", seals) == seals
    with _ending(settings) as end:
        assert end(0) == 0
    with psycopg.connect(own_cluster.url("ending").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CHECKPOINT")  # files that were replaced are removed by the next one
    assert _found(own_cluster.folder / "data" / "base", seals) == set()


def _found(folder: Path, seals: set[bytes]) -> set[bytes]:
    copy = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return {seal for seal in seals if seal in copy or seal[1:] in copy}
