"""What happened decides; the order, the batches, the repetitions and the phones by which it arrives do not."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.device import Device
from app.http.context import Context
from app.identity.service import create_team
from app.referrals.models import Referral, ReferralEvent
from app.referrals.service import sweep
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.oracles import slots
from tests.properties.by_the_table import Added, Made, Said, add_up, fall_silent
from tests.street import caught_up, changes, contents, outcomes, post, rows

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LATER = NIGHT + 5 * _DAY
"""When it all arrives; whatever was due by then has been silent too long."""
_THE_END = NIGHT + 300 * _DAY
_KINDS = {"rest_room": ("arrived", 48 * _HOUR), "emergency_housing": ("admitted", 72 * _HOUR)}
_STEPS = [
    "requested",
    "accepted",
    "accepted",
    "waitlisted",
    "arrived",
    "arrived",
    "admitted",
    "admitted",
    "refused",
    "declined",
    "no_show",
    "cancelled",
    "entered_in_error",
    "exited",
]
_WAYS = [
    [],
    ["accepted", "arrived", "admitted", "exited"],
    ["waitlisted", "accepted", "admitted"],
    ["waitlisted", "refused"],
    ["requested", "arrived", "refused"],
    ["accepted", "no_show"],
    ["declined"],
    ["arrived"],
]
_REASONS = {
    "declined": "person_declined_service",
    "refused": "no_place",
    "waitlisted": "no_place",
    "no_show": "person_unable",
    "cancelled": "duplicate",
}
_SENDERS = ["phone", "second phone", "day phone", "rest desk", "hotel desk", "stranger"]


@dataclass(frozen=True)
class Directed:
    """A referral: alone, or in the encounter of that number."""

    kind: str
    state: str
    accompanied: bool
    encounter: int | None
    named: bool
    hour: int


@dataclass(frozen=True)
class Answer:
    """Something reported of the referral of that number."""

    referral: int
    by_slip: bool
    sender: str
    step: str
    hour: int
    written_down: int

    def may(self, directed: Directed) -> bool:
        """Say whether it is the sender's to answer."""
        if self.by_slip or self.sender in {"phone", "second phone", "day phone"}:
            return True
        return self.sender == {"rest_room": "rest desk", "emergency_housing": "hotel desk"}[directed.kind]


