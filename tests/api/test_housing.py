"""Housing: worked examples, each a few stays and reports beside what comes of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.directory.models import FacilityReport
from app.directory.service import current_directory
from app.encounters.models import Encounter
from app.http.context import Context
from app.metrics.housing.definitions import INDICATORS
from app.referrals.models import Referral
from app.settings import Settings
from tests import make, members, places
from tests.clock import SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker, asker, encounter, plant, report
from tests.street import notes, store

_PARIS = ZoneInfo("Europe/Paris")
_HOTEL, _ASSORE = "emergency_housing", "reintegration_housing"
_AS_OF = datetime(2026, 12, 1, 12, tzinfo=UTC)
_CARD = b"c" * 16


def paris(month: int, day: int, hour: int = 12, minute: int = 0, year: int = 2026) -> datetime:
    """Return an instant by the clock in Paris."""
    return datetime(year, month, day, hour, minute, tzinfo=_PARIS).astimezone(UTC)


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the year: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def coordinator(client: httpx.AsyncClient, context: Context, house: House) -> Asker:
    return await asker(client, context, house)


def referred(house: House, kind: str, at: datetime, **changes: Any) -> Json:
    """A referral nobody has answered yet, made at an instant."""
    unset = dict.fromkeys(
        (
            "encounter_id", "facility_id", "previous_referral_id", "slip_digest", "link_id", "first_reason", "reason",
            "answer_channel", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at", "exited_at",
            "exit_destination", "due_at",
        )
    )  # fmt: skip
    return unset | {
        "org_id": house.org_id, "id": UUID(make.new_id(at)), "team_id": house.team_id, "kind": kind,
        "accompanied": False, "territory": make.QUARTER, "outside_perimeter": False, "cohort_day": at.date(),
        "created_at": at, "received_at": at, "first_state": "requested", "success": "admitted", "expires_after_s": 1,
        "rk": 0, "digest": b"0" * 32, "state": "requested", "state_at": at, "requested_at": at, "position": 0,
    } | changes  # fmt: skip


def stay(house: House, kind: str, came: datetime, left: datetime | None, to: str | None = None, **changes: Any) -> Json:
    """A referral admitted an hour after it was made."""
    facts = {"admitted_at": came, "exited_at": left, "exit_destination": to, "state": "admitted", "state_at": came}
    return referred(house, kind, came - timedelta(hours=1), **facts, **changes)


async def shown(asker: Asker, since: str, until: str, **parameters: Any) -> dict[str, Json]:
    """Return what is answered, by kind, on the first of December."""
    asker.context.clock.now = _AS_OF  # type: ignore[attr-defined]  # tests set the clock
    async with asker.context.database.reading() as session:  # the clock stands still between tests
        await current_directory(asker.context.database, session, _AS_OF, fresh=True)
    answer = await asker.ask("housing", since, until, **parameters)
    return {one["kind"]: one for one in answer["kinds"]}


def rates(*groups: Sequence[Json]) -> dict[str, tuple[int, int]]:
    return {rate["code"]: (rate["numerator"], rate["denominator"]) for group in groups for rate in group}


def counts(group: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a group, without their flags."""
    return {name: value["n"] for name, value in group.items() if isinstance(value, dict) and "n" in value}


async def test_places_offered_are_those_taken_when_reported_and_those_reported_free(
    context: Context, house: House, coordinator: Asker
) -> None:
    hotel = await places.opened(context, house, kind=_HOTEL)
    here = {"facility_id": hotel}
    await plant(
        context,
        Referral,
        [
            stay(house, _HOTEL, paris(3, 1, 18), paris(3, 4, 10), "street", **here),  # nights of the 1st, 2nd and 3rd
            stay(
                house, _HOTEL, paris(3, 2, 23), paris(3, 3, 10), "street", **here
            ),  # night of the 2nd, past the report
            stay(house, _HOTEL, paris(3, 2, 22), paris(3, 3, 4), "street"),  # nowhere known; gone at four
            stay(house, _HOTEL, paris(3, 2, 22), paris(3, 3, 5), "street"),  # nowhere known; there at four
        ],
    )
    said = [(paris(3, 2, 9), 5), (paris(3, 2, 21), 0), (paris(3, 3, 3, 59), None), (paris(3, 3, 20), 1)]
    rows = [report(hotel, house, at, opened=True) | {"places_free": free} for at, free in said]
    await plant(context, FacilityReport, rows)
    found = (await shown(coordinator, "2026-03-01", "2026-03-06", granularity="day"))[_HOTEL]
    assert [rates(night["rates"])["occupancy"] for night in found["series"]] == [(0, 0), (2, 1), (1, 2), (0, 2), (0, 0)]
    assert [rates(night["rates"])["saturated_nights"] for night in found["series"]] == [
        (0, 0), (1, 1), (0, 1), (0, 1), (0, 0),
    ]  # fmt: skip
    assert [night["over_capacity"] for night in found["series"]] == [False, True, False, False, False]
    assert found["series"][1]["rates"][0]["value"] == 2.0
    whole = found["occupancy"]
    assert rates(whole["rates"]) == {"occupancy": (3, 5), "saturated_nights": (1, 3)}
    assert (whole["facility_nights"], whole["nights_without_report"], whole["nights_over_capacity"]) == (5, 2, 1)
    assert (whole["place_nights"]["n"], found["nights_without_facility"]["n"], found["facilities"]) == (4, 1, 1)


