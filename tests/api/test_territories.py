"""Where people are met: shares, the shift between periods, displacement around a target, dated events."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.directory import upkeep
from app.directory.records import Annotation
from app.directory.vocabulary import AnnotationKind, Label
from app.encounters.models import Encounter
from app.http.context import Context
from app.patrols.models import Patrol
from app.settings import Settings
from tests import make, members, planted
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker, measures, values
from tests.street import notes

_BEFORE = datetime(2026, 2, 10, 22, tzinfo=ZoneInfo("Europe/Paris"))
_AFTER = datetime(2026, 3, 10, 22, tzinfo=ZoneInfo("Europe/Paris"))
_MONTH = ("2026-03-01", "2026-03-29")
"""28 days; the previous ones are those of February."""


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every test."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def asker(client: httpx.AsyncClient, context: Context, house: House, clock: SetClock) -> Asker:
    found = await planted.asker(client, context, house)
    clock.now = NIGHT + timedelta(days=60)
    return found


async def met(asker: Asker, before: dict[str, int], after: dict[str, int], **facts: Any) -> None:
    """Plant so many people in each territory before and after."""
    rows = [
        planted.encounter(asker.house, at, territory=code, people_count=people, **facts)
        for at, counts in ((_BEFORE, before), (_AFTER, after))
        for code, people in counts.items()
    ]
    await planted.plant(asker.context, Encounter, rows)


def listed(shown: Json) -> dict[str, Json]:
    return {one["territory"]: one for one in shown["territories"]}


async def test_territories_have_shares_and_contacts_per_hour(asker: Asker) -> None:
    patrol = planted.patrol(asker.house, _AFTER, _AFTER + timedelta(hours=4), territories=["7511803", "7511804"])
    await planted.plant(asker.context, Patrol, [patrol])
    await met(asker, {}, {"7511803": 6, "7512001": 1}, patrol_id=patrol["id"])
    await met(asker, {"93066": 5}, {"93066": 3}, outside_perimeter=True)
    shown = await asker.ask("territories", *_MONTH)
    assert (shown["previous_from"], shown["previous_to"]) == ("2026-02-01", "2026-03-01")
    found = listed(shown)
    counted = {code: (one["contacts"]["n"], one["previous_contacts"]["n"], one["hours"]) for code, one in found.items()}
    assert counted == {"7511803": (6, 0, 2), "7511804": (0, 0, 2), "7512001": (1, 0, 0), "93066": (3, 5, 0)}
    assert values(found["7511803"]) == {"territory_share": 0.6, "territory_contacts_per_hour": 3}
    assert found["7511803"]["label"] == {"fr": "Goutte-d'Or", "en": "Goutte-d'Or"}
    assert values(found["7511804"]) == {"territory_share": 0, "territory_contacts_per_hour": 0}
    elsewhere = measures(found["7512001"])["territory_contacts_per_hour"]
    assert (elsewhere["value"], elsewhere["reason"]) == (None, "no patrol lists this territory")
    assert found["93066"]["outside_perimeter"]
    whole = measures(shown)
    assert whole["outside_perimeter_share"]["value"] == 0.3
    assert (whole["territory_contacts_per_hour"]["value"], whole["territory_contacts_per_hour"]["unknown"]) == (1.75, 3)


async def test_the_map_shifts_by_the_divergence_of_its_two_periods(asker: Asker) -> None:
    await met(asker, {"7511803": 4}, {"7511803": 5, "7511804": 5})
    shown = values(await asker.ask("territories", *_MONTH))
    assert shown["territory_divergence"] == pytest.approx(0.311278, abs=1e-6)
    empty = measures(await asker.ask("territories", "2026-04-01", "2026-04-02"))["territory_divergence"]
    assert (empty["value"], empty["reason"]) == (None, "no contacts in this period or the previous one")


async def test_what_left_a_target_is_looked_for_in_its_neighbours(asker: Asker) -> None:
    """La Chapelle touches Goutte-d'Or, three other quarters and two communes, not Belleville and Charonne."""
    before = {"7511804": 50, "7511803": 30, "7512001": 40, "7512004": 10, "93048": 9}
    after = {"7511804": 25, "7511803": 42, "7512001": 40, "7512004": 10, "93048": 50}
    await met(asker, before, after)
    shown = (await asker.ask("territories", *_MONTH, target="7511804"))["displacement"]
    assert shown["target"] == {
        "territories": ["7511804"], "before": {"n": 50, "small": False}, "after": {"n": 25, "small": False},
    }  # fmt: skip
    assert shown["buffer"]["territories"] == ["7511001", "7511803", "7511901", "7511902", "93001", "93066"]
    assert {"75118", "7511803", "7511901"}.isdisjoint(shown["control"]["territories"])
    assert (shown["buffer"]["before"]["n"], shown["buffer"]["after"]["n"]) == (30, 42)
    assert set(shown["control"]["territories"]) >= {"7512001", "7512004"}
    assert "93048" not in shown["control"]["territories"]
    assert (shown["control"]["before"]["n"], shown["control"]["after"]["n"]) == (50, 50)
    assert (shown["success"], shown["displaced"]) == (-0.5, 0.24)
    assert shown["quotient"] == pytest.approx(-0.48)


