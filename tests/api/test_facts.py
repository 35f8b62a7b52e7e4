"""Facts are what a recount would find: whatever stops, whoever writes at the same time, whatever was tampered with."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from app.db.engine import WriteSession
from app.demo.device import Device
from app.errors import Problem
from app.http.context import Context
from app.identity.vocabulary import Role
from app.marks import queries
from app.marks.models import StaleDay
from app.metrics.funnel.models import FunnelFact
from app.metrics.refreshing import FACTS, rebuild, refresh, verify
from tests import make, members
from tests.clock import NIGHT
from tests.members import House
from tests.street import rows, store

Clean = dict.fromkeys(FACTS, 0)


@pytest.fixture
async def token(context: Context, house: House) -> str:
    return await members.account_token(context, house, Role.coordinator)


async def _made(client: httpx.AsyncClient, token: str) -> int:
    """Ask how many were made in the month around the night."""
    asked = {"from": "2026-02-15", "to": "2026-03-15", "group_by": "kind"}
    answer = await client.get("/v1/metrics/funnel", params=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    made: int = answer.json()["total"]["made"]["n"]
    return made


async def _marks(context: Context, house: House) -> int:
    return len(await rows(context, StaleDay, org_id=house.org_id))


def _encounters(count: int) -> list[dict[str, Any]]:
    return [make.encounter(referrals=[make.referral()]) for _ in range(count)]


async def test_what_is_stored_is_marked_and_what_is_computed_is_not(
    phone: Device, context: Context, house: House
) -> None:
    await store(phone, "encounters", *_encounters(3))
    assert await _marks(context, house) > 0
    assert await refresh(context.database) > 0
    assert await _marks(context, house) == 0
    assert await verify(context.database) == Clean
    assert await rows(context, FunnelFact, org_id=house.org_id) != []


async def test_posting_the_same_again_marks_nothing(phone: Device, context: Context, house: House) -> None:
    items = _encounters(2)
    await store(phone, "encounters", *items)
    await refresh(context.database)
    answer = await phone.post("/v1/encounters", json=make.envelope(items, phone._clock()))
    assert {verdict["outcome"] for verdict in answer.json()["results"]} == {"unchanged"}
    assert await _marks(context, house) == 0


async def test_a_correction_to_another_day_marks_both_days(phone: Device, context: Context, house: House) -> None:
    met = make.encounter(referrals=[make.referral()])
    await store(phone, "encounters", met)
    await refresh(context.database)
    moved = {**met, "revision": 2, "occurred_at": (NIGHT - timedelta(days=2)).isoformat()}
    await store(phone, "encounters", moved)
    days = {row["day"] for row in await rows(context, StaleDay, org_id=house.org_id)}
    assert len(days) == 2
    await refresh(context.database)
    assert await verify(context.database) == Clean


async def test_an_upkeep_that_dies_half_way_loses_nothing(
    client: httpx.AsyncClient,
    phone: Device,
    context: Context,
    house: House,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await store(phone, "encounters", *_encounters(5))
    before = await _marks(context, house)

    async def die(_session: WriteSession, _org_id: UUID, _marks: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(queries, "forget", die)
        with pytest.raises(Problem):
            await refresh(context.database)
    assert await _marks(context, house) == before
    assert await _made(client, token) == 5
    await refresh(context.database)
    assert await _made(client, token) == 5
    assert await verify(context.database) == Clean


async def test_upkeep_beside_writers_leaves_no_fact_behind(
    client: httpx.AsyncClient, phone: Device, context: Context, house: House, token: str
) -> None:
    async def write() -> None:
        for _ in range(6):
            await store(phone, "encounters", *_encounters(4))

    async def keep(done: asyncio.Event) -> None:
        while not done.is_set():
            await refresh(context.database)
            await asyncio.sleep(0)

    done = asyncio.Event()
    upkeep = [asyncio.create_task(keep(done)) for _ in range(2)]
    await asyncio.gather(*(write() for _ in range(4)))
    done.set()
    await asyncio.gather(*upkeep)
    assert await _made(client, token) == 4 * 6 * 4
    await refresh(context.database)
    assert (await _marks(context, house), await verify(context.database)) == (0, Clean)
    assert await _made(client, token) == 4 * 6 * 4


async def test_a_fact_that_somebody_changed_is_found_and_mended(phone: Device, context: Context, house: House) -> None:
    await store(phone, "encounters", *_encounters(2))
    await refresh(context.database)
    async with context.database.writing() as session:
        await session.execute(update(FunnelFact).where(col(FunnelFact.org_id) == house.org_id).values(made=99))
    assert (await verify(context.database))["funnel"] > 0
    await rebuild(context.database)
    assert await verify(context.database) == Clean