@pytest.mark.parametrize(
    ("night", "came", "left", "covered"),
    [
        ("2026-03-28", paris(3, 29, 1, 30), paris(3, 29, 3, 30), 0),  # across the hour that does not exist
        ("2026-03-28", paris(3, 29, 1, 30), paris(3, 29, 4, 1), 1),
        ("2026-03-28", paris(3, 29, 4), paris(3, 29, 4, 1), 1),
        ("2026-03-28", paris(3, 28, 20), paris(3, 29, 4), 0),
        ("2026-10-24", paris(10, 25, 2, 30), paris(10, 25, 3, 59), 0),  # of the day with 25 hours
        ("2026-10-24", paris(10, 25, 2, 30), paris(10, 25, 4, 1), 1),
        ("2025-12-31", paris(12, 31, 23, year=2025), paris(1, 1, 8), 1),
    ],
)
async def test_a_stay_covers_the_nights_it_lasts_at_four_by_the_clock_in_paris(
    context: Context, house: House, coordinator: Asker, night: str, came: datetime, left: datetime, covered: int
) -> None:
    hotel = await places.opened(context, house, kind=_HOTEL)
    await plant(context, Referral, [stay(house, _HOTEL, came, left, "street", facility_id=hotel)])
    day = date.fromisoformat(night)
    around = [day - timedelta(days=1), day, day + timedelta(days=1)]
    seen = [
        (await shown(coordinator, str(one), str(one + timedelta(days=1))))[_HOTEL]["occupancy"]["place_nights"]["n"]
        for one in around
    ]
    assert seen == [0, covered, 0]


async def test_a_transfer_between_hotels_continues_the_stay(context: Context, house: House, coordinator: Asker) -> None:
    first = stay(house, _HOTEL, paris(5, 1), paris(5, 21), "other_temporary")
    second = stay(house, _HOTEL, paris(5, 22, 11), paris(6, 15), "street", previous_referral_id=first["id"])
    third = stay(house, _HOTEL, paris(6, 17), paris(6, 18), "unknown", previous_referral_id=second["id"])  # too late
    await plant(context, Referral, [first, second, third])
    found = (await shown(coordinator, "2026-05-01", "2026-07-01"))[_HOTEL]
    assert (found["stays"]["n"], found["transfers"]["n"], found["exits"]["total"]["n"]) == (2, 1, 2)
    assert [rates(at["rates"])["retention"] for at in found["retention"]] == [(1, 2), (0, 2), (0, 1)]
    assert [(step["days"], step["exits"]) for step in found["curve"]["steps"]] == [(1, 1), (45, 1)]
    to = {one["destination"]: one["count"]["n"] for one in found["exits"]["destinations"] if one["count"]["n"]}
    assert to == {"street": 1, "unknown": 1}
    assert rates(found["exits"]["rates"]) == {"exits_longer_stay": (0, 2), "exits_unknown": (1, 2)}


