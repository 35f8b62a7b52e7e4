"""Whatever two associations do at once through two applications, no place is held twice and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.device import Device
from app.http.context import Context
from app.settings import Settings
from tests import crowd, members, places
from tests.clock import NIGHT, SetClock
from tests.effort import examples
from tests.holds import ENDINGS, ask, asked, ended, listed, referred, report

_ROUNDS = 4
_MINUTE = timedelta(minutes=1)
_WAYS = [*ENDINGS, "given up by the team", "given up by the desk"]


@dataclass(frozen=True)
class Scene:
    """Sixteen phones, and who operates the facilities."""

    client: httpx.AsyncClient
    context: Context
    operator: members.House
    phones: list[Device]


@dataclass
class Door:
    """A facility of one example; the holds that were given out, each with its phone, its referral and its end."""

    room: UUID
    desk: Device
    free: int
    given: dict[str, tuple[Device, str, int]] = field(default_factory=dict)

    def live(self, minute: int) -> list[str]:
        return [one for one, (_, _, until) in self.given.items() if minute < until]

    async def leave(self, one: str, way: str) -> None:
        phone, referral_id, _ = self.given.pop(one)
        if way in ENDINGS:
            await ended(phone, referral_id, way)
            return
        giver = self.desk if way.endswith("desk") else phone
        assert (await giver.request("DELETE", f"/v1/capacity/holds/{one}")).status_code == 200


@pytest.fixture(scope="module")
async def scene(
    settings: Settings, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> AsyncIterator[Scene]:
    await places.seeded(context)
    async with crowd.gathered(settings, context, clock) as phones:
        yield Scene(client, context, await members.found(context), phones)


@examples(4)
@given(st.integers(0, 2**32 - 1))
async def test_no_place_is_held_twice_and_none_is_lost(scene: Scene, clock: SetClock, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - the same rounds for the same seed
    clock.now = NIGHT
    room = await places.opened(scene.context, scene.operator)
    door = Door(room, await places.desk(scene.client, scene.context, scene.operator, room), chance.randint(1, 6))
    await report(door.desk, places_free=door.free)
    minute = 0
    for _ in range(_ROUNDS):
        before = door.live(minute)
        going = chance.sample(before, chance.randint(0, len(before)))
        asking = []
        for phone in chance.sample(scene.phones, chance.randint(1, 8)):
            minutes = chance.choice([5, 10, 60])
            asking.append((phone, asked(await referred(phone), door.room, minutes=minutes)))
        leaving = [door.leave(one, chance.choice(_WAYS)) for one in going]
        answers = (await asyncio.gather(*(ask(*one) for one in asking), *leaving))[: len(asking)]
        for (phone, wanted), answer in zip(asking, answers, strict=True):
            assert answer is not None
            assert answer.status_code in {200, 409}
            if answer.status_code == 200:
                door.given[wanted["id"]] = phone, wanted["referral_id"], minute + wanted["minutes"]
        got = sum(wanted["id"] in door.given for _, wanted in asking)
        left = door.free - len(before)
        assert min(len(asking), left) <= got <= min(len(asking), left + len(going)), "a place was lost, or held twice"
        assert set(await listed(door.desk)) == set(door.live(minute))
        minute += chance.choice([0, 4, 5, 6, 30])
        clock.now = NIGHT + minute * _MINUTE
        assert set(await listed(door.desk)) == set(door.live(minute)), "time alone releases a hold"
