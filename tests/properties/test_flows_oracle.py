"""Flows as the service answers them are what plain Python counts from the same rows, link by link."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.bulk import insert_new
from app.db.table import table_of
from app.directory.rules import local_day
from app.http.context import Context
from app.marks.queries import mark_days, mark_trails
from app.marks.trails import Trail
from app.metrics.refreshing import refresh, verify
from app.referrals.models import Referral
from tests import members, places
from tests.clock import SetClock
from tests.effort import examples
from tests.make import Json
from tests.members import House
from tests.oracles import flows as oracle
from tests.oracles.funnel_indicators import periods_of
from tests.planted import Asker, asker
from tests.properties import catalogued
from tests.properties.catalogued import Asked
from tests.properties.cities import ALL_AT_ONCE

ORACLED = ("flows_unlinked_share",)
_BEGIN = datetime(2025, 12, 20, 22, 30, tzinfo=UTC)
_AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_STATES = ("refused", "declined", "no_show", "cancelled", "expired", "requested", "waitlisted", "entered_in_error")
_CARDS = (None, b"a" * 16, b"b" * 16)


@dataclass(frozen=True)
class City:
    client: httpx.AsyncClient
    context: Context
    clock: SetClock
    everything: list[Json] = field(default_factory=list, repr=False)
    """What all histories of the module stored: a perimeter's coordinator sees them together."""


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, context: Context, clock: SetClock) -> City:
    await places.seeded(context)
    return City(client, context, clock)


def _referrals(chance: Random, house: House) -> list[Json]:
    """Make up referrals that succeed or not; each may take up any other, itself included, or one nobody knows."""
    ids = [UUID(int=chance.randint(0, 2**60) << 32 | number) for number in range(chance.choice((3, 9, 12, 15)))]
    found = []
    for one in ids:
        made = _BEGIN + chance.randint(0, 24) * 12 * _HOUR
        kind = chance.choice(sorted(oracle.RUNGS))
        good = made + chance.choice((-1, 0, 12, 24)) * _HOUR if chance.random() < 0.5 else None
        arrives, lasted = kind in oracle.NEEDS_ARRIVAL, chance.choice((None, chance.randint(0, 200)))
        admitted = None if arrives and chance.random() < 0.5 else good
        left = None if arrives or admitted is None or lasted is None else admitted + lasted * _HOUR
        found.append(
            {
                "org_id": house.org_id,
                "id": one,
                "team_id": house.team_id,
                "territory": chance.choice(("7511803", "7512001", "93001")),
                "kind": kind,
                "success": "arrived" if arrives else "admitted",
                "created_at": made,
                "cohort_day": local_day(made - chance.choice((0, 12)) * _HOUR),
                "received_at": made + chance.choice((0, 24, 25)) * _HOUR,
                "arrived_at": good if arrives else chance.choice((None, made)),
                "admitted_at": admitted,
                "state": chance.choice(_STATES if good is None else ("admitted", "admitted", _STATES[-1])),
                "exited_at": left,
                "exit_destination": None if left is None else chance.choice(("street", "longer_stay_housing")),
                "link_id": chance.choice(_CARDS),
                "previous_referral_id": chance.choice((None, None, UUID(int=7), *chance.sample(ids, 3))),
            }
        )
    return found


async def _store(context: Context, referrals: Sequence[Json]) -> None:
    made = {
        "digest": b"0" * 32, "accompanied": False, "outside_perimeter": False, "first_state": "requested",
        "expires_after_s": 1, "rk": 0, "position": 0, "state_at": _BEGIN,
    }  # fmt: skip
    table = table_of(Referral)
    rows = [{column.name: (made | one).get(column.name) for column in table.columns} for one in referrals]
    async with context.database.writing() as session:
        await insert_new(session, table, rows)
        await mark_days(session, {(one["org_id"], one["cohort_day"]) for one in referrals})
        await mark_trails(session, [trail for one in referrals for trail in _trails(one)])