async def test_retention_is_of_stays_old_enough_and_a_step_further_is_no_failure(
    context: Context, house: House, coordinator: Asker
) -> None:
    came = paris(8, 20)  # 103 days before
    rows = [
        stay(house, _ASSORE, came, None),
        stay(house, _ASSORE, came, came + timedelta(days=90), "street"),
        stay(house, _ASSORE, came, came + timedelta(days=89, hours=23), "longer_stay_housing"),
        stay(house, _ASSORE, came, came + timedelta(days=29), "other_temporary"),
        stay(house, _ASSORE, paris(11, 20), None),  # 11 days before
    ]
    await plant(context, Referral, rows)
    found = (await shown(coordinator, "2026-08-01", "2026-12-01"))[_ASSORE]
    assert [rates(at["rates"]) for at in found["retention"]] == [
        {"retention": (3, 4), "retained_or_positive": (3, 4)},
        {"retention": (2, 4), "retained_or_positive": (3, 4)},
        {"retention": (0, 0), "retained_or_positive": (0, 0)},
    ]
    assert [at["not_old_enough"]["n"] for at in found["retention"]] == [1, 1, 5]
    assert [at["rates"][0]["reason"] for at in found["retention"]] == [None, None, "no stay was opened so long ago"]
    assert [at["survival"] for at in found["retention"]] == [0.75, 0.5, None]
    assert found["retention"][2]["reason"] == "no stay has been followed so long"
    assert (found["curve"]["median_days"], found["still_open"]["n"]) == (89, 2)


async def test_a_stay_is_blocked_by_a_wait_or_a_want_of_places_on_a_later_rung(
    context: Context, house: House, coordinator: Asker
) -> None:
    came = paris(9, 1)
    by_card = stay(house, _HOTEL, came, None, link_id=_CARD)
    by_chain, by_nothing, early = (stay(house, _ASSORE, came, None) for _ in range(3))
    again = referred(house, "longer_stay_housing", paris(9, 5), previous_referral_id=by_chain["id"])
    refused = {"state": "refused", "reason": "no_place"}
    rows = [
        by_card, by_chain, by_nothing, early, again,
        stay(house, _HOTEL, paris(11, 25), None, link_id=_CARD),  # not there for long
        referred(house, _ASSORE, paris(9, 3), link_id=_CARD, waitlisted_at=paris(9, 4), state="waitlisted"),
        referred(house, _HOTEL, paris(9, 3), link_id=_CARD, **refused),  # not a later rung
        referred(
            house, "longer_stay_housing", paris(9, 7), previous_referral_id=again["id"], **refused, state_at=paris(9, 8)
        ),
        referred(
            house, "longer_stay_housing", paris(9, 7), previous_referral_id=by_nothing["id"], state="refused",
            reason="not_eligible",
        ),
        referred(house, "longer_stay_housing", paris(8, 7), previous_referral_id=early["id"], **refused),
    ]  # fmt: skip
    await plant(context, Referral, rows)
    found = await shown(coordinator, "2026-11-01", "2026-12-01")
    assert counts(found[_HOTEL]["blocked"]) == {
        "open_long": 1, "with_card": 1, "blocked": 1, "by_reintegration": 1, "by_longer_stay": 0, "by_treatment": 0,
    }  # fmt: skip
    assert counts(found[_ASSORE]["blocked"]) == {
        "open_long": 3, "with_card": 0, "blocked": 1, "by_reintegration": 0, "by_longer_stay": 1, "by_treatment": 0,
    }  # fmt: skip
    assert found["longer_stay_housing"]["blocked"] is None
    long_ago = await shown(coordinator, "2026-09-01", "2026-09-04", blocked_after_days=1)
    assert long_ago[_ASSORE]["blocked"]["blocked"]["n"] == 0
    assert long_ago[_ASSORE]["blocked"]["open_long"]["n"] == 3


async def test_a_return_to_the_street_is_known_of_cards_within_their_year(
    context: Context, house: House, coordinator: Asker
) -> None:
    cards = [bytes([number]) * 16 for number in range(6)]
    ends = [paris(3, 10)] * 5 + [paris(7, 20)]  # 180 days after the last lie in another year
    rows = [
        stay(house, _HOTEL, left - timedelta(days=9), left, "other_temporary", link_id=card)
        for left, card in zip(ends, cards, strict=True)
    ]
    rows.append(stay(house, _HOTEL, paris(3, 1), paris(3, 10), "street"))
    await plant(context, Referral, rows)
    met = [(cards[0], 30, "street"), (cards[1], 29, "street"), (cards[2], 180, "squat"), (cards[3], 181, "street")]
    met += [(cards[4], 60, "shelter")]
    contacts = [
        encounter(house, paris(3, 10, 20) + timedelta(days=days), link_id=card, sleeping=sleeping)
        for card, days, sleeping in met
    ]
    contacts.append(encounter(house, paris(4, 20, 20), link_id=cards[4], sleeping="street", withdrawn=True))
    contacts.append(encounter(house, paris(9, 20, 20), link_id=cards[5], sleeping="street"))
    await plant(context, Encounter, contacts)
    found = (await shown(coordinator, "2026-03-01", "2026-12-01"))[_HOTEL]["return_to_street"]
    assert counts(found) == {"exits": 7, "with_card": 6, "followed": 5, "returned": 2}
    assert rates(found["rates"]) == {"returned": (2, 5), "followed": (5, 7)}


