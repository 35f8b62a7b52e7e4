"""Two associations ask two processes for the last places of one facility at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from app.audit.service import first_broken
from app.demo.device import Device
from app.http.context import Context
from tests import members, places
from tests.faults.running import Service
from tests.holds import ask, asked, ended, held, listed, referred, report
from tests.street import notes

FREE = 4


@dataclass(frozen=True)
class Door:
    """A rest room with its desk, and the phones of two associations, each speaking to one of the processes."""

    room: UUID
    desk: Device
    houses: list[members.House]
    phones: list[Device]


@pytest.fixture
async def door(workers: list[Service], context: Context) -> AsyncIterator[Door]:
    clients = [httpx.AsyncClient(base_url=worker.url, timeout=20) for worker in workers]
    operator, *houses = [await members.found(context) for _ in range(3)]
    room = await places.opened(context, operator)
    desk = await places.desk(clients[-1], context, operator, room)
    speaking = clients * (8 // len(clients))
    phones = [await members.enrolled(client, context, house) for house in houses for client in speaking]
    yield Door(room, desk, houses, phones)
    for client in clients:
        await client.aclose()


async def test_the_last_places_are_held_once_whoever_asks_whichever_process(door: Door, context: Context) -> None:
    await report(door.desk, places_free=FREE)
    wanted = [asked(await referred(phone), door.room) for phone in door.phones]
    answers = await asyncio.gather(*map(ask, door.phones, wanted))
    assert sorted(answer.status_code for answer in answers) == [200] * FREE + [409] * (len(wanted) - FREE)
    assert len(await listed(door.desk)) == FREE
    refused = [note for house in door.houses for note in await notes(context, house.org_id, "hold.refuse")]
    assert [note["obstacle"] for note in refused] == ["no_place"] * (len(wanted) - FREE)
    async with context.database.reading() as session:
        for house in door.houses:
            assert await first_broken(session, context.keyring, house.org_id) is None


async def test_what_comes_free_in_one_process_is_held_once_through_another(door: Door) -> None:
    await report(door.desk, places_free=FREE)
    holders, others = door.phones[:: len(door.phones) // FREE], door.phones
    holds = [await held(phone, await referred(phone), door.room) for phone in holders]
    wanted = [asked(await referred(phone), door.room) for phone in others]
    ways = ("arrived", "refused", "cancelled")
    leaving: list[Awaitable[object]] = [
        ended(phone, hold["referral_id"], way) for phone, hold, way in zip(holders, holds, ways, strict=False)
    ]
    leaving.append(door.desk.request("DELETE", f"/v1/capacity/holds/{holds[-1]['id']}"))
    await asyncio.gather(*map(ask, others, wanted), *leaving)
    assert len(await listed(door.desk)) <= FREE
    again = await asyncio.gather(*map(ask, others, wanted))
    assert sorted(answer.status_code for answer in again) == [200] * FREE + [409] * (len(wanted) - FREE)
    assert set(await listed(door.desk)) == {
        one["id"] for one, answer in zip(wanted, again, strict=True) if answer.status_code == 200
    }