def _trails(one: Json) -> list[Trail]:
    """What storing a referral that has succeeded already, or takes up another, must leave behind."""
    at, above = oracle.success(one), one["previous_referral_id"]
    found = [] if above is None else [Trail(one["org_id"], one["id"], waits_for=above)]
    if at is not None and one["link_id"] is not None:
        found.append(Trail(one["org_id"], one["id"], one["link_id"], at))
    return found


def _matches(shown: Any, referrals: Sequence[Json], since: date, until: date) -> None:
    links = {(link["source"], link["target"], link["rule"]): link["value"] for link in shown["links"]}
    assert links == oracle.flows(referrals, since, until)
    assert [node["id"] for node in shown["nodes"]] == sorted(
        {node for link in links for node in link[:2]}, key=[node["id"] for node in shown["nodes"]].index
    )
    mine = [one for one in referrals if since <= one["cohort_day"] < until and one["state"] != "entered_in_error"]
    assert shown["referrals"]["n"] == len(mine) == sum(n for link, n in links.items() if link[2] != "exit")
    assert shown["exits"]["n"] == sum(n for link, n in links.items() if link[2] == "exit")
    assert shown["unlinked"]["n"] == sum(n for link, n in links.items() if link[2] == "unlinked")
    assert shown["late"]["n"] == sum(one["received_at"] - one["created_at"] >= 26 * _HOUR for one in mine)


async def _askers(city: City, house: House) -> tuple[Asker, Asker]:
    return await asker(city.client, city.context, house), await asker(city.client, city.context, house, everybody=True)


@examples(3)
@given(st.integers(0, 2**32))
async def test_flows_are_what_plain_python_counts(city: City, seed: int) -> None:
    """Referrals arrive in any order, those looked back at last, with upkeep or none in between."""
    house = await members.found(city.context)
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    referrals = _referrals(chance, house)
    since = date(2025, 12, 15) + timedelta(days=chance.randint(0, 20))
    until = since + timedelta(days=chance.choice((2, 15, 40)))
    city.clock.now = _AS_OF
    own, everybody = await _askers(city, house)
    arriving = chance.sample(referrals, len(referrals))
    step = chance.choice((5, 15))
    for start in range(0, len(arriving), step):
        await _store(city.context, arriving[start : start + step])
        city.everything.extend(arriving[start : start + step])
        if chance.random() < 0.6:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
    for upkeep in (False, True):
        if upkeep:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
        _matches(await own.ask("flows", since, until), referrals, since, until)
        seen = [one for one in city.everything if one["territory"] != "93001"]
        _matches(await everybody.ask("flows", since, until), seen, since, until)
    part = await own.ask("flows", since, until, territory="75118")
    assert part["referrals"]["n"] == sum(
        since <= one["cohort_day"] < until and one["state"] != "entered_in_error"
        for one in referrals
        if one["territory"] == "7511803"
    )
    assert set((await verify(city.context.database, house.org_id)).values()) == {0}


@examples(2)
@given(st.integers(0, 2**32))
async def test_the_share_of_unlinked_referrals_is_what_plain_python_counts(city: City, seed: int) -> None:
    """Asked by the month and the quarter: what was first asked of referrals is then asked of facts."""
    house = await members.found(city.context)
    chance = Random(seed)  # noqa: S311 - the same
    referrals = [one for _ in range(4) for one in _referrals(chance, house)]
    since = date(2025, 12, 15) + timedelta(days=chance.randint(0, 12))
    city.clock.now = _AS_OF
    own, everybody = await _askers(city, house)
    for number, half in enumerate((referrals[::2], referrals[1::2])):
        await _store(city.context, half)
        city.everything.extend(half)
        if number == 0:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
    seen = [one for one in city.everything if one["territory"] != "93001"]
    for upkeep in (False, True):
        if upkeep:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
        for granularity in ("month", "quarter", chance.choice(("day", "week", None))):
            asked = Asked(since, since + timedelta(days=chance.choice((17, 40))), granularity, None, {})
            for who, there in ((own, referrals), (everybody, seen)):
                for code in ORACLED:
                    wanted = {
                        (*period, None): oracle.unlinked_share(there, *period)
                        for period in periods_of(asked.since, asked.until, granularity)
                    }
                    assert await catalogued.parts(city.client, who.token, code, asked) == wanted, (code, asked)
