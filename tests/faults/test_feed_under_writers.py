"""Who follows the feed while many write misses nothing, however late a transaction commits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from app.clock import utc_now
from app.demo.device import Device
from app.http.context import Context
from app.main import create_app
from app.settings import Settings
from tests import make, members, places
from tests.faults.conftest import new_database
from tests.street import changes, store

WRITERS = 8
BATCHES = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own."""
    with new_database(request, tmp_path_factory, request.param) as url:
        yield url


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        keys_dir=tmp_path_factory.mktemp("keys"),
        sweep_interval_s=86_400,
        refresh_interval_s=86_400,  # a feed waits for whoever still writes: this is about phones that write
        write_connections=2,
        read_connections=3,
    )


@dataclass(frozen=True)
class Followed:
    """A team whose phones each speak to an application of their own, over one database."""

    contexts: list[Context]
    phones: list[Device]


@pytest.fixture
async def team(settings: Settings) -> AsyncIterator[Followed]:
    async with AsyncExitStack() as running:
        apps = [create_app(settings) for _ in range(WRITERS + 1)]
        clients = []
        for app in apps:
            await running.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
            clients.append(await running.enter_async_context(client))
        contexts: list[Context] = [app.state.context for app in apps]
        await places.seeded(contexts[0])
        house = await members.found(contexts[0])
        yield Followed(contexts, [await members.enrolled(client, contexts[0], house) for client in clients])


async def write(phone: Device, written: set[str]) -> None:
    """Post referrals, and answer them: every change moves to the end of the feed."""
    for _ in range(BATCHES):
        batch = [make.lone_referral(kind="emergency_housing", occurred_at=utc_now()) for _ in range(3)]
        await store(phone, "referrals", *batch)
        written.update(one["id"] for one in batch)
        answers = [make.event(referral_id=one["id"], state="accepted", occurred_at=utc_now()) for one in batch]
        await store(phone, "referral-events", *answers)


async def follow(phone: Device, stop: asyncio.Event) -> dict[str, str]:
    """Pull until told to stop and nothing is left; return {referral: the state last told}."""
    told: dict[str, str] = {}
    cursor: str | None = None
    while True:
        ending = stop.is_set()
        page = await changes(phone, cursor, 7)
        told |= {one["id"]: one["state"] for one in page["referrals"]}
        if ending and page["next"] == cursor:
            return told
        cursor = page["next"]
        await asyncio.sleep(0 if page["more"] else 0.002)


async def test_the_feed_tells_of_every_change(team: Followed) -> None:
    stop = asyncio.Event()
    written: set[str] = set()
    followers = [asyncio.create_task(follow(team.phones[-1], stop)) for _ in range(2)]
    await asyncio.gather(*(write(phone, written) for phone in team.phones[:WRITERS]))
    stop.set()
    for told in await asyncio.gather(*followers):
        assert len(written) == WRITERS * BATCHES * 3
        assert told == dict.fromkeys(written, "accepted")


async def test_a_transaction_that_commits_late_is_not_skipped(team: Followed) -> None:
    """Made certain: one writer has its place in the order and waits, another commits behind it."""
    from app.db.portability import commit_position
    from app.referrals import queries

    slow, quick = (make.lone_referral(occurred_at=utc_now()) for _ in range(2))
    await store(team.phones[0], "referrals", slow)
    context, reader = team.contexts[0], team.phones[-1]
    cursor = (await changes(reader))["next"]
    while (page := await changes(reader, cursor))["more"]:
        cursor = page["next"]
    cursor = page["next"]
    async with context.database.writing() as session:
        position = await commit_position(await session.connection())
        [standing] = await queries.by_ids(session, {UUID(slow["id"])})
        row = {"org_id": standing.org_id, "id": standing.id, "position": position}
        await queries.set_referrals(session, [row])
        posting = asyncio.create_task(store(team.phones[1], "referrals", quick))
        await asyncio.sleep(0.2)
        meanwhile = await changes(reader, cursor)
    await posting
    page = await changes(reader, meanwhile["next"])
    told = [one["id"] for one in meanwhile["referrals"] + page["referrals"]]
    assert sorted(told) == sorted([slow["id"], quick["id"]])
