from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.demo.device import Device
from app.http.context import Context
from app.ingest.coarse import slot_began
from app.referrals.models import ReferralEvent
from app.referrals.vocabulary import Destination
from tests import make
from tests.clock import NIGHT, SetClock
from tests.street import outcomes, pending, pointers, post, reasons, referral, rows, state, store

MADE = NIGHT - timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def housed(phone: Device) -> str:
    """The id of a referral whose person was admitted ten minutes after it was made."""
    made = make.lone_referral(kind="emergency_housing")
    await store(phone, "referrals", made)
    admission = make.event(referral_id=made["id"], state="admitted", occurred_at=MADE + 10 * MINUTE)
    await store(phone, "referral-events", admission)
    made_id: str = made["id"]
    return made_id


@pytest.mark.parametrize("destination", sorted(Destination))
async def test_ends_the_stay_an_admission_opened(phone: Device, housed: str, destination: str) -> None:
    await store(phone, "stay-exits", make.stay_exit(referral_id=housed, destination=destination))
    shown = await referral(phone, housed)
    assert (shown["state"], shown["exit_destination"]) == ("admitted", destination)
    assert datetime.fromisoformat(shown["exited_at"]) == slot_began(NIGHT)


async def test_months_later_too(phone: Device, housed: str, clock: SetClock) -> None:
    clock.advance(timedelta(days=200))
    await store(phone, "stay-exits", make.stay_exit(referral_id=housed, occurred_at=clock.now))
    assert datetime.fromisoformat((await referral(phone, housed))["exited_at"]) == slot_began(clock.now)


async def test_the_desk_says_it_by_slip(phone: Device, desk: Device, context: Context) -> None:
    slip = make.code()
    made = make.lone_referral(kind="emergency_housing", slip=slip)
    await store(phone, "referrals", made)
    await store(desk, "referral-events", make.event(slip=slip, state="admitted"))
    await store(desk, "stay-exits", make.stay_exit(slip=slip, destination="lost_contact"))
    assert (await referral(phone, made["id"]))["exit_destination"] == "lost_contact"
    [event] = await rows(context, ReferralEvent, referral_id=UUID(made["id"]), step="exited")
    assert event["channel"] == "desk"


async def test_that_comes_before_its_admission_waits_for_it(phone: Device) -> None:
    made = make.lone_referral(kind="emergency_housing")
    await store(phone, "referrals", made)
    early = make.stay_exit(referral_id=made["id"])
    [verdict] = await post(phone, "stay-exits", early)
    assert (verdict["outcome"], verdict["problem"]["not_applied"]) == ("created", "no_stay")
    assert await pending(phone) == {early["id"]: "no_stay"}
    await store(phone, "referral-events", make.event(referral_id=made["id"], state="admitted"))
    assert (await referral(phone, made["id"]))["exit_destination"] == "longer_stay_housing"
    assert await pending(phone) == {}


async def test_that_comes_before_its_referral_waits_for_it(phone: Device) -> None:
    made = make.lone_referral(kind="emergency_housing")
    [verdict] = await post(phone, "stay-exits", make.stay_exit(referral_id=made["id"]))
    assert reasons([verdict]) == ["referral-unknown"]
    await post(phone, "referral-events", make.event(referral_id=made["id"], state="admitted"))
    await store(phone, "referrals", made)
    assert (await referral(phone, made["id"]))["exited_at"] is not None


async def test_of_a_stay_that_ended_has_no_effect(phone: Device, housed: str) -> None:
    first = make.stay_exit(referral_id=housed, occurred_at=NIGHT - MINUTE, destination="street")
    await store(phone, "stay-exits", first)
    second = make.stay_exit(referral_id=housed, destination="other")
    [verdict] = await post(phone, "stay-exits", second)
    assert verdict["problem"]["not_applied"] == "stay_ended"
    assert (await referral(phone, housed))["exit_destination"] == "street"
    assert await pending(phone) == {second["id"]: "stay_ended"}


async def test_the_earlier_of_two_counts_whichever_comes_first(phone: Device, housed: str) -> None:
    later = make.stay_exit(referral_id=housed, destination="other")
    await store(phone, "stay-exits", later)
    earlier = make.stay_exit(referral_id=housed, occurred_at=NIGHT - MINUTE, destination="street")
    assert reasons(await post(phone, "stay-exits", earlier)) == [None]
    assert (await referral(phone, housed))["exit_destination"] == "street"
    assert await pending(phone) == {later["id"]: "stay_ended"}


async def test_without_a_stay_has_no_effect(phone: Device) -> None:
    made = make.lone_referral(kind="emergency_housing")
    await store(phone, "referrals", made)
    await store(phone, "referral-events", make.event(referral_id=made["id"], state="refused", reason="no_place"))
    [verdict] = await post(phone, "stay-exits", make.stay_exit(referral_id=made["id"]))
    assert verdict["problem"]["not_applied"] == "no_stay"
    assert verdict["problem"]["state"] == "refused"
    assert await state(phone, made["id"]) == "refused"


async def test_where_people_only_arrive_there_is_no_stay(phone: Device) -> None:
    made = make.lone_referral(kind="rest_room")
    await store(phone, "referrals", made)
    await store(phone, "referral-events", make.event(referral_id=made["id"], state="arrived"))
    [verdict] = await post(phone, "stay-exits", make.stay_exit(referral_id=made["id"]))
    assert verdict["problem"]["not_applied"] == "no_stay"


async def test_sent_again_is_unchanged_and_with_other_content_a_conflict(phone: Device, housed: str) -> None:
    ended = make.stay_exit(referral_id=housed)
    verdicts = await post(phone, "stay-exits", ended, ended, ended | {"destination": "street"})
    assert outcomes(verdicts) == ["created", "unchanged", "conflict"]


@pytest.mark.parametrize("changes", [{"destination": "maison"}, {"destination": None}, {"reason": "other"}], ids=str)
async def test_is_rejected_with_anything_else(phone: Device, housed: str, changes: make.Json) -> None:
    [verdict] = await post(phone, "stay-exits", make.stay_exit(referral_id=housed) | changes)
    assert verdict["outcome"] == "rejected"
    assert pointers(verdict) == ["/destination" if "destination" in changes else ""]
