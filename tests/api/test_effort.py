"""Patrol hours, contacts per hour, and nights: worked examples, the nights of 8 and 10 hours among them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.directory import upkeep
from app.directory.models import FacilityReport
from app.directory.rules import Hours
from app.directory.vocabulary import Weekday
from app.encounters.models import Encounter
from app.http.context import Context
from app.metrics.refreshing import refresh, verify
from app.patrols.models import Patrol
from app.settings import Settings
from tests import members, places, planted
from tests.clock import SetClock
from tests.members import House
from tests.planted import Asker, measures, values
from tests.street import notes

_LATER = datetime(2027, 6, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))


def paris(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Paris"), fold=fold).astimezone(ZoneInfo("UTC"))  # type: ignore[misc,arg-type]  # year, month, day are among them


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every test."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def asker(client: httpx.AsyncClient, context: Context, house: House, clock: SetClock) -> Asker:
    found = await planted.asker(client, context, house)
    clock.now = _LATER
    return found


async def out(asker: Asker, start: datetime, end: datetime | None, people: tuple[int, ...] = (), **facts: Any) -> UUID:
    """Plant a patrol and the encounters made at its start."""
    patrol = planted.patrol(asker.house, start, end, **facts)
    await planted.plant(asker.context, Patrol, [patrol])
    met = [planted.encounter(asker.house, start, people_count=n, patrol_id=patrol["id"]) for n in people]
    await planted.plant(asker.context, Encounter, met)
    return UUID(str(patrol["id"]))


async def test_contacts_are_divided_by_the_hours_of_patrols_whose_length_is_known(asker: Asker) -> None:
    evening = paris(2026, 3, 2, 20)
    await out(asker, evening, evening + timedelta(hours=4), (1, 5))
    await out(asker, evening, evening + timedelta(hours=2))
    await out(asker, evening, None, (2,))
    await out(asker, evening, evening + timedelta(hours=25), (3,))
    await out(asker, evening, evening + timedelta(hours=3), withdrawn=True)
    loose = [planted.encounter(asker.house, evening), planted.encounter(asker.house, evening, withdrawn=True)]
    await planted.plant(asker.context, Encounter, loose)
    total = (await asker.ask("effort", "2026-03-01", "2026-04-01"))["total"]
    shown = measures(total)
    assert values(total) == {
        "patrols_held": 4, "patrols_held_of_planned": None, "patrols_open_ended": 1, "patrols_absurd": 1,
        "patrols_without_contact": 0.25, "patrol_hours": 6, "contacts_per_patrol_hour": 1, "nights_with_patrol": 1,
        "night_patrol_hours": 4, "night_open_hours_planned": 0, "night_openings_reported": None,
    }  # fmt: skip
    rate = shown["contacts_per_patrol_hour"]
    assert (rate["n"], rate["denominator"], rate["unknown"], rate["base"]) == (6, 6, 6, 12)
    assert shown["patrols_held_of_planned"]["reason"] == "no plan of patrols is recorded"
    assert (shown["patrols_held"]["unknown"], shown["patrols_held"]["small"]) == (2, True)
    assert shown["nights_with_patrol"]["denominator"] == 31


@pytest.mark.parametrize(
    ("start", "end", "hours", "night"),
    [
        (paris(2026, 3, 28, 21), paris(2026, 3, 29, 6), 8, 8),  # the clock jumps from 02:00 to 03:00
        (paris(2026, 3, 28, 20), paris(2026, 3, 29, 8), 11, 8),
        (paris(2026, 10, 24, 21), paris(2026, 10, 25, 6), 10, 10),  # 02:00 comes twice
        (paris(2026, 10, 25, 2, 30), paris(2026, 10, 25, 2, 30, fold=1), 1, 1),
        (paris(2026, 12, 31, 20, 30), paris(2027, 1, 1, 1, 30), 5, 4.5),
        (paris(2026, 6, 1, 6), paris(2026, 6, 1, 21), 15, 0),
        (paris(2026, 6, 1, 12), paris(2026, 6, 2, 12), 24, 9),
    ],
)
async def test_hours_of_the_night_are_those_that_pass(
    asker: Asker, start: datetime, end: datetime, hours: float, night: float
) -> None:
    await out(asker, start, end)
    shown = values((await asker.ask("effort", "2026-01-01", "2027-02-01"))["total"])
    assert (shown["patrol_hours"], shown["night_patrol_hours"]) == (hours, night)


async def test_a_patrol_that_arrives_after_the_figures_of_its_encounters_is_counted_at_once(asker: Asker) -> None:
    evening = paris(2026, 3, 2, 20)
    patrol = planted.patrol(asker.house, evening, evening + timedelta(hours=20))
    met = [
        planted.encounter(asker.house, evening + timedelta(hours=later), people_count=2, patrol_id=patrol["id"])
        for later in (1, 17, 41)  # the same service day, the next one, and one too far off
    ]
    await planted.plant(asker.context, Encounter, met)
    for late in (False, True):
        await refresh(asker.context.database)
        if late:
            await planted.plant(asker.context, Patrol, [patrol])
        for day, contacts in (("2026-03-02", 2), ("2026-03-03", 2), ("2026-03-04", 0)):
            next_day = date.fromisoformat(day) + timedelta(days=1)
            rate = measures((await asker.ask("effort", day, next_day))["total"])["contacts_per_patrol_hour"]
            assert (rate["n"], rate["base"]) == (contacts if late else 0, 2)
    await refresh(asker.context.database)
    assert set((await verify(asker.context.database, asker.house.org_id)).values()) == {0}


async def test_a_patrol_over_new_year_is_of_the_old_year(asker: Asker) -> None:
    await out(asker, paris(2026, 12, 31, 23), paris(2027, 1, 1, 3), (2,))
    groups = (await asker.ask("effort", "2026-12-30", "2027-01-03", group_by="year"))["groups"]
    assert [(one["key"], one["period_to"], values(one)["patrol_hours"]) for one in groups] == [
        ("2026-12-30", "2027-01-01", 4),
        ("2027-01-01", "2027-01-03", 0),
    ]
    assert values(groups[1])["contacts_per_patrol_hour"] is None
    assert measures(groups[1])["contacts_per_patrol_hour"]["reason"] == "no patrol hours"
    assert measures(groups[1])["patrols_without_contact"]["reason"] == "no patrols"


async def test_teams_have_names_and_add_up(asker: Asker) -> None:
    evening = paris(2026, 3, 2, 20)
    await out(asker, evening, evening + timedelta(hours=4), (1,))
    shown = await asker.ask("effort", "2026-03-01", "2026-04-01", group_by="team")
    [team] = shown["groups"]
    assert (team["key"], team["label"]["fr"]) == (str(asker.house.team_id), "Maraude")
    assert values(team)["contacts_per_patrol_hour"] == 0.25
    assert measures(team)["night_open_hours_planned"]["reason"] == "opening hours belong to facilities, not to teams"


async def test_time_is_shared_among_the_territories_of_a_patrol(asker: Asker) -> None:
    evening = paris(2026, 3, 2, 20)
    await out(asker, evening, evening + timedelta(hours=6), (4,), territories=["7511803", "7511804", "93066"])
    await out(asker, evening, evening + timedelta(hours=6), territories=[])
    here, arrondissement, whole = [
        values((await asker.ask("effort", "2026-03-01", "2026-04-01", **limit))["total"])
        for limit in ({"territory": "7511803"}, {"territory": "75118"}, {})
    ]
    assert (here["patrols_held"], here["patrol_hours"], here["contacts_per_patrol_hour"]) == (1, 2, 2)
    assert (arrondissement["patrols_held"], arrondissement["patrol_hours"]) == (1, 4)
    assert (whole["patrols_held"], whole["patrol_hours"]) == (2, 12)


async def test_what_other_organisations_do_is_not_seen(
    client: httpx.AsyncClient, context: Context, asker: Asker
) -> None:
    evening = paris(2026, 3, 2, 20)
    theirs = await planted.asker(client, context, await members.found(context))
    await out(theirs, evening, evening + timedelta(hours=4), (1,))
    assert values((await asker.ask("effort", "2026-03-01", "2026-04-01"))["total"])["patrols_held"] == 0
    assert (await asker.get("effort", "2026-03-01", "2026-04-01", territory="7519999")).status_code == 404
    written = await notes(context, asker.house.org_id, "metrics.effort")
    assert [note["group_by"] for note in written] == [None]


async def test_nights_planned_open_are_held_against_what_facilities_said(
    asker: Asker, context: Context, clock: SetClock
) -> None:
    facility = await places.opened(context, asker.house)
    always = [Hours(day, 20 * 60, 32 * 60, date(2026, 1, 1)) for day in Weekday]
    async with context.database.writing() as session:
        await upkeep.plan_hours(session, context.keyring, context.clock(), facility, date(2026, 1, 1), always)
    clock.advance(timedelta(seconds=6))  # the directory is looked at again
    said = [
        (paris(2026, 3, 27, 22), True), (paris(2026, 3, 28, 5, 59), False),  # of one night
        (paris(2026, 3, 29, 1), False),
        (paris(2026, 3, 29, 20, 59), True), (paris(2026, 3, 30, 6), True),  # not at night
    ]  # fmt: skip
    rows = [planted.report(facility, asker.house, at, opened=opened) for at, opened in said]
    await planted.plant(context, FacilityReport, rows)
    shown = measures((await asker.ask("effort", "2026-03-27", "2026-03-30"))["total"])
    assert (shown["night_open_hours_planned"]["value"], shown["night_open_hours_planned"]["denominator"]) == (26, 26)
    opened = shown["night_openings_reported"]
    assert (opened["value"], opened["n"], opened["denominator"]) == (0.5, 1, 2)
    assert (opened["unknown"], opened["base"]) == (1, 3)


@pytest.mark.parametrize(("since", "until"), [("0001-01-01", "0001-02-01"), ("9999-12-01", "9999-12-31")])
async def test_the_ends_of_the_calendar_are_empty(asker: Asker, since: str, until: str) -> None:
    for group_by in ({}, {"group_by": "team"}):
        shown = await asker.ask("effort", since, until, **group_by)
        assert values(shown["total"])["patrol_hours"] == 0


async def test_a_series_of_too_many_days_is_invalid(asker: Asker) -> None:
    answer = await asker.get("effort", "2024-01-01", "2026-01-01", group_by="day")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?group_by")