@pytest.mark.parametrize(
    ("left", "followed"),
    [
        (paris(7, 4, year=2025), 1),  # the last of 180 days is 31 December
        (paris(7, 5, year=2025), 0),
        (paris(6, 3), 1),  # the last of 180 days was yesterday
        (paris(6, 4), 0),
    ],
)
async def test_an_exit_is_followed_when_its_180_days_have_passed_within_the_year(
    context: Context, house: House, coordinator: Asker, left: datetime, followed: int
) -> None:
    row = stay(house, _HOTEL, left - timedelta(days=9), left, "unknown", link_id=_CARD)
    await plant(context, Referral, [row])
    day = left.date()
    found = (await shown(coordinator, str(day), str(day + timedelta(days=1))))[_HOTEL]["return_to_street"]
    assert (found["exits"]["n"], found["followed"]["n"]) == (1, followed)


@pytest.mark.parametrize(("since", "until"), [("2026-03-01", "2026-04-01"), ("0001-01-01", "0002-01-01"),
                                              ("9999-01-01", "9999-12-31")])  # fmt: skip
async def test_of_nothing_every_rate_is_null_and_says_why(coordinator: Asker, since: str, until: str) -> None:
    found = await shown(coordinator, since, until)
    for kind in found.values():
        every = [*kind["occupancy"]["rates"], *kind["exits"]["rates"], *kind["return_to_street"]["rates"]]
        every += [rate for at in kind["retention"] for rate in at["rates"]]
        assert {rate["value"] for rate in every} == {None}
        assert all(rate["reason"] for rate in every)
        assert [at["survival"] for at in kind["retention"]] == [None] * 3
        assert kind["stays"] == {"n": 0, "small": False}
    assert (_HOTEL in found) == (since in {"2026-03-01", "9999-01-01"})


