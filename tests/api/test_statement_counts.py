"""The number of statements does not depend on the size of a batch: counted on the connections that write."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.demo.device import Device
from app.http.context import Context
from app.referrals.service import sweep
from tests import make
from tests.clock import NIGHT, SetClock
from tests.street import outcomes, post, store

SMALL, LARGE = 5, 200


@contextmanager
def statements_of(context: Context, *, reading: bool = False) -> Iterator[list[str]]:
    """Collect every statement the connections that write (or read) execute."""
    seen: list[str] = []

    def executing(*given: Any) -> None:
        seen.append(given[2])

    database = context.database
    engine = (database._reader if reading else database._writer).sync_engine
    event.listen(engine, "before_cursor_execute", executing)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", executing)


async def counted(
    context: Context, device: Device, what: str, batches: Sequence[Sequence[make.Json]], outcome: str = "created"
) -> list[int]:
    """Post batches of different sizes and return how many statements each took.

    The first only lets the service read its directory, which it then keeps for a while.
    """
    counts = []
    for batch in batches:
        with statements_of(context) as seen:
            verdicts = await post(device, what, *batch)
        assert set(outcomes(verdicts)) == {outcome}
        counts.append(len(seen))
    return counts[1:]


def sized(made: Callable[[], make.Json]) -> list[list[make.Json]]:
    return [[made() for _ in range(size)] for size in (1, SMALL, LARGE)]


def encounter() -> make.Json:
    return make.encounter(
        card=make.code(), referrals=[make.referral(slip=make.code()), make.referral(kind="emergency_housing")]
    )


_later = count(1)


def report() -> make.Json:
    """Return a report newer than all before it, so that it always becomes the present state."""
    return make.report(observed_at=NIGHT - timedelta(hours=1) + next(_later) * timedelta(milliseconds=1))


PLAIN: dict[str, Callable[[], make.Json]] = {
    "patrols": make.patrol,
    "encounters": encounter,
    "referrals": lambda: make.lone_referral(slip=make.code()),
    "facility-reports": report,
    "referral-events": make.event,
    "stay-exits": make.stay_exit,
}
"""What every route takes; events and exits of these find no referral and wait."""


@pytest.mark.parametrize("what", sorted(PLAIN))
async def test_new_items_take_as_many_for_five_as_for_two_hundred(
    phone: Device, desk: Device, context: Context, what: str
) -> None:
    device = desk if what == "facility-reports" else phone
    few, many = await counted(context, device, what, sized(PLAIN[what]))
    assert few == many
    assert many <= 16


@pytest.mark.parametrize("what", sorted(PLAIN))
async def test_items_sent_again_take_as_many(phone: Device, desk: Device, context: Context, what: str) -> None:
    device = desk if what == "facility-reports" else phone
    batches = sized(PLAIN[what])
    for batch in batches:
        await post(device, what, *batch)
    few, many = await counted(context, device, what, batches, "unchanged")
    assert few == many


@pytest.mark.parametrize("what", ["patrols", "encounters"])
@pytest.mark.parametrize("change", [{}, {"status": "entered_in_error"}], ids=["corrected", "withdrawn"])
async def test_corrections_take_as_many(phone: Device, context: Context, what: str, change: make.Json) -> None:
    batches = sized(PLAIN[what])
    for batch in batches:
        await store(phone, what, *batch)
    again = [[item | {"revision": 2} | change for item in batch] for batch in batches]
    few, many = await counted(context, phone, what, again)
    assert few == many


@pytest.mark.parametrize("named", ["by id", "by slip"])
async def test_answers_take_as_many(phone: Device, desk: Device, context: Context, named: str) -> None:
    batches = sized(lambda: make.lone_referral(kind="emergency_housing", slip=make.code()))
    for batch in batches:
        await store(phone, "referrals", *batch)

    def naming(one: make.Json) -> make.Json:
        return {"slip": one["slip"]} if named == "by slip" else {"referral_id": one["id"]}

    device = desk if named == "by slip" else phone
    admissions = [[make.event(**naming(one), state="admitted") for one in batch] for batch in batches]
    few, many = await counted(context, device, "referral-events", admissions)
    assert few == many
    exits = [[make.stay_exit(**naming(one)) for one in batch] for batch in batches]
    few, many = await counted(context, device, "stay-exits", exits)
    assert few == many


async def test_many_answers_of_one_referral_take_as_many(phone: Device, context: Context) -> None:
    made = [make.lone_referral(kind="emergency_housing") for _ in range(3)]
    await store(phone, "referrals", *made)
    batches = [
        [
            make.event(referral_id=one["id"], state="accepted", occurred_at=NIGHT - timedelta(seconds=number))
            for number in range(size)
        ]
        for one, size in zip(made, (1, SMALL, LARGE), strict=True)
    ]
    few, many = await counted(context, phone, "referral-events", batches)
    assert few == many


async def test_referrals_that_answers_wait_for_take_as_many(phone: Device, context: Context) -> None:
    batches = sized(lambda: make.encounter(referrals=[make.referral()]))
    for batch in batches:
        await post(phone, "referral-events", *(make.event(referral_id=one["referrals"][0]["id"]) for one in batch))
    few, many = await counted(context, phone, "encounters", batches)
    assert few == many


async def test_mixed_batches_take_as_many(phone: Device, context: Context) -> None:
    """New, repeated, corrected and contradicting items of one batch."""

    def mixed(size: int) -> list[make.Json]:
        known = [encounter() for _ in range(size)]
        return [
            *known,
            *known,
            *(one | {"revision": 2, "territory": "93001"} for one in known),
            *(one | {"gender": "man"} for one in known),
        ]

    counts = []
    for size in (SMALL, LARGE // 4):
        with statements_of(context) as seen:
            assert len(set(outcomes(await post(phone, "encounters", *mixed(size))))) == 2
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_a_sweep_takes_as_many(phone: Device, context: Context, clock: SetClock) -> None:
    counts = []
    clock.advance(timedelta(days=30))
    await sweep(context, clock())  # what other tests left
    for size in (SMALL, LARGE):
        clock.now = NIGHT
        await store(phone, "referrals", *(make.lone_referral() for _ in range(size)))
        clock.advance(timedelta(days=3))
        with statements_of(context) as seen:
            assert await sweep(context, clock()) == (size, 0)
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_a_look_up_takes_as_many_whatever_a_card_led_to(
    phone: Device, desk: Device, rest_room: UUID, context: Context
) -> None:
    counts = []
    for size in (1, SMALL):
        card = make.code()
        directed = [make.referral(facility_id=rest_room) for _ in range(size)]
        await store(phone, "encounters", make.encounter(card=card, referrals=directed))
        with statements_of(context) as seen:
            assert (await desk.post("/v1/referrals/lookup", json={"card": card})).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def counts_or_skips(statement: str) -> bool:
    """Say whether a statement costs more the more there is; SQLAlchemy always writes SQLite's offset, of nought."""
    words = statement.lower().replace("limit ? offset ?", "")
    return "count(" in words or " offset " in words


@pytest.mark.parametrize("path", ["/v1/referrals", "/v1/changes", "/v1/referral-events/pending", "/v1/facilities"])
async def test_no_page_counts_what_there_is_or_skips_over_it(phone: Device, context: Context, path: str) -> None:
    counts = []
    for size in (SMALL, LARGE):
        await store(phone, "referrals", *(make.lone_referral() for _ in range(size)))
        await post(phone, "referral-events", *(make.event() for _ in range(size)))
        await phone.get(path, params={"size": 3})  # recognised, and the directory read
        with statements_of(context, reading=True) as seen:
            assert (await phone.get(path, params={"size": 3})).status_code == 200
        assert not [statement for statement in seen if counts_or_skips(statement)]
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("what", sorted(PLAIN))
async def test_no_write_counts_what_there_is(phone: Device, desk: Device, context: Context, what: str) -> None:
    device = desk if what == "facility-reports" else phone
    with statements_of(context) as seen:
        await post(device, what, *(PLAIN[what]() for _ in range(3)))
    assert not [statement for statement in seen if counts_or_skips(statement)]
