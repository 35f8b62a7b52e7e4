"""Unmet demand by SQL is what plain Python counts from the same rows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from app.db.bulk import insert_new
from app.db.table import table_of
from app.directory.models import FacilityReport
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.marks.queries import mark_days
from app.metrics.refreshing import refresh, verify
from app.referrals.models import Referral, ReferralEvent
from app.referrals.vocabulary import State
from tests import members, places, planted
from tests.effort import examples
from tests.oracles import unmet_demand as oracle
from tests.properties.cities import ALL_AT_ONCE

_KINDS = ["rest_room", "emergency_housing", "addiction_treatment", "harm_reduction_centre"]
_QUARTERS = ["7511803", "7512001"]
_NEEDS = ["rest", "hygiene", "housing", "mental_health", "treatment", "supplies", "food"]
_REASONS = [None, "no_place", "not_eligible", "closed_at_time", "staff_shortage", "file_incomplete"]
_STARTS = [datetime(2026, 3, 27, 16, tzinfo=UTC), datetime(2025, 10, 24, 16, tzinfo=UTC)]
_STARTS.append(datetime(2025, 12, 29, 16, tzinfo=UTC))
"""Around both changes of the clock, and the end of a year."""
_SPLITS = [(), *((one,) for one in ("kind", "territory", "week", "month", "hour"))]
_SPLITS += list(permutations(("kind", "territory", "week", "month", "hour"), 2))


@dataclass(frozen=True)
class Town:
    """A client, and two facilities of each of two kinds with their quarters."""

    client: httpx.AsyncClient
    context: Context
    operator: members.House
    facilities: dict[UUID, tuple[str, str]]


@pytest.fixture(scope="module")
async def town(client: httpx.AsyncClient, context: Context) -> Town:
    await places.seeded(context)
    operator = await members.found(context)
    rooms = {}
    for kind in _KINDS[:2]:
        for quarter in _QUARTERS:
            rooms[await places.opened(context, operator, kind=kind, territory_code=quarter)] = kind, quarter
    return Town(client, context, operator, rooms)


_minutes = st.integers(0, 5 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
_instants = ("requested_at", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at")
_referrals = st.fixed_dictionaries(
    {
        "after": _minutes,
        "received_after": st.integers(0, 50),
        "kind": st.sampled_from(_KINDS),
        "territory": st.sampled_from(_QUARTERS),
        "state": st.sampled_from([state.value for state in State]),
        "reason": st.sampled_from(_REASONS),
        "reached": st.sets(st.sampled_from(_instants)),
        "event": st.sampled_from([None, ("no_place", None), ("staff_shortage", None), ("no_place", "terminal")]),
        "encounter": st.none() | st.integers(0, 3),
    }
)
_encounters = st.fixed_dictionaries(
    {
        "after": _minutes,
        "territory": st.sampled_from(_QUARTERS),
        "needs": st.sets(st.sampled_from(_NEEDS)).map(sorted),
        "withdrawn": st.booleans(),
    }
)
_reports = st.fixed_dictionaries(
    {
        "after": st.integers(0, 80).map(lambda halves: timedelta(hours=halves / 2, minutes=7)),
        "facility": st.sampled_from([0, 0, 1, 2, 3]),
        "open": st.booleans(),
        "places_free": st.none() | st.integers(0, 9),
    }
)


@examples(4)
@given(
    st.sampled_from(_STARTS),
    st.lists(_referrals, max_size=10),
    st.lists(_encounters, min_size=4, max_size=4),
    st.lists(_reports, max_size=10),
    st.data(),
)
async def test_unmet_demand_is_what_plain_python_counts(
    town: Town,
    start: datetime,
    referred: list[dict[str, Any]],
    met: list[dict[str, Any]],
    said: list[dict[str, Any]],
    data: st.DataObject,
) -> None:
    house = await members.found(town.context)
    token = await members.account_token(town.context, house, Role.coordinator)
    encounters = [_encounter(house, start, fact) for fact in met]
    referrals = [_referral(house, start, fact, encounters) for fact in referred]
    events = [
        planted.waitlisted(one, *fact["event"]) for one, fact in zip(referrals, referred, strict=True) if fact["event"]
    ]
    reports = [_report(town, start, fact) for fact in said]
    async with town.context.database.writing() as session:
        await session.execute(delete(FacilityReport))
        for model, rows in (
            (Encounter, encounters),
            (Referral, referrals),
            (ReferralEvent, events),
            (FacilityReport, reports),
        ):
            await insert_new(session, table_of(model), rows)
        days = {one["service_day"] for one in encounters} | {one["cohort_day"] for one in referrals}
        await mark_days(session, ((house.org_id, day) for day in days))
    drawn = data.draw(st.lists(st.sampled_from(_SPLITS), min_size=3, max_size=3, unique=True), "splits")
    refreshed = data.draw(st.integers(1, 5), "after how many questions the days are computed")
    for number, by in enumerate((("kind", "week"), ("hour", "kind"), *drawn, *drawn[:1])):
        if number == refreshed:
            await refresh(town.context.database, step_days=ALL_AT_ONCE)
        since = start.date() + timedelta(days=data.draw(st.integers(0, 2)))
        until = since + timedelta(days=data.draw(st.integers(1, 6)))
        kind = data.draw(st.sampled_from([None, *_KINDS]), "kind")
        answer = await _ask(town.client, token, since, until, by, kind)
        demand = oracle.demand(referrals, events, since, until, by, kind)
        needs = oracle.needs(encounters, referrals, since, until, by, kind)
        free = _free(town, reports, since, until, by, kind)
        groups = answer["groups"] if by else [answer["total"]] if demand or needs else []
        shown = {tuple(key["key"] for key in group["keys"]): group for group in groups}
        assert sorted(shown) == sorted(demand.keys() | needs.keys())
        for cell, group in shown.items():
            for name in _names(group):
                assert group[name]["n"] == demand.get(cell, {}).get(name, 0), (by, cell, name)
            counted = group["needs_expressed"]["n"], group["needs_without_offer"]["n"]
            assert counted == needs.get(cell, (0, 0)), (by, cell)
            assert group["places_free"] == (pytest.approx(free[cell]) if cell in free else None), (by, cell)
            assert (group["places_reason"] is None) == (cell in free)
    assert set((await verify(town.context.database, house.org_id)).values()) == {0}


def _names(group: dict[str, Any]) -> list[str]:
    return [name for name, shown in group.items() if isinstance(shown, dict) and not name.startswith("needs_")]


def _free(
    town: Town, reports: list[dict[str, Any]], since: date, until: date, by: tuple[str, ...], kind: str | None
) -> dict[oracle.Cell, float]:
    """Return the places free of each cell; none where they would be of several kinds."""
    if kind is None and "kind" not in by:
        return {}
    rooms = {room: where for room, where in town.facilities.items() if kind in {None, where[0]}}
    return oracle.places(reports, rooms, since, until, by)


async def _ask(
    client: httpx.AsyncClient, token: str, since: date, until: date, by: tuple[str, ...], kind: str | None
) -> dict[str, Any]:
    parameters = {"from": str(since), "to": str(until), "group_by": list(by), **({"kind": kind} if kind else {})}
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.get("/v1/metrics/unmet-demand", params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _encounter(house: members.House, start: datetime, fact: dict[str, Any]) -> dict[str, Any]:
    said = {name: fact[name] for name in ("territory", "needs", "withdrawn")}
    return planted.encounter(house, start + fact["after"], **said)


def _referral(
    house: members.House, start: datetime, fact: dict[str, Any], encounters: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a referral; one made in an encounter has its service day and its territory."""
    at = start + fact["after"]
    met = encounters[fact["encounter"]] if fact["encounter"] is not None else None
    in_it = {"encounter_id": met["id"], "cohort_day": met["service_day"]} if met else {}
    return planted.referral(
        house, at, kind=fact["kind"], territory=met["territory"] if met else fact["territory"],
        received_at=at + timedelta(hours=fact["received_after"]), first_state="offered", state=fact["state"],
        reason=fact["reason"], **{step: at if step in fact["reached"] else None for step in _instants}, **in_it,
    )  # fmt: skip


def _report(town: Town, start: datetime, fact: dict[str, Any]) -> dict[str, Any]:
    said = planted.report(
        list(town.facilities)[fact["facility"]], town.operator, start + fact["after"], opened=fact["open"]
    )
    return said | {"places_free": fact["places_free"]}