@dataclass(frozen=True)
class Life:
    """What really happened."""

    referrals: tuple[Directed, ...]
    answers: tuple[Answer, ...]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Some referrals that take believable ways, and what else may be said of them."""
    referrals = tuple(
        Directed(
            kind=draw(st.sampled_from(sorted(_KINDS))),
            state=draw(st.sampled_from(["offered", "requested", "requested", "requested", "declined"])),
            accompanied=draw(st.booleans()),
            encounter=draw(st.sampled_from([None, 0, 0, 1])),
            named=draw(st.booleans()),
            hour=draw(st.integers(0, 1)),
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    steps = [
        (number, step, 1 + 2 * place)
        for number in range(len(referrals))
        for place, step in enumerate(draw(st.sampled_from(_WAYS)))
    ]
    for _ in range(draw(st.integers(0, 5))):
        hour = draw(st.sampled_from([-1, 0, 1, 2, 3, 5, 47, 49, 73, 100]))
        steps.append((draw(st.integers(0, len(referrals) - 1)), draw(st.sampled_from(_STEPS)), hour))
    answers = tuple(
        Answer(
            referral=number,
            by_slip=draw(st.booleans()),
            sender=draw(st.sampled_from(_SENDERS)),
            step=step,
            hour=hour,
            written_down=draw(st.integers(0, 2)),
        )
        for number, step, hour in draw(st.permutations(steps))
    )
    return Life(referrals, answers)


@dataclass(frozen=True)
class World:
    """Everybody who sends."""

    context: Context
    clock: SetClock
    devices: dict[str, Device]
    org_id: UUID
    facilities: dict[str, UUID]


@pytest.fixture(scope="module")
async def world(client: httpx.AsyncClient, context: Context, clock: SetClock) -> World:
    clock.now = _LATER
    await places.seeded(context)
    house, operator = await members.found(context), await members.found(context, "Gestionnaire")
    async with context.database.writing() as session:
        day = await create_team(session, context.keyring, clock(), org_id=house.org_id, name="Jour", night=False)
    facilities = {kind: await places.opened(context, operator, kind=kind) for kind in _KINDS}
    devices = {
        "phone": await members.enrolled(client, context, house),
        "second phone": await members.enrolled(client, context, house),
        "day phone": await members.enrolled(client, context, members.House(house.org_id, day, house.name)),
        "rest desk": await places.desk(client, context, operator, facilities["rest_room"]),
        "hotel desk": await places.desk(client, context, operator, facilities["emergency_housing"]),
        "stranger": await members.enrolled(client, context, await members.found(context)),
    }
    return World(context, clock, devices, house.org_id, facilities)


@dataclass(frozen=True)
class Sending:
    """One item on its way."""

    sender: str
    what: str
    item: make.Json


@dataclass(frozen=True)
class Told:
    """A life in the words of devices: every telling has ids and slips of its own, in the same order."""

    referral_ids: list[str]
    event_ids: list[str]
    sendings: list[Sending]


def tell(world: World, life: Life) -> Told:
    """Put a life into items."""
    referral_ids = sorted(make.new_id() for _ in life.referrals)
    event_ids = sorted(make.new_id() for _ in life.answers)
    slips = [make.code() for _ in life.referrals]
    made = [
        make.referral(
            id=referral_id,
            kind=one.kind,
            state=one.state,
            accompanied=one.accompanied,
            slip=slip,
            facility_id=world.facilities[one.kind] if one.named else None,
        )
        | ({"reason": "other"} if one.state == "declined" else {})
        for one, referral_id, slip in zip(life.referrals, referral_ids, slips, strict=True)
    ]
    sendings = []
    for number in sorted({one.encounter for one in life.referrals if one.encounter is not None}):
        inside = [item for one, item in zip(life.referrals, made, strict=True) if one.encounter == number]
        sendings.append(Sending("phone", "encounters", make.encounter(occurred_at=NIGHT, referrals=inside)))
    for one, item in zip(life.referrals, made, strict=True):
        if one.encounter is None:
            lone = item | {"occurred_at": _at(one.hour), "territory": make.QUARTER}
            sendings.append(Sending("phone", "referrals", lone))
    for answer, event_id in zip(life.answers, event_ids, strict=True):
        named = {"slip": slips[answer.referral]} if answer.by_slip else {"referral_id": referral_ids[answer.referral]}
        common = {"id": event_id, "occurred_at": _at(answer.hour)} | named
        if answer.written_down:
            common["recorded_at"] = _at(answer.hour + answer.written_down)
        if answer.step == "exited":
            sendings.append(Sending(answer.sender, "stay-exits", common | {"destination": "street"}))
            continue
        reason = {"reason": _REASONS[answer.step]} if answer.step in _REASONS else {}
        sendings.append(Sending(answer.sender, "referral-events", common | {"state": answer.step} | reason))
    return Told(referral_ids, event_ids, sendings)


def _at(hour: int) -> str:
    return (NIGHT + hour * _HOUR).isoformat()


async def deliver(world: World, sendings: Sequence[Sending]) -> None:
    """Send items of one sender and kind together, and everybody at once."""
    batches: dict[tuple[str, str], list[make.Json]] = {}
    for sending in sendings:
        batches.setdefault((sending.sender, sending.what), []).append(sending.item)
    answered = await asyncio.gather(
        *(post(world.devices[sender], what, *items) for (sender, what), items in batches.items())
    )
    assert {outcome for verdicts in answered for outcome in outcomes(verdicts)} <= {"created", "unchanged"}


async def come_to(world: World, told: Told) -> tuple[list[Any], list[Any]]:
    """Return what the referrals came to, and which events have no effect, without ids."""
    referrals, events = [], []
    for referral_id in told.referral_ids:
        [kept] = await rows(world.context, Referral, id=UUID(referral_id))
        referrals.append({name: value for name, value in kept.items() if name not in _OWN})
    for event_id in told.event_ids:
        listed = await rows(world.context, ReferralEvent, id=UUID(event_id))
        events.append([event["not_applied"] for event in listed])
    return referrals, events


_OWN = {"id", "encounter_id", "slip_digest", "rk", "digest", "position"}


def expected(life: Life, number: int) -> Added:
    """Return what one referral comes to, by the table."""
    one = life.referrals[number]
    success, timer = _KINDS[one.kind]
    hour = one.hour if one.encounter is None else 0
    made = Made(one.state, NIGHT + hour * _HOUR, success, one.accompanied, timer)
    said = [
        Said(
            place,
            answer.step,
            NIGHT + answer.hour * _HOUR,
            NIGHT + (answer.hour + answer.written_down) * _HOUR,
        )
        for place, answer in enumerate(life.answers)
        if answer.referral == number and answer.may(one)
    ]
    return fall_silent(made, add_up(made, said))


async def check(world: World, data: st.DataObject) -> None:
    """Let one life be told twice: as it happened, and in any other way."""
    world.clock.now = _LATER
    life = data.draw(lives(), "life")
    plain, other = tell(world, life), tell(world, life)
    await deliver(world, plain.sendings)
    repeated = data.draw(st.lists(st.sampled_from(other.sendings), max_size=5), "sent again")
    by_another = [Sending("second phone", one.what, one.item) for one in repeated if one.sender == "phone"]
    shuffled = data.draw(st.permutations([*other.sendings, *repeated, *by_another]), "order")
    size = data.draw(st.sampled_from([1, 1, 2, 5, 20]), "how many at once")
    for start in range(0, len(shuffled), size):
        await deliver(world, shuffled[start : start + size])
        if data.draw(st.integers(0, 3)) == 3:  # now and then
            await sweep(world.context, _LATER)
    await sweep(world.context, _THE_END)
    assert await come_to(world, other) == await come_to(world, plain)
    referrals, events = await come_to(world, other)
    for number, kept in enumerate(referrals):
        told = expected(life, number)
        left = told.exited_at and slots.began(told.exited_at)
        assert (kept["state"], kept["state_at"], kept["exited_at"]) == (told.state, slots.began(told.since), left)
        for name in ("requested", "waitlisted", "accepted", "arrived", "admitted"):
            entered = told.reached.get(name)
            assert kept[f"{name}_at"] == (entered and slots.began(entered))
        without_effect = {
            place
            for place, answer in enumerate(life.answers)
            if answer.referral == number and events[place] not in ([], [None])
        }
        assert without_effect == told.without_effect


async def check_replay(world: World, data: st.DataObject) -> None:
    """Let everything be sent once more when all is told."""
    world.clock.now = _LATER
    told = tell(world, data.draw(lives(), "life"))
    await deliver(world, told.sendings)
    await sweep(world.context, _LATER)
    cursors = {device: await caught_up(device) for device in world.devices.values()}
    before = await contents(world.context)
    for sending in data.draw(st.permutations(told.sendings * 2), "order"):
        assert outcomes(await post(world.devices[sending.sender], sending.what, sending.item)) == ["unchanged"]
    await sweep(world.context, _LATER)
    after = await contents(world.context)
    for name in ("audit_entry", "feed", "token"):
        before.pop(name, None)
        after.pop(name, None)
    assert after == before
    for device, cursor in cursors.items():
        page = await changes(device, cursor)
        assert (page["referrals"], page["facilities"]) == ([], [])


class TestOnSqlite:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @settings(max_examples=24)
    @given(data=st.data())
    async def test_the_order_of_arrival_does_not_matter(self, world: World, data: st.DataObject) -> None:
        await check(world, data)

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @settings(max_examples=8)
    @given(data=st.data())
    async def test_replaying_everything_is_harmless(self, world: World, data: st.DataObject) -> None:
        await check_replay(world, data)


class TestOnPostgresql:
    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @settings(max_examples=8)
    @given(data=st.data())
    async def test_the_order_of_arrival_does_not_matter(self, world: World, data: st.DataObject) -> None:
        await check(world, data)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @settings(max_examples=3)
    @given(data=st.data())
    async def test_replaying_everything_is_harmless(self, world: World, data: st.DataObject) -> None:
        await check_replay(world, data)
