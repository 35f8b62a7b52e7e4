"""What every test may ask for. The same tests run on SQLite and on PostgreSQL, each module on a database of its own."""

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.db import migrate
from app.db.engine import Database
from app.http.context import Context
from app.settings import Settings
from tests import postgres
from tests.clock import NIGHT, SetClock
from tests.lacking import go_without
from tests.openapi_checks import CheckedTransport, Contract

_TESTS = Path(__file__).parent
_FROZEN = _TESTS.parent / "openapi" / "v1.json"
_MANY_SHORT = ("api", "architecture", "unit")
"""Folders of many short tests."""
_numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put folders of long tests first: workers take files in this order, and none is left alone with a long one."""
    ranks = {folder: rank for rank, folder in enumerate(_MANY_SHORT, 1)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(_TESTS).parts[0], 0))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A PostgreSQL server; without one CI fails, and a machine of one's own says so and goes on."""
    try:
        with postgres.server() as server:
            yield server
    except postgres.NoPostgresError as error:
        go_without(str(error))


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL of this module's own, for what concerns a whole server: its roles, its crashes."""
    try:
        cluster = postgres.Cluster()
    except postgres.NoPostgresError as error:
        go_without(str(error))
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "maraude.db"
    _prepare(Settings(database_url=f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: postgres.Server) -> Iterator[str]:
    """The name of a migrated PostgreSQL database, to be copied."""
    name = f"maraude_{os.getpid()}_template"
    _prepare(Settings(database_url=postgresql.create(name)))
    yield name
    postgresql.drop(name)


def _prepare(settings: Settings) -> None:
    """Migrate an empty database and add what every installation starts with."""
    migrate.upgrade(settings)
    asyncio.run(_seed(settings))


async def _seed(settings: Settings) -> None:
    from app.directory.service import seed

    database = Database(settings, pooled=False)
    async with database.writing() as session:
        await seed(session, NIGHT)
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, for this test alone."""
    yield from _empty(request, tmp_path / "empty.db", request.param)


@pytest.fixture
def other_database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_database_url: str) -> Iterator[str]:
    """A second empty database of the same kind."""
    yield from _empty(request, tmp_path / "other.db", empty_database_url.partition(":")[0])


def _empty(request: pytest.FixtureRequest, path: Path, kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{path}"
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    name = f"maraude_{os.getpid()}_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of this module's own."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "maraude.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template: str = request.getfixturevalue("postgresql_template")
    server: postgres.Server = request.getfixturevalue("postgresql")
    name = f"maraude_{os.getpid()}_{next(_numbers)}"
    yield server.create(name, template)
    server.drop(name)


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on this module's database, with keys of its own."""
    return Settings(
        database_url=database_url,
        keys_dir=tmp_path_factory.mktemp("keys"),
        anchors_dir=tmp_path_factory.mktemp("anchors"),
        sqlite_synchronous="OFF",
        sweep_interval_s=86_400,
        refresh_interval_s=86_400,
        rate_scale=1_000,  # whole modules ask within seconds, from one address
        query_budget=1_000_000,
    )


@pytest.fixture(scope="module")
def clock() -> SetClock:
    """The service's time; each test starts on a Monday evening."""
    return SetClock()


@pytest.fixture(autouse=True)
def _clock_starts_over(clock: SetClock) -> None:
    clock.now = NIGHT


@pytest.fixture(scope="module")
async def app(settings: Settings, clock: SetClock) -> AsyncIterator[FastAPI]:
    """The running application."""
    from app.main import create_app

    made = create_app(settings, clock=clock)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture(scope="module")
def context(app: FastAPI) -> Context:
    """What the running application is made of."""
    held: Context = app.state.context
    return held


@pytest.fixture(scope="module")
def contract(app: FastAPI) -> Contract:
    """The API document that every exchange is held against."""
    return _frozen_contract() if _FROZEN.exists() else Contract(app.openapi())


@cache
def _frozen_contract() -> Contract:
    document: dict[str, Any] = json.loads(_FROZEN.read_text())
    return Contract(document)


@pytest.fixture(scope="module")
async def client(app: FastAPI, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """A caller nobody knows yet; what it is answered is held against the API document."""
    transport = CheckedTransport(httpx.ASGITransport(app=app), contract)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as caller:
        yield caller
