"""While the database is away the service says so, and when it is back it goes on as if nothing had been."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from app.clock import utc_now
from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.settings import Settings
from tests import make, members, places, postgres
from tests.faults.conftest import new_database
from tests.faults.running import Service, beside
from tests.street import rows

BACK_WITHIN_S = 15


@pytest.fixture(scope="module")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own, on a server that may be crashed."""
    with new_database(request, tmp_path_factory, "postgresql", durable=True) as url:
        yield url


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(database_url=database_url, keys_dir=tmp_path_factory.mktemp("keys"), sweep_interval_s=0.5)


@pytest.fixture
async def context(settings: Settings) -> Context:
    made = beside(settings)
    await places.seeded(made)
    return made


@pytest.fixture
async def phone(settings: Settings, context: Context, tmp_path: Path) -> AsyncIterator[Device]:
    """A phone of a team, and the service it speaks to."""
    service = Service(settings, tmp_path / "service.log")
    service.start()
    async with httpx.AsyncClient(base_url=service.url, timeout=20) as client:
        yield await members.enrolled(client, context, await members.found(context))
    service.stop()
    logged = (tmp_path / "service.log").read_text()
    assert "Traceback" not in logged
    assert "unforeseen" not in logged, [line for line in logged.splitlines() if "unforeseen" in line]


def met() -> make.Json:
    return make.encounter(occurred_at=utc_now())


async def post(phone: Device, item: make.Json) -> httpx.Response:
    return await phone.post("/v1/encounters", json=make.envelope([item], utc_now()))


def is_away(answer: httpx.Response) -> bool:
    """Said so, with when to try again."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unavailable"
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0


async def until_back(phone: Device, item: make.Json) -> str:
    """Send until it is taken; return the outcome. Whatever comes before is a clear no."""
    until = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < until:
        answer = await post(phone, item)
        if answer.status_code == 200:
            outcome: str = answer.json()["results"][0]["outcome"]
            return outcome
        assert is_away(answer)
        await asyncio.sleep(0.1)
    pytest.fail("the service did not recover")


async def test_after_a_crash_nothing_acknowledged_is_missing(
    phone: Device, context: Context, durable: postgres.Cluster
) -> None:
    before, during, after = (met() for _ in range(3))
    assert (await post(phone, before)).json()["results"][0]["outcome"] == "created"
    durable.crash()
    try:
        for path in ("/healthz", "/v1/changes", "/v1/referrals"):
            assert is_away(await phone.get(path))
        assert is_away(await post(phone, during))
    finally:
        durable.start()
    assert await until_back(phone, during) == "created"
    assert await until_back(phone, before) == "unchanged"
    assert await until_back(phone, after) == "created"
    for path in ("/healthz", "/v1/changes", "/v1/referrals"):
        assert (await phone.get(path)).status_code == 200
    for item in (before, during, after):
        assert len(await rows(context, Encounter, id=UUID(item["id"]))) == 1


async def test_a_connection_cut_by_the_administrator_is_replaced(phone: Device, settings: Settings) -> None:
    for _ in range(3):
        assert await until_back(phone, met()) == "created"
        with psycopg.connect(settings.database_url, autocommit=True) as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    assert await until_back(phone, met()) == "created"


async def test_a_writer_that_must_wait_stops_nobody_who_reads_and_takes_no_more_than_it_can_hold(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Somebody else holds SQLite's one lock for a while."""
    path = tmp_path / "held.db"
    await asyncio.to_thread(shutil.copyfile, sqlite_template, path)
    settings = Settings(database_url=f"sqlite:///{path}", keys_dir=tmp_path / "keys", queue_limit=500)
    context = beside(settings)
    await places.seeded(context)
    service = Service(settings, tmp_path / "service.log")
    service.start()
    try:
        async with httpx.AsyncClient(base_url=service.url, timeout=20) as client:
            phone = await members.enrolled(client, context, await members.found(context))
            batches = [make.envelope([met() for _ in range(size)], utc_now()) for size in (1, 400, 400)]
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                waiting = asyncio.create_task(phone.post("/v1/encounters", json=batches[0]))
                await asyncio.sleep(0.2)
                assert (await phone.get("/v1/changes")).status_code == 200
                queued = asyncio.create_task(phone.post("/v1/encounters", json=batches[1]))
                await asyncio.sleep(0.2)
                assert is_away(await phone.post("/v1/encounters", json=batches[2]))
                assert not waiting.done()
                assert not queued.done()
            for answer in (await waiting, await queued, await phone.post("/v1/encounters", json=batches[2])):
                assert {verdict["outcome"] for verdict in answer.json()["results"]} == {"created"}
    finally:
        service.stop()
