"""Three weeks of the demo city, posted through the API on both databases, then read as its users do."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Table, func, select

from app.audit.service import SERVICE, first_broken
from app.db.engine import ReadSession
from app.demo import queries
from app.demo.copying import copy_city
from app.demo.credentials import Credentials, issue_credentials
from app.demo.device import Device
from app.demo.loading import Tally, load
from app.demo.model import City
from app.demo.outbox import Route
from app.http.context import Context
from app.http.envelope import Outcome
from app.referrals import queries as referrals
from app.referrals.rules import fold
from app.settings import Settings
from tests import make
from tests.clock import NIGHT

SINCE = NIGHT.date() - timedelta(days=21)


@pytest.fixture(scope="module")
async def tally(settings: Settings) -> Tally:
    return await load(settings, City(1, SINCE, NIGHT))


@pytest.fixture
async def ways(context: Context, tally: Tally) -> Credentials:  # noqa: ARG001 - there must be a city to get into
    async with context.database.writing() as session:
        return await issue_credentials(session, context.keyring, context.settings, NIGHT)


async def counted(context: Context, table: Table) -> int:
    async with context.database.reading() as session:
        return int((await session.execute(select(func.count()).select_from(table))).scalar_one())


async def folded_otherwise(session: ReadSession) -> list[UUID]:
    """Return the referrals whose stored state is not what their events add up to."""
    ids = set((await session.execute(select(queries.REFERRAL.c.id))).scalars())
    standings = await referrals.by_ids(session, ids)
    events = await referrals.events_of(session, [(standing.org_id, standing.id) for standing in standings])
    return [
        standing.id
        for standing in standings
        if not standing.shows(
            fold(standing.first(), (e.event() for e in events[standing.org_id, standing.id]), standing.terms())
        )
    ]


def test_every_verdict_is_the_expected_one(tally: Tally) -> None:
    judged = tally.judged()
    assert not tally.unexpected
    assert judged["created"] > 1500
    assert judged["unchanged"] > 0
    assert judged["conflict"] == judged["rejected"] == 0
    assert {route for route, outcome in tally.outcomes if outcome is Outcome.created} >= set(Route) - {Route.referrals}


async def test_what_was_posted_is_stored_once(context: Context, tally: Tally) -> None:
    assert await counted(context, queries.ENCOUNTER) == tally.made["encounters"] > 600
    assert await counted(context, queries.REFERRAL) == tally.made["referrals"] > 300
    assert await counted(context, queries.PATROL) == tally.made["patrols"] > 40


async def test_silence_expires_at_the_city_s_time(tally: Tally) -> None:
    assert tally.expired > 10


async def test_the_audit_chains_hold(context: Context, tally: Tally) -> None:
    assert tally.requests
    async with context.database.reading() as session:
        for org_id in [SERVICE, *City(1, SINCE, NIGHT).organisations.values()]:
            assert await first_broken(session, context.keyring, org_id) is None


async def test_the_coordinator_sees_where_the_pathway_blocks(client: httpx.AsyncClient, ways: Credentials) -> None:
    response = await client.get(
        "/v1/metrics/funnel",
        params={"from": str(SINCE), "to": str(NIGHT.date()), "group_by": "kind", "horizon_days": 2},
        headers={"Authorization": f"Bearer {ways.coordinator_token}"},
    )
    assert response.status_code == 200
    funnel = response.json()
    groups = {group["key"][0]: group for group in funnel["groups"]}
    success = {key: group["rates"][0]["value"] for key, group in groups.items()}
    assert len(groups) == 9
    assert funnel["total"]["answered"]["desk"] > funnel["total"]["answered"]["phone"] > 0
    assert success["rest_room"] > 0.4
    assert success["longer_stay_housing"] in {0, None}


async def test_the_codes_let_a_phone_and_a_desk_in(
    client: httpx.AsyncClient, context: Context, ways: Credentials
) -> None:
    phone, desk = (Device(client, context.settings.public_url, context.clock) for _ in range(2))
    await phone.enrol(ways.phone_code)
    await desk.enrol(ways.desk_code)
    slip = make.code()
    met = make.encounter(referrals=[make.referral(slip=slip)])
    posted = await phone.post("/v1/encounters", json=make.envelope([met]))
    answered = await desk.post("/v1/referral-events", json=make.envelope([make.event(slip=slip)]))
    assert [r.json()["results"][0]["outcome"] for r in (posted, answered)] == ["created", "created"]
    assert (await phone.get(f"/v1/referrals/{met['referrals'][0]['id']}")).json()["state"] == "arrived"


async def test_the_monitor_reads_no_figures_of_the_inside(client: httpx.AsyncClient, ways: Credentials) -> None:
    response = await client.get(
        f"/v1/metrics/funnel?from={SINCE}&to={NIGHT.date()}",
        headers={"Authorization": f"Bearer {ways.monitor_token}"},
    )
    assert response.status_code == 403


async def test_copies_are_other_encounters_with_referrals_folded_as_theirs(
    context: Context, settings: Settings, tally: Tally
) -> None:
    assert tally.encounters
    before = await counted(context, queries.ENCOUNTER)
    made: list[int] = []
    there = await copy_city(settings, 3 * before, 1, made.append)
    assert there == made[-1] == await counted(context, queries.ENCOUNTER) == 3 * before
    async with context.database.reading() as session:
        assert await folded_otherwise(session) == []
    assert await copy_city(settings, 3 * before, 1, made.append) == there
