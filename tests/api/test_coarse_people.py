"""Who showed a card on which day is forgotten with the day: months stay what they were, and nothing finer is left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.ingest.coarse import fine_from
from app.metrics.linking import KEPT_BY_MONTH
from app.metrics.people.models import AloneFact, PeopleFact
from app.metrics.refreshing import FACTS, rebuild, refresh, verify
from app.retention.service import purge
from tests import make, members, planted
from tests.clock import SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker
from tests.street import rows

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
FINE = fine_from(NOW - timedelta(hours=1))
MONTHS = (date(2026, 2, 1), date(2026, 3, 1), FINE.replace(day=1))
"""Those that are coarse, the last in part."""
_FIRST, _DAYS, _CARDS = date(2026, 2, 1), 140, 9
_OVER = _FIRST + timedelta(days=_DAYS)
WHOLE = (("2026-02-01", "2026-03-01"), ("2026-02-01", _OVER), ("2026-03-01", FINE), ("2026-01-01", "2027-01-01"))
IN_PART = (("2026-02-02", "2026-03-01"), ("2026-02-01", "2026-02-28"), ("2026-03-02", _OVER))
Sets = Mapping[tuple[date, str], BitMap]


def _nights() -> Iterator[tuple[datetime, int]]:
    """When each card was shown: the first on one night in 27, the last on one in three."""
    for number in range(_DAYS):
        day = _FIRST + timedelta(days=number)
        for card in range(_CARDS):
            if number % (3 * (_CARDS - card)) == card:
                yield datetime(day.year, day.month, day.day, 20, 10 + card, tzinfo=UTC), card


def _met(since: date | str, until: date | str) -> int:
    """Return how many different cards were shown in [since, until)."""
    first, end = (one if isinstance(one, date) else date.fromisoformat(one) for one in (since, until))
    return len({card for at, card in _nights() if first <= at.date() < end})


@dataclass(frozen=True)
class Told:
    """What was answered, and which sets of people there were, before the days became coarse and after."""

    asker: Asker
    before: dict[str, list[Json]]
    after: dict[str, list[Json]]
    sets_before: Sets
    sets_after: Sets


async def _answers(asker: Asker) -> dict[str, list[Json]]:
    ask = asker.ask
    return {
        "whole": [await ask("reach", *span, granularity="month") for span in WHOLE],
        "split": [await ask("reach", *span, granularity="month", group_by="territory") for span in WHOLE],
        "in part": [await ask("reach", *span, granularity="month", group_by="territory") for span in IN_PART],
        "fine": [
            await ask("reach", FINE, _OVER, granularity="day"),
            await ask("coverage", "2026-03-01", FINE + timedelta(days=42)),
        ],
        "coverage": [await ask("coverage", "2026-03-01", FINE + timedelta(days=41))],
    }


async def _sets(context: Context, house: House) -> Sets:
    found = await rows(context, PeopleFact, org_id=house.org_id, span="day")
    return {(row["first_day"], row["territory"]): BitMap.deserialize(row["people"]) for row in found}


@pytest.fixture(scope="module")
async def told(client: httpx.AsyncClient, context: Context, clock: SetClock, city: None) -> Told:  # noqa: ARG001 - teams work in a city
    """Nights in two quarters from February to June; purged in July."""
    clock.now = NOW
    house = await members.found(context)
    seals = [context.keyring.seal(2026, make.code()) for _ in range(_CARDS)]
    places = (make.QUARTER, "7511802")
    met = [planted.encounter(house, at, link_id=seals[card], territory=places[at.day % 2]) for at, card in _nights()]
    await planted.plant(context, Encounter, met)
    await refresh(context.database)
    asker = Asker(client, context, house, await members.account_token(context, house, Role.coordinator))
    before, sets = await _answers(asker), await _sets(context, house)
    await purge(context.database, context.keyring, NOW)
    return Told(asker, before, await _answers(asker), sets, await _sets(context, house))


@pytest.fixture(autouse=True)
def _in_july(clock: SetClock, _clock_starts_over: None) -> None:
    clock.now = NOW


def _persons(period: Json) -> tuple[Any, Any]:
    [one] = [one for one in period["total"]["measures"] if one["code"] == "file_active"]
    return one["value"], one["reason"]


def _measures(period: Json) -> list[Json]:
    return [measure for group in (period["total"], *period["groups"]) for measure in group["measures"]]


def test_persons_of_whole_months_stay_what_they_were(told: Told) -> None:
    assert told.after["whole"] == told.before["whole"]
    assert [_persons(one["whole"]) for one in told.after["whole"]] == [(_met(*span), None) for span in WHOLE]
    assert told.after["split"] == told.before["split"]
    assert all(len(one["whole"]["groups"]) == 2 for one in told.after["split"])


@pytest.mark.parametrize("number", range(len(IN_PART)))
def test_persons_of_parts_of_months_are_unknown_with_the_reason_and_all_else_stays(told: Told, number: int) -> None:
    was, now = told.before["in part"][number], told.after["in part"][number]
    needing = {"file_active", "contacts_per_person"}
    assert _persons(was["whole"]) == (_met(*IN_PART[number]), None)
    for measure in _measures(now["whole"]):
        assert (measure["value"] is None, measure["reason"]) == (
            (True, KEPT_BY_MONTH) if measure["code"] in needing else (measure["value"] is None, measure["reason"])
        )
    assert len(_measures(now["whole"])) == len(_measures(was["whole"])) > 2 * len(needing)
    plain = [[one for one in _measures(of["whole"]) if one["code"] not in needing] for of in (was, now)]
    assert plain[0] == plain[1]


def test_whole_months_in_a_series_that_begins_in_the_middle_of_one_are_known(told: Told) -> None:
    series = told.after["in part"][2]["series"]
    known = [_persons(one)[0] for one in series]
    assert known == [None, *(_met(one["period_from"], one["period_to"]) for one in series[1:])]


def test_days_that_are_fine_answer_as_before(told: Told) -> None:
    assert told.after["fine"] == told.before["fine"]
    reach, coverage = told.after["fine"]
    assert [_persons(one)[0] for one in reach["series"]] == [
        _met(one["period_from"], one["period_to"]) for one in reach["series"]
    ]
    assert coverage["counted"]["persons"]["n"] == _met(FINE, FINE + timedelta(days=42))


def test_coverage_of_days_that_are_not_fine_is_unknown_with_the_reason(told: Told) -> None:
    assert told.before["coverage"][0]["counted"]
    [now] = told.after["coverage"]
    assert (now["counted"], "less detail" in now["reason"]) == (None, True)


async def test_no_set_tells_the_day_of_a_card_before_the_first_fine_one(told: Told, context: Context) -> None:
    coarse = {day for day, _ in told.sets_after if day < FINE}
    assert coarse == set(MONTHS)
    assert len({day for day, _ in told.sets_before if day < FINE}) > 30
    for (day, place), people in told.sets_after.items():
        if day >= FINE:
            assert people == told.sets_before[day, place]
            continue
        month = [
            some
            for (other, where), some in told.sets_before.items()
            if where == place and other < FINE and other.replace(day=1) == day
        ]
        assert people == BitMap().union(*month)
    alone = {row["day"] for row in await rows(context, AloneFact, org_id=told.asker.house.org_id)}
    assert min(alone) >= FINE


async def test_month_that_is_fine_in_part_counts_what_comes_late(told: Told, context: Context) -> None:
    assert 3 < FINE.day < 25
    span = (MONTHS[-1], "2026-05-01")
    late = datetime(FINE.year, FINE.month, FINE.day + 3, 20, tzinfo=UTC)
    house = told.asker.house
    link = context.keyring.seal(2026, make.code())
    await planted.plant(context, Encounter, [planted.encounter(house, late, link_id=link)])
    expected = (_met(*span) + 1, None)
    assert _persons((await told.asker.ask("reach", *span))["whole"]) == expected, "counted where the day is stale"
    for compute in (refresh, rebuild):
        await compute(context.database)
        assert _persons((await told.asker.ask("reach", *span))["whole"]) == expected
    assert await verify(context.database) == dict.fromkeys(FACTS, 0)
