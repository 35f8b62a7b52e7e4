"""Many phones and several processes at the same moment: an item is created once, a revoked device refused by all."""

import asyncio
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from sqlalchemy import delete, insert

from app.audit.service import first_broken
from app.clock import utc_now
from app.db.table import table_of
from app.encounters.models import Encounter
from app.http.context import Context
from app.referrals.making import attach
from app.referrals.models import HeldEvent, Referral, ReferralEvent
from app.referrals.queries import held_with_referral
from app.referrals.service import sweep
from tests import make, members
from tests.faults.conftest import Street
from tests.street import notes, rows

AT_ONCE = 8
_OFTEN_S = 0.02
TIMES = 10


def some_time_ago() -> datetime:
    return utc_now() - timedelta(minutes=20)


def met(**changes: object) -> make.Json:
    return make.encounter(occurred_at=some_time_ago(), **changes)


async def post(street: Street, client: httpx.AsyncClient, what: str, items: list[make.Json]) -> list[make.Json]:
    body = make.envelope(items, utc_now())
    answer = await client.post(f"/v1/{what}", json=body, headers=street.bearer())
    assert answer.status_code == 200, answer.text
    results: list[make.Json] = answer.json()["results"]
    return results


async def everywhere(street: Street, what: str, batches: list[list[make.Json]]) -> list[list[make.Json]]:
    """Post all batches at once, to the processes in turn."""
    clients = street.clients
    return list(
        await asyncio.gather(*(post(street, clients[n % len(clients)], what, batch) for n, batch in enumerate(batches)))
    )


async def test_eight_posts_of_one_item_create_it_once_ten_times_over(street: Street, context: Context) -> None:
    for _ in range(TIMES):
        item = met(card=make.code(), referrals=[make.referral(slip=make.code())])
        answered = await everywhere(street, "encounters", [[item]] * AT_ONCE)
        told = Counter(verdict["outcome"] for verdicts in answered for verdict in verdicts)
        assert told == {"created": 1, "unchanged": AT_ONCE - 1}
        assert all(verdict["problem"] is None for verdicts in answered for verdict in verdicts)
    assert len(await rows(context, Encounter, org_id=street.house.org_id)) == TIMES
    assert len(await rows(context, Referral, org_id=street.house.org_id)) == TIMES


async def test_eight_posts_of_one_answer_create_it_once(street: Street, context: Context) -> None:
    for _ in range(TIMES):
        directed = make.lone_referral(occurred_at=some_time_ago())
        await post(street, street.clients[0], "referrals", [directed])
        event = make.event(referral_id=directed["id"], occurred_at=utc_now())
        answered = await everywhere(street, "referral-events", [[event]] * AT_ONCE)
        told = Counter(verdict["outcome"] for verdicts in answered for verdict in verdicts)
        assert told == {"created": 1, "unchanged": AT_ONCE - 1}
        [kept] = await rows(context, Referral, id=UUID(directed["id"]))
        assert kept["state"] == "arrived"
        assert len(await rows(context, ReferralEvent, referral_id=UUID(directed["id"]))) == 1


async def test_the_same_items_in_any_order_create_each_once(street: Street, context: Context) -> None:
    """Batches that hold the same items in different orders wait for each other, and may not end in a deadlock."""
    items = [met(referrals=[make.referral()]) for _ in range(40)]
    shuffled = [random.Random(seed).sample(items, len(items)) for seed in range(AT_ONCE)]  # noqa: S311 - an order
    answered = await everywhere(street, "encounters", shuffled)
    told = Counter((verdict["id"], verdict["outcome"]) for verdicts in answered for verdict in verdicts)
    assert told == Counter({(item["id"], "created"): 1 for item in items}) + Counter(
        {(item["id"], "unchanged"): AT_ONCE - 1 for item in items}
    )
    assert len(await rows(context, Encounter, org_id=street.house.org_id)) == len(items)


async def test_two_contents_for_one_id_are_one_creation_and_conflicts(street: Street, context: Context) -> None:
    first = met()
    variants = [[first | {"people_count": number}] for number in range(1, AT_ONCE + 1)]
    answered = await everywhere(street, "encounters", variants)
    told = Counter(verdict["outcome"] for verdicts in answered for verdict in verdicts)
    assert told == {"created": 1, "conflict": AT_ONCE - 1}
    [kept] = await rows(context, Encounter, id=UUID(first["id"]))
    [winner] = [n for n, verdicts in enumerate(answered, start=1) if verdicts[0]["outcome"] == "created"]
    assert kept["people_count"] == winner


