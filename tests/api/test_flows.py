"""Flows between rungs: worked examples, each a few referrals beside the links that come of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.metrics.refreshing import FACTS, refresh, verify
from app.referrals.models import Referral
from app.settings import Settings
from tests import make, members
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker, asker, plant
from tests.street import notes, outcomes, post, store

_AS_OF = datetime(2026, 12, 1, 12, tzinfo=UTC)
_MADE = datetime(2026, 6, 1, 20, tzinfo=UTC)
_CARD = b"c" * 16
_RULES = ("chain", "card", "first", "unlinked", "exit")


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the year: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def coordinator(client: httpx.AsyncClient, context: Context, house: House) -> Asker:
    return await asker(client, context, house)


def referred(house: House, kind: str, days: float, **changes: Any) -> Json:
    """A referral that nobody answered, made so many days after the first of June."""
    at = _MADE + timedelta(days=days)
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
        "created_at": at, "received_at": at, "first_state": "requested", "expires_after_s": 1,
        "success": "arrived" if kind == "rest_room" else "admitted", "rk": 0, "digest": b"0" * 32,
        "state": "requested", "state_at": at, "requested_at": at, "position": 0,
    } | changes  # fmt: skip


def succeeded(house: House, kind: str, days: float, **changes: Any) -> Json:
    """A referral that succeeded two hours after it was made."""
    at = _MADE + timedelta(days=days, hours=2)
    state = "arrived" if kind == "rest_room" else "admitted"
    return referred(house, kind, days, state=state, state_at=at, **{f"{state}_at": at}, **changes)


async def shown(asker: Asker, since: str = "2026-06-01", until: str = "2026-07-01", **parameters: Any) -> Json:
    """Return what is answered on the first of December."""
    asker.context.clock.now = _AS_OF  # type: ignore[attr-defined]  # tests set the clock
    return await asker.ask("flows", since, until, **parameters)


Links = dict[tuple[str, str, str], int]


def links(answer: Json) -> Links:
    return {(link["source"], link["target"], link["rule"]): link["value"] for link in answer["links"]}


# First, while there is little of anybody else that the upkeep would compute with it.
async def test_what_is_learnt_late_of_a_referral_changes_the_days_of_those_that_look_back_at_it(
    phone: Device, context: Context, clock: SetClock, coordinator: Asker
) -> None:
    """Asked with days stale and again after the upkeep: of a chain, of a card, and after a withdrawal."""

    async def flowed() -> tuple[Links, Links]:
        stale = links(await shown(coordinator, "2026-03-02", "2026-03-03"))
        await refresh(context.database)
        kept = links(await shown(coordinator, "2026-03-02", "2026-03-03"))
        clock.now = NIGHT
        assert await verify(context.database, coordinator.house.org_id) == dict.fromkeys(FACTS, 0)
        return stale, kept

    card, early = make.code(), NIGHT - timedelta(days=2)
    asked = make.referral()
    met = make.encounter(card=card, occurred_at=early.isoformat(), referrals=[asked])
    await store(phone, "encounters", met)
    above = UUID(make.new_id())
    carded = make.encounter(card=card, referrals=[make.referral(kind="emergency_housing")])
    await store(phone, "encounters", carded)
    below = make.lone_referral(kind="emergency_housing", previous_referral_id=str(above))
    assert outcomes(await post(phone, "referrals", below)) == ["created"]
    first = ("before.street", "after.open", "first")
    alone = {first: 1, ("before.street", "after.open", "unlinked"): 1}
    assert await flowed() == (alone, alone)
    arrived = make.event(referral_id=asked["id"], occurred_at=(early + timedelta(hours=1)).isoformat())
    await store(phone, "referral-events", arrived)
    by_card = {("before.first_reception", "after.open", "card"): 1, ("before.street", "after.open", "unlinked"): 1}
    assert await flowed() == (by_card, by_card)
    late = make.lone_referral(id=str(above), occurred_at=early.isoformat())
    await store(phone, "referrals", late)
    found = {("before.first_reception", "after.open", "card"): 1, first: 1}
    assert await flowed() == (found, found)
    withdrawn = {**met, "revision": 2, "status": "entered_in_error"}
    assert outcomes(await post(phone, "encounters", withdrawn)) == ["created"]
    assert await flowed() == ({first: 2}, {first: 2})


async def test_a_chain_a_card_and_nothing_make_different_links(
    context: Context, house: House, coordinator: Asker
) -> None:
    rest = succeeded(house, "rest_room", 0)
    refused = referred(house, "emergency_housing", 1, state="refused", previous_referral_id=rest["id"])
    hotel = succeeded(house, "emergency_housing", 2, previous_referral_id=refused["id"])
    carded = succeeded(house, "rest_room", 0, link_id=_CARD)
    rows = [
        rest, refused, hotel, carded,
        succeeded(house, "reintegration_housing", 5, link_id=_CARD),
        referred(house, "longer_stay_housing", 6, link_id=_CARD, state="expired"),
        referred(house, "longer_stay_housing", 0.05, link_id=_CARD, state="declined"),  # before any success
        referred(house, "rest_room", 3, state="entered_in_error"),
    ]  # fmt: skip
    await plant(context, Referral, rows)
    answer = await shown(coordinator)
    assert links(answer) == {
        ("before.street", "after.first_reception", "first"): 1,
        ("before.street", "after.first_reception", "unlinked"): 1,
        ("before.street", "after.declined", "first"): 1,
        ("before.first_reception", "after.emergency_housing", "chain"): 1,
        ("before.first_reception", "after.reintegration", "card"): 1,
        ("before.first_reception", "after.refused", "chain"): 1,
        ("before.reintegration", "after.no_outcome", "card"): 1,
    }
    assert {link["small"] for link in answer["links"]} == {True}
    counts = ("referrals", "late", "exits", "unlinked", "no_outcome")
    assert [answer[name]["n"] for name in counts] == [7, 0, 0, 1, 1]
    rate = answer["rates"][0]
    assert (rate["code"], rate["numerator"], rate["denominator"]) == ("unlinked_share", 1, 7)


async def test_a_chain_starts_from_the_nearest_success(context: Context, house: House, coordinator: Asker) -> None:
    rest = succeeded(house, "rest_room", 0)
    hotel = succeeded(house, "emergency_housing", 1, previous_referral_id=rest["id"])
    waits = referred(house, "reintegration_housing", 2, previous_referral_id=hotel["id"], state="waitlisted")
    onwards = succeeded(house, "longer_stay_housing", 3, previous_referral_id=waits["id"])
    await plant(context, Referral, [rest, hotel, waits, onwards])
    found = links(await shown(coordinator))
    assert found["before.emergency_housing", "after.longer_stay", "chain"] == 1
    assert found["before.emergency_housing", "after.open", "chain"] == 1


async def test_the_nodes_are_those_of_the_links_in_order_and_say_what_they_are(
    context: Context, house: House, coordinator: Asker
) -> None:
    first = succeeded(house, "rest_room", 0)
    gone = {"exited_at": _MADE + timedelta(days=9), "exit_destination": "street"}
    hotel = succeeded(house, "emergency_housing", 1, previous_referral_id=first["id"], **gone)
    await plant(context, Referral, [first, hotel])
    answer = await shown(coordinator)
    assert links(answer) == {
        ("before.street", "after.first_reception", "unlinked"): 1,
        ("before.first_reception", "after.emergency_housing", "chain"): 1,
        ("before.emergency_housing", "exit.street", "exit"): 1,
    }
    assert [(node["id"], node["label"]["fr"]) for node in answer["nodes"]] == [
        ("before.street", "rue"),
        ("before.first_reception", "premier accueil"),
        ("before.emergency_housing", "hébergement d'urgence"),
        ("after.first_reception", "premier accueil"),
        ("after.emergency_housing", "hébergement d'urgence"),
        ("exit.street", "rue"),
    ]
    assert [rule["rule"] for rule in answer["link_rules"]] == list(_RULES)


async def test_a_referral_belongs_to_its_service_day_and_an_exit_to_its_day_in_paris(
    context: Context, house: House, coordinator: Asker
) -> None:
    midnight = datetime(2026, 6, 30, 22, tzinfo=UTC)
    facts = {"exit_destination": "unknown", "cohort_day": datetime(2026, 6, 30, tzinfo=UTC).date()}
    row = succeeded(house, "emergency_housing", 20, exited_at=midnight, **facts)
    await plant(context, Referral, [row])
    june, july = await shown(coordinator), await shown(coordinator, "2026-07-01", "2026-08-01")
    assert links(june) == {("before.street", "after.emergency_housing", "unlinked"): 1}
    assert links(july) == {("before.emergency_housing", "exit.unknown", "exit"): 1}


async def test_an_empty_period_has_no_link_and_no_share(coordinator: Asker) -> None:
    for since, until in (("2026-06-01", "2026-07-01"), ("0001-01-01", "0002-01-01"), ("9999-12-01", "9999-12-31")):
        answer = await shown(coordinator, since, until)
        assert (answer["nodes"], answer["links"], answer["referrals"]) == ([], [], {"n": 0, "small": False})
        assert (answer["rates"][0]["value"], answer["rates"][0]["reason"]) == (None, "nothing in the denominator")


async def test_chains_that_close_on_themselves_end(context: Context, house: House, coordinator: Asker) -> None:
    one, other = referred(house, "rest_room", 0), referred(house, "rest_room", 1)
    rows = [one | {"previous_referral_id": other["id"]}, other | {"previous_referral_id": one["id"]}]
    alone = referred(house, "rest_room", 2)
    await plant(context, Referral, [*rows, alone | {"previous_referral_id": alone["id"]}])
    assert links(await shown(coordinator)) == {
        ("before.street", "after.open", "first"): 2,
        ("before.street", "after.open", "unlinked"): 1,
    }


async def test_others_see_none_of_it_and_a_perimeter_sees_its_part(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    stranger = await asker(client, context, await members.found(context))
    everybody = await asker(client, context, house, everybody=True)
    since = (datetime(2024, 6, 1, 20, tzinfo=UTC) - _MADE).days
    inside = succeeded(house, "rest_room", since, link_id=_CARD)
    outside = succeeded(house, "rest_room", since, link_id=b"o" * 16, territory="93066")
    later = succeeded(house, "emergency_housing", since + 1, link_id=b"o" * 16)
    await plant(context, Referral, [inside, outside, later])
    asked = ("2024-06-01", "2024-07-01")
    assert links(await shown(stranger, *asked)) == {}
    assert links(await shown(everybody, *asked)) == {
        ("before.street", "after.first_reception", "first"): 1,
        ("before.street", "after.emergency_housing", "first"): 1,
    }
    whole = await shown(await asker(client, context, house), *asked, territory="75")
    assert ("before.first_reception", "after.emergency_housing", "card") in links(whole)


async def test_what_phones_post_is_what_flows(
    phone: Device, context: Context, clock: SetClock, coordinator: Asker
) -> None:
    asked = make.lone_referral()
    await store(phone, "referrals", asked)
    await store(phone, "referral-events", make.event(referral_id=asked["id"]))
    again = make.lone_referral(kind="emergency_housing", previous_referral_id=asked["id"])
    await store(phone, "referrals", again)
    clock.now = NIGHT
    assert links(await shown(coordinator, "2026-03-02", "2026-03-03")) == {
        ("before.street", "after.first_reception", "unlinked"): 1,
        ("before.first_reception", "after.open", "chain"): 1,
    }
    assert len(await notes(context, coordinator.house.org_id, "metrics.flows")) == 1