async def test_displacement_without_a_control_is_null_with_its_reason(asker: Asker) -> None:
    await met(asker, {"7511804": 5}, {"7511804": 2})
    shown = (await asker.ask("territories", *_MONTH, target="75118"))["displacement"]
    assert shown["target"]["after"]["n"] == 2
    assert (shown["quotient"], shown["reason"]) == (None, "nothing in the control area in one of the periods")
    assert (await asker.ask("territories", *_MONTH))["displacement"] is None
    assert (await asker.get("territories", *_MONTH, target="7519999")).status_code == 404
    assert (await asker.get("territories", *_MONTH, target="7511804", territory="93")).status_code == 404


async def test_who_sees_a_perimeter_sees_nothing_outside_it(
    client: httpx.AsyncClient, context: Context, asker: Asker, clock: SetClock
) -> None:
    """In a month that no other test uses: a perimeter shows everybody's contacts."""
    clock.now = NIGHT
    city = await planted.asker(client, context, asker.house, everybody=True)
    theirs = await members.found(context)
    at = _AFTER + timedelta(days=90)
    rows = [
        planted.encounter(house, at, territory=code) for house in (asker.house, theirs) for code in ("7511804", "93066")
    ]
    await planted.plant(context, Encounter, rows)
    clock.now = NIGHT + timedelta(days=200)
    period = ("2026-06-01", "2026-07-01")
    everybody, own = await city.ask("territories", *period), await asker.ask("territories", *period)
    assert {code: one["contacts"]["n"] for code, one in listed(everybody).items()} == {"7511804": 2}
    assert {code: one["contacts"]["n"] for code, one in listed(own).items()} == {"7511804": 1, "93066": 1}
    outside = measures(everybody)["outside_perimeter_share"]
    assert (outside["value"], outside["reason"]) == (None, "nothing outside the perimeter is in view")
    assert [note["target"] for note in await notes(context, asker.house.org_id, "metrics.territories")] == [None, None]


async def test_dated_events_of_the_period_and_the_territories_stand_beside(asker: Asker, context: Context) -> None:
    events = [(1, None), (28, None), (29, None), (10, "7511804"), (11, "75118"), (12, "75120")]
    async with context.database.writing() as session:
        for day, code in events:
            new = Annotation(
                UUID(make.new_id()),
                date(2026, 3, day),
                code,
                AnnotationKind.eviction,
                Label("Évacuation", "Clearing"),
                "JO",
            )
            await upkeep.annotate(session, context.keyring, NIGHT, new)
    days = {
        territory: [one["day"][-2:] for one in (await asker.ask("territories", *_MONTH, **limit))["annotations"]]
        for territory, limit in (
            ("all", {}),
            ("quarter", {"territory": "7511804"}),
            ("other", {"territory": "7511803"}),
        )
    }
    assert days == {
        "all": ["01", "10", "11", "12", "28"],
        "quarter": ["01", "10", "11", "28"],
        "other": ["01", "11", "28"],
    }


@pytest.mark.parametrize(("since", "until"), [("0001-01-01", "0001-02-01"), ("9999-12-01", "9999-12-31")])
async def test_the_ends_of_the_calendar_are_empty(asker: Asker, since: str, until: str) -> None:
    shown = await asker.ask("territories", since, until, target="7511804")
    assert (shown["territories"], shown["previous_from"] is None) == ([], since == "0001-01-01")