async def test_corrections_at_once_leave_the_last_revision(street: Street, context: Context) -> None:
    first = met(people_count=1)
    await post(street, street.clients[0], "encounters", [first])
    revisions = [[first | {"revision": number, "people_count": number}] for number in range(2, AT_ONCE + 2)]
    answered = await everywhere(street, "encounters", revisions)
    assert {verdict["outcome"] for verdicts in answered for verdict in verdicts} <= {"created", "unchanged"}
    [kept] = await rows(context, Encounter, id=UUID(first["id"]))
    assert (kept["revision"], kept["people_count"]) == (AT_ONCE + 1, AT_ONCE + 1)


async def test_a_referral_and_its_answer_at_one_moment_find_each_other(street: Street, context: Context) -> None:
    """Neither process sees what the other has not committed; the sweep brings together what crossed."""
    made = [make.lone_referral(occurred_at=some_time_ago()) for _ in range(2 * TIMES)]
    for one in made:
        arrival = make.event(referral_id=one["id"], occurred_at=utc_now())
        await asyncio.gather(
            post(street, street.clients[0], "referrals", [one]),
            post(street, street.clients[-1], "referral-events", [arrival]),
        )
    await sweep(context, utc_now())
    for one in made:
        [kept] = await rows(context, Referral, id=UUID(one["id"]))
        assert kept["state"] == "arrived"


async def test_an_answer_while_the_sweep_attaches_another_loses_neither(street: Street, context: Context) -> None:
    one = make.lone_referral(kind="emergency_housing", occurred_at=some_time_ago())
    early, late = some_time_ago() + timedelta(minutes=1), some_time_ago() + timedelta(minutes=2)
    accepted = make.event(referral_id=one["id"], state="accepted", occurred_at=early)
    admitted = make.event(referral_id=one["id"], state="admitted", occurred_at=late)
    await post(street, street.clients[0], "referral-events", [accepted])
    [held] = await rows(context, HeldEvent, org_id=street.house.org_id)
    async with context.database.writing() as session:  # leave it waiting beside its referral, as if they had crossed
        await session.execute(delete(table_of(HeldEvent)).where(table_of(HeldEvent).c.id == held["id"]))
    await post(street, street.clients[0], "referrals", [one])
    async with context.database.writing() as session:
        await session.execute(insert(table_of(HeldEvent)), [dict(held)])
    async with context.database.writing() as session:  # what the sweep does, at its slowest
        assert await attach(session, await held_with_referral(session, None, 500)) == 1
        posting = asyncio.create_task(post(street, street.clients[-1], "referral-events", [admitted]))
        await asyncio.sleep(0.3)
        assert not posting.done()
    await posting
    [kept] = await rows(context, Referral, id=UUID(one["id"]))
    assert kept["state"] == "admitted"
    assert kept["accepted_at"] is not None


async def test_the_log_of_acts_has_no_gap_and_counts_right(street: Street, context: Context) -> None:
    items = [met() for _ in range(4 * AT_ONCE)]
    await everywhere(street, "encounters", [items[n::4] for n in range(4)] * 3)
    details = await notes(context, street.house.org_id, "encounter.post")
    assert sum(detail.get("created", 0) for detail in details) == len(items)
    assert sum(detail.get("unchanged", 0) for detail in details) == 2 * len(items)
    async with context.database.reading() as session:
        assert await first_broken(session, context.keyring, street.house.org_id) is None


async def refused_after(client: httpx.AsyncClient, headers: dict[str, str], since: float) -> float:
    """Keep asking until refused; return the seconds since `since`."""
    while time.monotonic() < since + 5:
        asked_at = time.monotonic()
        answer = await client.get("/v1/me", headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return asked_at - since
        await asyncio.sleep(_OFTEN_S)
    return 5.0


async def test_a_revoked_device_is_refused_within_a_second_everywhere(street: Street, context: Context) -> None:
    headers = street.bearer()
    for client in street.clients:  # remembered by all
        assert (await client.get("/v1/me", headers=headers)).status_code == httpx.codes.OK
    await members.revoke(context, street.house, street.phone)
    since = time.monotonic()
    times = await asyncio.gather(*(refused_after(client, headers, since) for client in street.clients * 4))
    assert max(times) <= 1.0 + 0.3  # and how long a question takes on a busy machine


async def test_it_stays_refused(street: Street, context: Context) -> None:
    headers = street.bearer()
    await members.revoke(context, street.house, street.phone)
    await asyncio.sleep(1.1)
    for client in street.clients:
        for _ in range(5):
            assert (await client.get("/v1/me", headers=headers)).status_code == httpx.codes.UNAUTHORIZED
