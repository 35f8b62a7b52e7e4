"""Reach: contacts and the persons behind them, worked out by hand."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from tests import make, members
from tests.clock import NIGHT
from tests.make import Json
from tests.members import House
from tests.street import notes, store

_PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def token(context: Context, house: House) -> str:
    return await members.account_token(context, house, Role.coordinator)


async def ask(client: httpx.AsyncClient, token: str, **parameters: Any) -> httpx.Response:
    asked = {"from": "2026-01-01", "to": "2026-04-01", **parameters}
    return await client.get("/v1/metrics/reach", params=asked, headers={"Authorization": f"Bearer {token}"})


async def reach(client: httpx.AsyncClient, token: str, **parameters: Any) -> Json:
    answer = await ask(client, token, **parameters)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def values(group: Json) -> dict[str, float | None]:
    return {measure["code"]: measure["value"] for measure in group["measures"]}


async def meet(phone: Device, day: str, **facts: Any) -> None:
    """Meet somebody at 22:00."""
    evening = datetime.fromisoformat(day).replace(hour=22, tzinfo=_PARIS)
    await store(phone, "encounters", make.encounter(occurred_at=evening, **facts))


async def test_a_season_worked_out_by_hand(client: httpx.AsyncClient, phone: Device, token: str) -> None:
    one, other = make.code(), make.code()
    await meet(phone, "2026-01-10", card=one, first_contact_this_year="yes")
    await meet(phone, "2026-01-31", card=one, first_contact_this_year="no")
    await meet(phone, "2026-02-01", card=one, first_contact_this_year="no", territory="7512001")
    await meet(phone, "2026-02-10", card=other)
    await meet(phone, "2026-02-11", first_contact_this_year="yes")
    await meet(phone, "2026-02-12", people_count=6)
    shown = await reach(client, token, group_by="territory")
    assert values(shown["whole"]["total"]) == {
        "contacts": 11,
        "encounters": 6,
        "file_active": 2,
        "first_contacts_without_card": 1,
        "anonymous_share": 7 / 11,
        "contacts_per_person": 2.0,
        "new_contacts": 2,
        "returning_contacts": 2,
    }
    january, february, march = shown["series"]
    assert [values(month["total"])["contacts"] for month in shown["series"]] == [2, 9, 0]
    assert [values(month["total"])["file_active"] for month in shown["series"]] == [1, 2, 0]
    assert [group["key"] for group in february["groups"]] == ["7511803", "7512001"]
    assert values(february["groups"][1])["file_active"] == 1
    assert february["groups"][0]["label"] == {"fr": "Goutte-d'Or", "en": "Goutte-d'Or"}
    assert (january["period_from"], january["period_to"]) == ("2026-01-01", "2026-02-01")
    assert march["groups"] == []
    assert [term["code"] for term in shown["terms"]] == list(values(march["total"]))
    assert {term["unit"] for term in shown["terms"]} == {
        "contacts", "encounters", "persons", "ratio", "contacts_per_person",
    }  # fmt: skip


async def test_what_cannot_be_known_has_a_reason(client: httpx.AsyncClient, phone: Device, token: str) -> None:
    await meet(phone, "2026-02-12", people_count=6)
    january, february, _ = (await reach(client, token))["series"]
    unsaid = {one["code"]: one["reason"] for one in february["total"]["measures"] if one["value"] is None}
    assert unsaid == {"file_active": "no card was shown", "contacts_per_person": "no card was shown"}
    nothing = {one["code"]: one["reason"] for one in january["total"]["measures"] if one["value"] is None}
    assert nothing == {"anonymous_share": "no contact", "contacts_per_person": "no card was shown"}
    first = next(one for one in february["total"]["measures"] if one["code"] == "new_contacts")
    assert (first["unknown"], first["base"], first["late"], first["small"]) == (6, 6, 1, True)


async def test_late_is_what_came_more_than_a_day_after_its_slot(
    client: httpx.AsyncClient, phone: Device, token: str
) -> None:
    """It is 21:00 on the second of March: the slot of 20:00 to 22:00 ended 23 hours ago, the one before it 25."""
    for hours in (1, 24, 26):
        await store(phone, "encounters", make.encounter(occurred_at=NIGHT - timedelta(hours=hours)))
    shown = await reach(client, token)
    assert {one["late"] for one in shown["whole"]["total"]["measures"]} == {1}


async def test_a_card_counts_once_in_each_calendar_year(client: httpx.AsyncClient, phone: Device, token: str) -> None:
    card = make.code()
    for day in ("2025-12-30", "2026-01-01", "2026-01-02"):
        await meet(phone, day, card=card)
    shown = await reach(client, token, **{"from": "2025-12-01", "to": "2026-02-01"}, granularity="year")
    assert shown["calendar_years"] == [2025, 2026]
    assert [values(year["total"])["file_active"] for year in shown["series"]] == [1, 1]
    assert values(shown["whole"]["total"])["file_active"] == 2


async def test_a_night_belongs_to_the_day_it_began(client: httpx.AsyncClient, phone: Device, token: str) -> None:
    morning = datetime(2026, 3, 1, 3, tzinfo=_PARIS)
    await store(phone, "encounters", make.encounter(occurred_at=morning))
    shown = await reach(client, token, **{"from": "2026-02-28", "to": "2026-03-02"}, granularity="day")
    assert [values(day["total"])["contacts"] for day in shown["series"]] == [1, 0]
    assert shown["group_by"] is None


async def test_teams_have_names(client: httpx.AsyncClient, house: House, phone: Device, token: str) -> None:
    await meet(phone, "2026-02-12")
    group = (await reach(client, token, group_by="team"))["whole"]["groups"][0]
    assert (group["key"], group["label"]) == (str(house.team_id), {"fr": "Maraude", "en": "Maraude"})


async def test_an_organisation_sees_its_own_and_a_perimeter_one_person_where_two_teams_met_one(
    client: httpx.AsyncClient, context: Context, house: House, phone: Device, other_phone: Device, token: str
) -> None:
    everybody = await members.account_token(context, house, Role.coordinator, "paris-nord-est")
    period: dict[str, Any] = {"from": "2025-11-03", "to": "2025-11-10"}
    card = make.code()
    for team in (phone, other_phone):
        await meet(team, "2025-11-05", card=card)
    await meet(other_phone, "2025-11-05", card=make.code(), territory="93066")
    own = values((await reach(client, token, **period))["whole"]["total"])
    assert (own["contacts"], own["file_active"]) == (1, 1)
    together = values((await reach(client, everybody, **period))["whole"]["total"])
    assert (together["contacts"], together["file_active"], together["contacts_per_person"]) == (2, 1, 2.0)
    assert (await ask(client, everybody, **period, territory="93066")).status_code == 404


class TestAQuestion:
    @pytest.mark.parametrize(
        ("parameters", "pointer"),
        [
            ({"granularity": "decade"}, "?granularity"),
            ({"group_by": "kind"}, "?group_by"),
            ({"granularity": "day", "from": "2024-01-01", "to": "2026-01-01"}, "?granularity"),
            ({"granularity": "day", "group_by": "team"}, "?granularity"),
            ({"to": "2026-01-01"}, "?to"),
        ],
    )
    async def test_that_cannot_be_answered_is_invalid(
        self, client: httpx.AsyncClient, token: str, parameters: dict[str, Any], pointer: str
    ) -> None:
        answer = await ask(client, token, **parameters)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]

    async def test_about_the_end_of_time_is_answered(self, client: httpx.AsyncClient, token: str) -> None:
        shown = await reach(client, token, **{"from": "9999-12-01", "to": "9999-12-31"})
        assert values(shown["whole"]["total"])["contacts"] == 0

    async def test_is_written_down_once(
        self, client: httpx.AsyncClient, context: Context, house: House, token: str
    ) -> None:
        await reach(client, token, granularity="week", group_by="team")
        assert await notes(context, house.org_id, "metrics.reach") == [
            {
                "from": "2026-01-01", "to": "2026-04-01", "granularity": "week",
                "group_by": "team", "territory": None, "kind": None,
            }
        ]  # fmt: skip
