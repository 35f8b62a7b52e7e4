"""A sender sees which of its answers are kept without an effect."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from tests import make
from tests.clock import NIGHT
from tests.members import House, enrolled
from tests.places import desk as enrolled_desk
from tests.street import pending, post, store


async def test_each_with_what_it_reports_and_why(phone: Device) -> None:
    made = make.lone_referral()
    await store(phone, "referrals", made)
    await store(phone, "referral-events", make.event(referral_id=made["id"], occurred_at=NIGHT - timedelta(minutes=9)))
    after_the_end = make.event(referral_id=made["id"], state="accepted", occurred_at=NIGHT)
    waiting = make.event(slip=make.code(), state="declined", reason="other", occurred_at=NIGHT)
    exit_ = make.stay_exit(referral_id=made["id"])
    await post(phone, "referral-events", after_the_end, waiting)
    await post(phone, "stay-exits", exit_)
    items = (await phone.get("/v1/referral-events/pending")).json()["items"]
    at = "2026-03-02T20:00:00Z"
    assert sorted(items, key=lambda item: str(item["state"])) == [
        {
            "id": after_the_end["id"],
            "referral_id": made["id"],
            "state": "accepted",
            "occurred_at": at,
            "not_applied": "terminal",
        },
        {
            "id": waiting["id"],
            "referral_id": None,
            "state": "declined",
            "occurred_at": at,
            "not_applied": "referral_unknown",
        },
        {"id": exit_["id"], "referral_id": made["id"], "state": "exited", "occurred_at": at, "not_applied": "no_stay"},
    ]


async def test_to_every_phone_of_the_team_and_to_nobody_else(
    client: httpx.AsyncClient, context: Context, house: House, phone: Device, other_phone: Device, desk: Device
) -> None:
    waiting = make.event()
    await post(phone, "referral-events", waiting)
    assert await pending(await enrolled(client, context, house)) == {waiting["id"]: "referral_unknown"}
    assert await pending(other_phone) == await pending(desk) == {}


async def test_to_every_tablet_of_the_facility(
    client: httpx.AsyncClient, context: Context, operator: House, rest_room: UUID, desk: Device
) -> None:
    waiting = make.event()
    await post(desk, "referral-events", waiting)
    second = await enrolled_desk(client, context, operator, rest_room)
    assert await pending(second) == {waiting["id"]: "referral_unknown"}


@pytest.mark.parametrize("size", [1, 2, 5, 10])
async def test_page_by_page_in_the_order_of_their_ids(phone: Device, size: int) -> None:
    made = make.lone_referral()
    await store(phone, "referrals", made)
    refused = [make.event(referral_id=made["id"], state="requested") for _ in range(5)]
    waiting = [make.event() for _ in range(5)]
    mixed = [event for pair in zip(refused, waiting, strict=True) for event in pair]
    await post(phone, "referral-events", *mixed)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await phone.get("/v1/referral-events/pending", params={"size": size, **cursor})).json()
        assert len(page["items"]) <= size
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(event["id"] for event in mixed)


async def test_no_longer_when_they_take_effect(phone: Device) -> None:
    made = make.lone_referral()
    early = make.event(referral_id=made["id"])
    await post(phone, "referral-events", early)
    assert await pending(phone) == {early["id"]: "referral_unknown"}
    await store(phone, "referrals", made)
    assert await pending(phone) == {}


async def test_with_a_cursor_of_their_own(phone: Device) -> None:
    answer = await phone.get("/v1/referral-events/pending", params={"cursor": "elsewhere"})
    assert answer.status_code == 422