class TestReach:
    async def test_occupancy_is_the_operators_and_stays_are_those_who_referred(
        self, client: httpx.AsyncClient, context: Context, house: House, operator: House, coordinator: Asker
    ) -> None:
        hotel = await places.opened(context, operator, kind=_HOTEL)
        await plant(context, Referral, [stay(house, _HOTEL, paris(3, 1), paris(3, 4), "street", facility_id=hotel)])
        theirs = await asker(client, context, operator)
        stranger = await asker(client, context, await members.found(context))
        seen = [(await shown(one, "2026-03-01", "2026-04-01"))[_HOTEL] for one in (coordinator, theirs, stranger)]
        assert [one["occupancy"]["place_nights"]["n"] for one in seen] == [0, 3, 0]
        assert [one["stays"]["n"] for one in seen] == [1, 0, 0]
        assert [one["facilities"] for one in seen] == [0, 1, 0]

    async def test_of_a_perimeter_ends_at_its_border(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        for place in ("7512001", "93066"):
            hotel = await places.opened(context, house, kind=_HOTEL, territory_code=place)
            row = stay(house, _HOTEL, paris(6, 1, year=2024), paris(6, 3, year=2024), "street", facility_id=hotel)
            await plant(context, Referral, [row | {"territory": place}])
        everybody = await asker(client, context, house, everybody=True)
        found = (await shown(everybody, "2024-06-01", "2024-07-01"))[_HOTEL]
        assert (found["occupancy"]["place_nights"]["n"], found["stays"]["n"], found["exits"]["total"]["n"]) == (2, 1, 1)
        assert (await everybody.get("housing", "2024-06-01", "2024-07-01", territory="93")).status_code == 404


async def test_what_devices_post_is_what_is_counted(
    client: httpx.AsyncClient, context: Context, clock: SetClock, house: House, coordinator: Asker
) -> None:
    hotel = await places.opened(context, house, kind=_HOTEL)
    phone, tablet = await members.enrolled(client, context, house), await places.desk(client, context, house, hotel)
    asked = make.lone_referral(kind=_HOTEL, facility_id=hotel)
    await store(phone, "referrals", asked)
    came = make.event(referral_id=asked["id"], state="admitted")
    await store(tablet, "referral-events", came)
    await store(tablet, "facility-reports", make.report(places_free=1))
    clock.now += timedelta(days=2)
    gone = make.stay_exit(referral_id=asked["id"], occurred_at=clock.now, destination="longer_stay_housing")
    await store(tablet, "stay-exits", gone)
    found = (await shown(coordinator, "2026-03-02", "2026-03-04", kind=_HOTEL))[_HOTEL]
    assert rates(found["occupancy"]["rates"], found["exits"]["rates"]) == {
        "occupancy": (2, 4), "saturated_nights": (0, 2), "exits_longer_stay": (0, 0), "exits_unknown": (0, 0),
    }  # fmt: skip
    later = (await shown(coordinator, "2026-03-04", "2026-03-05"))[_HOTEL]
    assert rates(later["exits"]["rates"])["exits_longer_stay"] == (1, 1)


async def test_a_question_is_written_down_once(context: Context, house: House, coordinator: Asker) -> None:
    await shown(coordinator, "2026-03-01", "2026-04-01", kind=_HOTEL, granularity="month")
    written = await notes(context, house.org_id, "metrics.housing")
    assert written == [
        {
            "from": "2026-03-01", "to": "2026-04-01", "territory": None, "kind": _HOTEL, "granularity": "month",
            "blocked_after_days": 30,
        }
    ]  # fmt: skip


async def test_a_kind_without_stays_is_not_housing(coordinator: Asker) -> None:
    assert await shown(coordinator, "2026-03-01", "2026-04-01", kind="rest_room") == {}
    every = await shown(coordinator, "2026-03-01", "2026-04-01")
    assert list(every) == [_HOTEL, _ASSORE, "longer_stay_housing", "addiction_treatment"]


_PARTS = {
    "housing_occupancy": ("occupancy", "occupancy"),
    "housing_saturated_nights": ("occupancy", "saturated_nights"),
    "housing_exits_longer_stay": ("exits", "exits_longer_stay"),
    "housing_return_to_street": ("return_to_street", "returned"),
    "housing_blocked_stays": ("blocked", "blocked"),
} | {
    f"housing_{words}_{days}": (str(days), code)
    for words, code in (("retention", "retention"), ("retained_or_positive", "retained_or_positive"))
    for days in (30, 90, 180)
}


@pytest.mark.parametrize("code", INDICATORS)
async def test_an_indicator_says_what_the_answer_about_housing_says(
    context: Context, house: House, coordinator: Asker, code: str
) -> None:
    hotel = await places.opened(context, house, kind=_HOTEL)
    seen: Json = {"facility_id": hotel, "link_id": _CARD}
    rows = [
        stay(house, _HOTEL, paris(3, 1), paris(3, 20), "longer_stay_housing", **seen),
        stay(house, _HOTEL, paris(3, 10), None, **seen),
        stay(house, _ASSORE, paris(3, 5), paris(4, 20), "street"),
    ]
    await plant(context, Referral, rows)
    await plant(context, FacilityReport, [report(hotel, house, paris(3, 8), opened=True) | {"places_free": 0}])
    months: list[tuple[str, str]] = [("2026-03-01", "2026-04-01"), ("2026-04-01", "2026-05-01")]
    part, rate = _PARTS[code]
    expected: list[tuple[str, str, int, int]] = []
    for month in months:
        for kind, found in (await shown(coordinator, *month)).items():
            if found.get(part, "") is None:
                continue
            groups = found[part] if part in found else next(at for at in found["retention"] if str(at["days"]) == part)
            listed = groups["rates"] if "rates" in groups else [groups["rate"]]
            expected += [
                (month[0], kind, one["numerator"], one["denominator"]) for one in listed if one["code"] == rate
            ]
    expected.sort()
    split, whole = await _figures(coordinator, code, split="kind"), await _figures(coordinator, code)
    assert sorted((one["period_from"], one["key"], one["n"], one["denominator"]) for one in split) == expected
    assert [(one["period_from"], one["n"], one["denominator"]) for one in whole] == [
        (since, sum(one[2] for one in expected if one[0] == since), sum(one[3] for one in expected if one[0] == since))
        for since, _ in months
    ]
    assert [one for one in (*split, *whole) if (one["value"] is None) != bool(one["reason"])] == []


async def _figures(asker: Asker, code: str, **parameters: str) -> list[Json]:
    """Return the figures of an indicator, month by month."""
    answer = await asker.client.get(
        f"/v1/indicators/{code}",
        params={"from": "2026-03-01", "to": "2026-05-01", "granularity": "month", **parameters},
        headers={"Authorization": f"Bearer {asker.token}"},
    )
    assert answer.status_code == 200, answer.text
    figures: list[Json] = answer.json()["figures"]
    return figures
