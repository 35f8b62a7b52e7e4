"""Databases, processes that serve them, and a city on them."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.db import migrate
from app.demo.device import Device
from app.http.context import Context
from app.settings import Settings
from tests import members, places, postgres
from tests.faults.running import Service, beside
from tests.lacking import go_without

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def durable() -> Iterator[postgres.Cluster]:
    """A PostgreSQL of our own which syncs what it commits, and which tests may crash."""
    try:
        cluster = postgres.Cluster(durable=True)
    except postgres.NoPostgresError as error:
        go_without(str(error))
    try:
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def durable_template(durable: postgres.Cluster) -> str:
    """The name of a migrated database there, to be copied."""
    migrate.upgrade(Settings(database_url=durable.create("template")))
    return "template"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database for all tests that harm it no further."""
    with new_database(request, tmp_path_factory, request.param) as url:
        yield url


@contextmanager
def new_database(
    request: pytest.FixtureRequest, folders: pytest.TempPathFactory, kind: str, *, durable: bool = False
) -> Iterator[str]:
    """Give a fresh one; `durable` takes it from the PostgreSQL that syncs what it commits."""
    if kind == "sqlite":
        path = folders.mktemp("database") / "maraude.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: postgres.Server = request.getfixturevalue("durable" if durable else "postgresql")
    name = f"faults_{os.getpid()}_{next(_numbers)}"
    yield server.create(name, request.getfixturevalue("durable_template" if durable else "postgresql_template"))
    server.drop(name)


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as in production, but for the sweep, which tests start themselves."""
    return Settings(
        database_url=database_url,
        keys_dir=tmp_path_factory.mktemp("keys"),
        anchors_dir=tmp_path_factory.mktemp("anchors"),
        sweep_interval_s=86_400,
    )


@pytest.fixture(scope="session")
def context(settings: Settings) -> Context:
    """What an administrator works with beside the running service."""
    made = beside(settings)
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of its own
        elsewhere.submit(asyncio.run, places.seeded(made)).result()
    return made


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every process writes its log lines."""
    return tmp_path_factory.mktemp("log") / "service.log"


@pytest.fixture(scope="session")
def workers(settings: Settings, context: Context, log: Path) -> Iterator[list[Service]]:  # noqa: ARG001 - seeded first
    """The processes that serve the database: one on SQLite, two on PostgreSQL."""
    count = 1 if settings.database_url.startswith("sqlite") else 2
    running = [Service(settings, log) for _ in range(count)]
    with ThreadPoolExecutor() as starting:
        list(starting.map(Service.start, running))
    yield running
    for one in running:
        one.stop()


@dataclass(frozen=True)
class Street:
    """An association, its phone, and the processes that serve it; `clients[n]` speaks to process n."""

    house: members.House
    phone: Device
    clients: list[httpx.AsyncClient]

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.phone.token}"}


@pytest.fixture
async def street(workers: list[Service], context: Context) -> AsyncIterator[Street]:
    """An association of this test's own."""
    clients = [httpx.AsyncClient(base_url=worker.url, timeout=20) for worker in workers]
    house = await members.found(context)
    phone = await members.enrolled(clients[0], context, house)
    yield Street(house, phone, clients)
    for client in clients:
        await client.aclose()
