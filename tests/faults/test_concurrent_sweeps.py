"""Several workers may sweep at once, while answers come in: each referral expires once, and no answer is lost."""

import asyncio
from datetime import timedelta
from uuid import UUID

from app.audit.service import first_broken
from app.clock import utc_now
from app.http.context import Context
from app.referrals.models import Referral, ReferralEvent
from app.referrals.service import sweep
from tests import make
from tests.faults.conftest import Street
from tests.faults.running import beside
from tests.street import notes, rows

MANY = 120
AT_ONCE = 4


async def test_expire_each_referral_once(street: Street, context: Context) -> None:
    ago = utc_now() - timedelta(hours=50)
    silent = [make.lone_referral(occurred_at=ago) for _ in range(MANY)]
    answered = [make.lone_referral(occurred_at=ago) for _ in range(20)]
    client = street.clients[0]
    for batch in (silent, answered):
        body = make.envelope(batch, utc_now())
        answer = await client.post("/v1/referrals", json=body, headers=street.bearer())
        assert {verdict["outcome"] for verdict in answer.json()["results"]} == {"created"}
    in_time = ago + timedelta(hours=40)
    answers = [make.event(referral_id=one["id"], occurred_at=in_time) for one in answered]
    posting = [
        street.clients[n % len(street.clients)].post(
            "/v1/referral-events", json=make.envelope([answer], utc_now()), headers=street.bearer()
        )
        for n, answer in enumerate(answers)
    ]
    now = utc_now()
    workers = [beside(context.settings) for _ in range(AT_ONCE)]
    await asyncio.gather(*(sweep(worker, now) for worker in workers), *posting)
    await asyncio.gather(*(sweep(worker, now) for worker in workers))
    for one in silent:
        [kept] = await rows(context, Referral, id=UUID(one["id"]))
        assert (kept["state"], kept["state_at"] - kept["created_at"]) == ("expired", timedelta(hours=48))
        [expiry] = await rows(context, ReferralEvent, referral_id=kept["id"])
        assert (expiry["step"], expiry["not_applied"]) == ("expired", None)
    for one in answered:
        [kept] = await rows(context, Referral, id=UUID(one["id"]))
        assert kept["state"] == "arrived"
    details = await notes(context, street.house.org_id, "referral.expire")
    assert MANY <= sum(detail["expired"] for detail in details) <= MANY + len(answered)
    async with context.database.reading() as session:
        assert await first_broken(session, context.keyring, street.house.org_id) is None
