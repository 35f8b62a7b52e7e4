"""Flows as the service answers them are what plain Python counts from the same rows, link by link."""

from dataclasses import dataclass
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
from app.identity.vocabulary import Role
from app.referrals.models import Referral
from app.settings import Settings
from tests import members, places
from tests.clock import SetClock
from tests.effort import examples
from tests.make import Json
from tests.members import House
from tests.oracles import flows as oracle

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


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the season: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=3650)})


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, context: Context, clock: SetClock) -> City:
    await places.seeded(context)
    return City(client, context, clock)


def _referrals(chance: Random) -> list[Json]:
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
                "id": one,
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


async def _store(context: Context, house: House, referrals: list[Json]) -> None:
    made = {
        "org_id": house.org_id, "team_id": house.team_id, "digest": b"0" * 32, "accompanied": False,
        "territory": "7511803", "outside_perimeter": False, "first_state": "requested", "expires_after_s": 1, "rk": 0,
        "position": 0, "state_at": _BEGIN,
    }  # fmt: skip
    table = table_of(Referral)
    rows = [{column.name: (made | one).get(column.name) for column in table.columns} for one in referrals]
    async with context.database.writing() as session:
        await insert_new(session, table, rows)


@examples(40)
@given(st.integers(0, 2**32))
async def test_flows_are_what_plain_python_counts(city: City, seed: int) -> None:
    house = await members.found(city.context)
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    referrals = _referrals(chance)
    await _store(city.context, house, referrals)
    since = date(2025, 12, 15) + timedelta(days=chance.randint(0, 20))
    until = since + timedelta(days=chance.choice((2, 15, 40)))
    city.clock.now = _AS_OF
    token = await members.account_token(city.context, house, Role.coordinator)
    response = await city.client.get(
        "/v1/metrics/flows",
        params={"from": since.isoformat(), "to": until.isoformat()},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 200, response.text
    shown: Any = response.json()
    links = {(link["source"], link["target"], link["rule"]): link["value"] for link in shown["links"]}
    expected = oracle.flows(referrals, since, until)
    assert links == expected
    assert [node["id"] for node in shown["nodes"]] == sorted(
        {node for link in links for node in link[:2]}, key=[node["id"] for node in shown["nodes"]].index
    )
    mine = [one for one in referrals if since <= one["cohort_day"] < until and one["state"] != "entered_in_error"]
    assert shown["referrals"]["n"] == len(mine) == sum(n for link, n in links.items() if link[2] != "exit")
    assert shown["exits"]["n"] == sum(n for link, n in links.items() if link[2] == "exit")
    assert shown["unlinked"]["n"] == sum(n for link, n in links.items() if link[2] == "unlinked")
    assert shown["late"]["n"] == sum(one["received_at"] - one["created_at"] > 24 * _HOUR for one in mine)
