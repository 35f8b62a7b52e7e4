"""Several workers may sweep at once, while answers come in: each referral expires once, and no answer is lost."""

import asyncio
from datetime import timedelta
from uuid import UUID

from app.audit.service import first_broken
from app.demo.device import Device
from app.http.context import Context
from app.referrals.models import Referral, ReferralEvent
from app.referrals.service import sweep
from tests import make
from tests.clock import NIGHT, SetClock
from tests.faults.running import beside
from tests.members import House
from tests.street import notes, post, rows, state, store

MANY = 120
AT_ONCE = 4


async def test_expire_each_referral_once(phone: Device, house: House, context: Context, clock: SetClock) -> None:
    silent = [make.lone_referral() for _ in range(MANY)]
    answered = [make.lone_referral() for _ in range(20)]
    await store(phone, "referrals", *silent, *answered)
    clock.advance(timedelta(hours=50))
    in_time = NIGHT + timedelta(hours=40)
    answers = [make.event(referral_id=one["id"], occurred_at=in_time) for one in answered]
    posting = [post(phone, "referral-events", event) for event in answers]
    workers = [beside(context.settings) for _ in range(AT_ONCE)]
    await asyncio.gather(*(sweep(worker, clock()) for worker in workers), *posting)
    await asyncio.gather(*(sweep(worker, clock()) for worker in workers))
    for one in silent:
        [kept] = await rows(context, Referral, id=UUID(one["id"]))
        assert (kept["state"], kept["state_at"] - kept["created_at"]) == ("expired", timedelta(hours=48))
        [expiry] = await rows(context, ReferralEvent, referral_id=kept["id"])
        assert (expiry["step"], expiry["not_applied"]) == ("expired", None)
    for one in answered:
        assert await state(phone, one["id"]) == "arrived"
    details = await notes(context, house.org_id, "referral.expire")
    assert MANY <= sum(detail["expired"] for detail in details) <= MANY + len(answered)
    async with context.database.reading() as session:
        assert await first_broken(session, context.keyring, house.org_id) is None
