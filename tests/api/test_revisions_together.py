"""Revisions of one encounter that meet: in one batch, around a refusal, over New Year."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from app.demo.device import Device
from tests import make
from tests.clock import SetClock
from tests.street import outcomes, post, state, store
from tests.street import referral as shown


async def test_a_referral_of_a_refused_revision_is_stored_with_the_next_one(phone: Device) -> None:
    first, second = make.referral(), make.referral()
    met = make.encounter(referrals=[first])
    contradicting = {**met, "territory": "7512001", "referrals": [first, second]}
    corrected = {**met, "revision": 2, "referrals": [first, second]}
    verdicts = await post(phone, "encounters", met, contradicting, corrected)
    assert outcomes(verdicts) == ["created", "conflict", "created"]
    assert await state(phone, second["id"]) == "requested"


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("last", ["recorded", "entered_in_error"])
async def test_the_last_revision_says_whether_its_referrals_stand(
    phone: Device,
    together: bool,  # noqa: FBT001 - a case
    order: tuple[int, ...],
    last: str,
) -> None:
    """Only the first revision names the referral: whenever it arrives, it is made, and the last one decides on it."""
    referral = make.referral(state="requested")
    between = {"recorded": "entered_in_error", "entered_in_error": "recorded"}[last]
    met = make.encounter(territory="7511802")
    revisions = [
        {**met, "referrals": [referral]},
        {**met, "revision": 2, "status": between},
        {**met, "revision": 3, "status": last, "territory": "7511803"},
    ]
    sent = [revisions[place] for place in order]
    for batch in [sent] if together else [[one] for one in sent]:
        assert set(outcomes(await post(phone, "encounters", *batch))) <= {"created", "unchanged"}
    assert await state(phone, referral["id"]) == {"recorded": "requested"}.get(last, last)
    assert (await shown(phone, referral["id"]))["territory"] == "7511803"


@pytest.mark.parametrize(("before", "after"), [("23:55", "00:05"), ("00:05", "23:55")])
async def test_a_correction_over_new_year_keeps_the_slip(
    phone: Device, desk: Device, clock: SetClock, before: str, after: str
) -> None:
    """Slips are sealed by year: the same slip looks like another one from the other side of midnight."""
    days = {"23:55": "2026-12-31", "00:05": "2027-01-01"}
    said = [datetime.fromisoformat(f"{days[time]}T{time}:00+01:00") for time in (before, after)]
    clock.now = max(said) + timedelta(minutes=1)
    slip = make.code()
    referral = make.referral(slip=slip)
    met = make.encounter(occurred_at=said[0], referrals=[referral])
    await store(phone, "encounters", met)
    await store(phone, "encounters", {**met, "revision": 2, "occurred_at": said[1].isoformat()})
    clock.advance(timedelta(hours=1))
    await store(desk, "referral-events", make.event(slip=slip, occurred_at=clock.now))
    assert await state(phone, referral["id"]) == "arrived"
    edited = {**met, "revision": 3, "referrals": [{**referral, "accompanied": True}]}
    assert outcomes(await post(phone, "encounters", edited)) == ["rejected"]
