"""Coverage: one street worked out by hand, and what is said when nothing can be."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import exp, log, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pyroaring import BitMap
from sqlalchemy import update
from sqlmodel import col

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.marks.queries import mark_days
from app.metrics.people.models import AloneFact
from app.metrics.refreshing import refresh, verify
from tests import make, members
from tests.clock import NIGHT
from tests.make import Json
from tests.members import House
from tests.street import notes, post, store

_FIRST = date(2026, 1, 20)
"""First service day of six weeks that end with the second of March."""
_PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def token(context: Context, house: House) -> str:
    return await members.account_token(context, house, Role.coordinator)


async def ask(client: httpx.AsyncClient, token: str, **parameters: Any) -> httpx.Response:
    asked = {"from": "2026-02-01", "to": "2026-03-03", **parameters}
    return await client.get("/v1/metrics/coverage", params=asked, headers={"Authorization": f"Bearer {token}"})


async def coverage(client: httpx.AsyncClient, token: str, **parameters: Any) -> Json:
    answer = await ask(client, token, **parameters)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def meet(phone: Device, days: Sequence[int], **facts: Any) -> None:
    """Meet one person on these days of the window (from 0), at 19:00."""
    evenings = [datetime(2026, 1, 20, 19, tzinfo=_PARIS) + timedelta(days=number) for number in days]
    await store(phone, "encounters", *(make.encounter(occurred_at=evening, **facts) for evening in evenings))


async def meet_many(phone: Device, persons: int, days: Sequence[int]) -> None:
    """Meet so many persons with cards of their own, each on these days."""
    for _ in range(persons):
        await meet(phone, days, card=make.code())


def reasons(shown: Json) -> set[str | None]:
    parts = [*shown["estimates"], shown["bracket"], shown["code_quality"], *shown["coverage"]]
    return {part["reason"] for part in parts}


# First, while there is little of anybody else that the upkeep would compute with it.
async def test_a_recount_finds_facts_and_cards_that_somebody_changed(
    phone: Device, context: Context, house: House
) -> None:
    await meet_many(phone, 2, [1, 5])
    await refresh(context.database)
    changes = (
        update(AloneFact).where(col(AloneFact.org_id) == house.org_id).values(with_card=99),
        update(AloneFact).where(col(AloneFact.org_id) == house.org_id).values(people=BitMap([99]).serialize()),
        update(Encounter).where(col(Encounter.org_id) == house.org_id).values(link_id=b"never seen so far"[:16]),
    )
    for change in changes:
        async with context.database.writing() as session:
            await session.execute(change)
        assert (await verify(context.database, house.org_id))["people"] > 0
        async with context.database.writing() as session:
            await mark_days(session, [(house.org_id, _FIRST + timedelta(days=number)) for number in (1, 5)])
        await refresh(context.database)
        assert (await verify(context.database, house.org_id))["people"] == 0


async def test_a_street_worked_out_by_hand(client: httpx.AsyncClient, phone: Device, token: str) -> None:
    """f1 = 30, f2 = 15, f3 = 10: n = 55; halves meet at the 21st day: n1 = 45, n2 = 35, m = 25."""
    await meet_many(phone, 20, [5])
    await meet_many(phone, 10, [30])
    await meet_many(phone, 15, [3, 25])
    await meet_many(phone, 10, [0, 20, 21])
    for _ in range(30):
        await meet(phone, [7])
    await meet(phone, [8], people_count=12)
    shown = await coverage(client, token)
    assert (shown["window_from"], shown["window_middle"], shown["window_to"]) == (
        "2026-01-20",
        "2026-02-10",
        "2026-03-03",
    )
    assert (shown["weeks"], shown["key_period"], shown["reason"]) == (6, 2026, None)
    counted = shown["counted"]
    assert counted["persons"] == {"n": 55, "small": False}
    assert counted["encounters"]["n"] == 120
    assert (counted["linked"]["numerator"], counted["linked"]["value"]) == (90, 0.75)
    assert {one["days"]: one["persons"]["n"] for one in counted["seen"]} == {1: 30, 2: 15, 3: 10}
    assert counted["seen"][2]["persons"]["small"] is True
    assert {name: half["n"] for name, half in counted["halves"].items()} == {"first": 45, "second": 35, "both": 25}
    values = {one["code"]: one["value"] for one in shown["estimates"]}
    assert values == pytest.approx(
        {
            "population_chao": 55 + 30 * 29 / 32,
            "population_one_inflation": 55 + 2 / 9 * 15**3 / 10**2,
            "population_zelterman": 55 / (1 - exp(-1)),
            "population_chapman": 46 * 36 / 26 - 1,
        }
    )
    spread = exp(1.96 * sqrt(log(1 + 15 * (2**4 / 4 + 2**3 + 2**2 / 2) / 27.1875**2)))
    chao, variant = shown["estimates"][0], shown["estimates"][1]
    assert (chao["low"], chao["high"]) == pytest.approx((55 + 27.1875 / spread, 55 + 27.1875 * spread))
    low, high = min(chao["low"], variant["low"]), max(chao["high"], variant["high"])
    assert list(shown["bracket"].values()) == [variant["value"], chao["value"], low, high, None]
    quality = shown["code_quality"]
    assert (quality["once"], quality["implied"], quality["excess"]) == pytest.approx((30, 15.0, 0.5))
    published, estimated, target = shown["coverage"]
    assert (published["value"], published["low"], published["high"]) == pytest.approx((55 / 750, 55 / 800, 55 / 700))
    assert (estimated["value"], estimated["low"], estimated["high"]) == pytest.approx(
        (55 / chao["value"], 55 / high, 55 / low)
    )
    assert (target["value"], target["reason"]) == (None, "no target recorded")
    assert {line["numerator"] for line in shown["coverage"]} == {55}


async def test_a_person_counts_once_a_service_day_and_not_when_entered_in_error(
    client: httpx.AsyncClient, phone: Device, token: str
) -> None:
    card = make.code()
    await meet(phone, [9, 9, 10], card=card)
    mistaken = make.encounter(occurred_at=NIGHT - timedelta(days=1), card=card)
    await store(phone, "encounters", mistaken)
    await post(phone, "encounters", {**mistaken, "revision": 2, "status": "entered_in_error"})
    counted = (await coverage(client, token))["counted"]
    assert [(one["days"], one["persons"]["n"]) for one in counted["seen"]] == [(2, 1)]
    assert counted["encounters"]["n"] == 3


async def test_with_few_persons_only_the_count_and_the_published_range_are_said(
    client: httpx.AsyncClient, phone: Device, token: str
) -> None:
    await meet_many(phone, 3, [5, 6])
    shown = await coverage(client, token)
    few = "fewer than 50 persons with a card were met in the window"
    assert {one["reason"] for one in shown["estimates"]} == {few}
    assert {one["value"] for one in shown["estimates"]} == {None}
    assert shown["bracket"] == {"lower": None, "upper": None, "low": None, "high": None, "reason": few}
    assert (shown["code_quality"]["suspicious"], shown["code_quality"]["reason"]) == (None, few)
    assert [line["value"] for line in shown["coverage"]] == [3 / 750, None, None]
    assert [line["reason"] for line in shown["coverage"]] == [None, few, "no target recorded"]


async def test_without_a_card_there_is_no_coverage_rather_than_none(
    client: httpx.AsyncClient, phone: Device, token: str
) -> None:
    await meet(phone, [5, 6])
    shown = await coverage(client, token)
    assert [line["value"] for line in shown["coverage"]] == [None] * 3
    assert shown["coverage"][0]["reason"] == "nobody with a card was met in the window"
    assert shown["counted"]["linked"]["value"] == 0


async def test_an_empty_window_has_no_linked_share(client: httpx.AsyncClient, token: str, city: None) -> None:  # noqa: ARG001 - seeds
    counted = (await coverage(client, token))["counted"]
    assert (counted["linked"]["value"], counted["linked"]["reason"]) == (None, "nothing in the denominator")
    assert counted["seen"] == []


class TestNewYear:
    """Cards are stored under another key from the first of January: a person would be two."""

    @pytest.mark.parametrize("until", ["2026-01-02", "2026-02-11"])
    async def test_refuses_a_window_across_it(self, client: httpx.AsyncClient, token: str, until: str) -> None:
        shown = await coverage(client, token, **{"from": "2025-12-01", "to": until})
        across = "the window straddles New Year, when cards get other numbers"
        assert (shown["reason"], shown["counted"], shown["key_period"]) == (across, None, None)
        assert reasons(shown) == {across}

    async def test_ends_the_window_of_its_last_night_at_midnight(
        self, client: httpx.AsyncClient, phone: Device, token: str
    ) -> None:
        card = make.code()
        evening = datetime(2025, 12, 31, 23, 30, tzinfo=_PARIS)
        meetings = [evening, evening + timedelta(hours=1)]
        await store(phone, "encounters", *(make.encounter(occurred_at=at, card=card) for at in meetings))
        counted = (await coverage(client, token, **{"from": "2025-12-01", "to": "2026-01-01"}))["counted"]
        assert (counted["encounters"]["n"], counted["linked"]["numerator"], counted["persons"]["n"]) == (2, 1, 1)
        assert counted["late"]["n"] == 2


class TestReach:
    async def test_of_an_organisation_ends_at_its_door(
        self, client: httpx.AsyncClient, other_phone: Device, token: str
    ) -> None:
        await meet_many(other_phone, 2, [5])
        assert (await coverage(client, token))["counted"]["persons"]["n"] == 0

    async def test_of_a_perimeter_knows_a_card_again_whichever_team_saw_it(
        self, client: httpx.AsyncClient, context: Context, house: House, phone: Device, other_phone: Device
    ) -> None:
        everybody = await members.account_token(context, house, Role.coordinator, "paris-nord-est")
        before = (await coverage(client, everybody))["counted"]["persons"]["n"]
        card = make.code()
        await meet(phone, [5], card=card)
        await meet(other_phone, [6], card=card)
        await meet(other_phone, [6], card=make.code(), territory="93066")
        assert (await coverage(client, everybody))["counted"]["persons"]["n"] == before + 1


class TestAQuestion:
    @pytest.mark.parametrize(("name", "value"), [("weeks", "3"), ("weeks", "9"), ("weeks", "six"), ("from", "soon")])
    async def test_that_cannot_be_answered_is_invalid(
        self, client: httpx.AsyncClient, token: str, name: str, value: str
    ) -> None:
        answer = await ask(client, token, **{name: value})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"?{name}"]

    @pytest.mark.parametrize(("since", "until"), [("0001-01-01", "0001-01-03"), ("9999-12-01", "9999-12-31")])
    async def test_at_either_end_of_time_is_answered(
        self, client: httpx.AsyncClient, token: str, since: str, until: str
    ) -> None:
        assert (await coverage(client, token, **{"from": since, "to": until}))["counted"]["persons"]["n"] == 0

    async def test_is_written_down_once(
        self, client: httpx.AsyncClient, context: Context, house: House, token: str
    ) -> None:
        await coverage(client, token, weeks=8, territory="75118")
        assert await notes(context, house.org_id, "metrics.coverage") == [
            {"from": "2026-02-01", "to": "2026-03-03", "weeks": 8, "territory": "75118", "kind": None}
        ]
