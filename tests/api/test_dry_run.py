"""A dry run answers what the real run would, and stores nothing."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.demo.device import Device
from app.http.context import Context
from tests import make
from tests.clock import NIGHT
from tests.street import ROUTES, contents, outcomes, post, state, store

DRY = "?dry_run=true"


def batch(what: str, referral_id: str) -> list[make.Json]:
    """Return a batch of which some is good, some a repetition, some bad."""
    makers: dict[str, Callable[[], make.Json]] = {
        "patrols": make.patrol,
        "encounters": lambda: make.encounter(card=make.code(), referrals=[make.referral(slip=make.code())]),
        "referrals": lambda: make.lone_referral(slip=make.code()),
        "referral-events": lambda: make.event(referral_id=referral_id),
        "stay-exits": lambda: make.stay_exit(referral_id=referral_id),
        "facility-reports": make.report,
    }
    made = makers[what]
    first = made()
    return [first, first, made() | {"id": "nobody"}, made(), made() | {"somebody": 1}]


@pytest.mark.parametrize("what", ROUTES)
async def test_stores_nothing_and_answers_as_the_real_run_does(
    phone: Device, desk: Device, rest_room: UUID, context: Context, what: str
) -> None:
    made = make.lone_referral(facility_id=rest_room)
    await store(phone, "referrals", made)
    device = desk if what == "facility-reports" else phone
    items = batch(what, made["id"])
    before = await contents(context)
    told = await post(device, what, *items, query=DRY)
    assert await contents(context) == before
    assert told == await post(device, what, *items)
    assert await contents(context) != before
    again = await post(device, what, *items, query=DRY)
    assert again == await post(device, what, *items)


async def test_of_a_correction_leaves_everything_as_it_was(phone: Device, context: Context) -> None:
    directed = make.referral()
    met = make.encounter(gender="woman", referrals=[directed])
    await store(phone, "encounters", met)
    before = await contents(context)
    correction = met | {"revision": 2, "gender": "man", "territory": "93001"}
    withdrawal = met | {"revision": 3, "status": "entered_in_error"}
    assert outcomes(await post(phone, "encounters", correction, withdrawal, query=DRY)) == ["created", "created"]
    assert await contents(context) == before


async def test_attaches_nothing_that_waits(phone: Device, context: Context) -> None:
    made = make.lone_referral()
    await post(phone, "referral-events", make.event(referral_id=made["id"]))
    before = await contents(context)
    assert outcomes(await post(phone, "referrals", made, query=DRY)) == ["created"]
    assert await contents(context) == before
    await store(phone, "referrals", made)
    assert await state(phone, made["id"]) == "arrived"


async def test_of_a_batch_without_a_good_item_answers_too(phone: Device, context: Context) -> None:
    before = await contents(context)
    bad = make.encounter(people_count=0)
    late = make.encounter(occurred_at=NIGHT - timedelta(days=500))
    assert outcomes(await post(phone, "encounters", bad, late, query=DRY)) == ["rejected", "rejected"]
    assert await contents(context) == before


async def test_is_for_who_may_post_only(desk: Device) -> None:
    answer = await desk.post(f"/v1/encounters{DRY}", json=make.envelope([make.encounter()]))
    assert answer.status_code == 403


@pytest.mark.parametrize(("asked", "dry"), [("true", True), ("1", True), ("false", False), ("0", False)])
async def test_is_asked_for_in_words_or_figures(phone: Device, context: Context, asked: str, *, dry: bool) -> None:
    before = await contents(context)
    await post(phone, "encounters", make.encounter(), query=f"?dry_run={asked}")
    assert (await contents(context) == before) is dry


async def test_is_not_guessed(phone: Device) -> None:
    answer = await phone.post("/v1/encounters?dry_run=perhaps", json=make.envelope([make.encounter()]))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?dry_run"
    assert "perhaps" not in answer.text
