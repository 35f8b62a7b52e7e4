"""The writer: whoever waits shares a transaction, and nobody suffers for a neighbour."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from app import errors
from app.db.engine import WriteSession
from app.db.writer import Writer
from app.http.context import Context


class Store:
    """Stores nothing, slowly, and remembers with whom each request came."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, session: WriteSession, requests: Sequence[str]) -> list[str]:
        await session.connection()
        self.groups.append(list(requests))
        await self.gate.wait()
        if "poison" in requests:
            raise ValueError
        if "full" in requests:
            raise errors.storage_full()
        return [f"{request} stored" for request in requests]


@pytest.fixture
async def writer(context: Context) -> AsyncIterator[Writer]:
    made = Writer(context.database, queue_limit=50)
    made.start()
    yield made
    await made.stop()


async def blocked(writer: Writer, store: Store) -> list["asyncio.Task[str]"]:
    """Keep every task of the writer busy; return the requests they are busy with."""
    store.gate.clear()
    busy = []
    for number in range(4):
        busy.append(asyncio.create_task(writer.store(store, f"busy {number}", 1)))
        await asyncio.sleep(0.02)
    return busy


async def test_a_lone_request_starts_at_once(writer: Writer) -> None:
    store = Store()
    assert await writer.store(store, "alone", 1) == "alone stored"
    assert store.groups == [["alone"]]


async def test_requests_that_wait_share_the_next_transaction(writer: Writer) -> None:
    store = Store()
    busy = await blocked(writer, store)
    waiting = [asyncio.create_task(writer.store(store, f"waiting {number}", 1)) for number in range(9)]
    await asyncio.sleep(0.02)
    begun = len(store.groups)
    store.gate.set()
    assert await asyncio.gather(*waiting) == [f"waiting {number} stored" for number in range(9)]
    await asyncio.gather(*busy)
    assert [f"waiting {number}" for number in range(9)] == [
        request for group in store.groups[begun:] for request in group if request.startswith("waiting")
    ]
    assert len(store.groups) <= begun + 2


async def test_a_poisoned_request_fails_alone(writer: Writer) -> None:
    store = Store()
    busy = await blocked(writer, store)
    requests = ["first", "poison", "last"]
    waiting = [asyncio.create_task(writer.store(store, request, 1)) for request in requests]
    await asyncio.sleep(0.02)
    store.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[0] == "first stored"
    assert isinstance(answers[1], ValueError)
    assert answers[2] == "last stored"
    assert await asyncio.gather(*busy) == [f"busy {number} stored" for number in range(4)]


async def test_an_outage_is_told_to_all_without_trying_one_by_one(writer: Writer) -> None:
    store = Store()
    busy = await blocked(writer, store)
    waiting = [asyncio.create_task(writer.store(store, request, 1)) for request in ("first", "full", "last")]
    await asyncio.sleep(0.02)
    store.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*busy, return_exceptions=True)  # some of them waited in the same group
    assert [answer.kind for answer in answers if isinstance(answer, errors.Problem)] == [errors.storage_full] * 3
    assert sum("full" in group for group in store.groups) == 1


async def test_too_much_waiting_is_refused_at_once(writer: Writer) -> None:
    store = Store()
    busy = await blocked(writer, store)
    waiting = asyncio.create_task(writer.store(store, "large", 45))
    await asyncio.sleep(0.02)
    with pytest.raises(errors.Problem) as refused:
        await writer.store(store, "one too many", 10)
    assert refused.value.kind is errors.unavailable
    store.gate.set()
    assert await waiting == "large stored"
    assert await writer.store(store, "later", 10) == "later stored"
    await asyncio.gather(*busy)


async def test_a_caller_who_goes_away_undoes_nothing(writer: Writer) -> None:
    store = Store()
    busy = await blocked(writer, store)
    gone = asyncio.create_task(writer.store(store, "gone", 1))
    stays = asyncio.create_task(writer.store(store, "stays", 1))
    await asyncio.sleep(0.02)
    gone.cancel()
    store.gate.set()
    assert await stays == "stays stored"
    await asyncio.gather(*busy)
    assert "gone" in [request for group in store.groups for request in group]


async def test_what_waits_at_the_end_is_stored_before_the_end(context: Context) -> None:
    writer, store = Writer(context.database, queue_limit=50), Store()
    writer.start()
    busy = await blocked(writer, store)
    waiting = [asyncio.create_task(writer.store(store, f"waiting {number}", 1)) for number in range(3)]
    await asyncio.sleep(0.02)
    stopping = asyncio.create_task(writer.stop())
    store.gate.set()
    await stopping
    assert await asyncio.gather(*busy, *waiting)
    with pytest.raises(errors.Problem):
        await writer.store(store, "too late", 1)
