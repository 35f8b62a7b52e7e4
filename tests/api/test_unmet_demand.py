"""What was asked for in vain: worked examples, each a few referrals beside the figures that come of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from tests import make, members
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.street import notes, post, store

_HOUSING = "emergency_housing"
_MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


@dataclass(frozen=True)
class Coordinator:
    """Who asks."""

    client: httpx.AsyncClient
    token: str

    async def answer(self, *by: str, **parameters: Any) -> httpx.Response:
        asked = [*{**_MARCH, **parameters}.items(), *(("group_by", one) for one in by)]
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.get("/v1/metrics/unmet-demand", params=asked, headers=headers)

    async def ask(self, *by: str, **parameters: Any) -> Json:
        answer = await self.answer(*by, **parameters)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    async def groups(self, *by: str, **parameters: Any) -> dict[tuple[str, ...], Json]:
        groups = (await self.ask(*by, **parameters))["groups"]
        return {tuple(key["key"] for key in group["keys"]): group for group in groups}


@pytest.fixture
async def coordinator(client: httpx.AsyncClient, context: Context, house: House) -> Coordinator:
    return Coordinator(client, await members.account_token(context, house, Role.coordinator))


async def referred(phone: Device, *steps: tuple[str, str | None], **changes: Any) -> None:
    """Make a referral; each step is a state and its reason, a minute after the one before."""
    at: datetime = changes.pop("occurred_at", NIGHT - timedelta(minutes=30))
    made = make.lone_referral(**{"kind": _HOUSING, "occurred_at": at, **changes})
    await store(phone, "referrals", made)
    for number, (state, reason) in enumerate(steps, start=1):
        event = make.event(referral_id=made["id"], state=state, occurred_at=at + timedelta(minutes=number))
        await store(phone, "referral-events", event | ({"reason": reason} if reason else {}))


def counts(group: Json, *names: str) -> list[int]:
    return [group[name]["n"] for name in names]


def rate(group: Json, code: str) -> float | None:
    [value] = [one["value"] for one in group["rates"] if one["code"] == code]
    return None if value is None else float(value)


class TestDemand:
    async def test_for_want_of_a_place_is_never_merged_with_anything_else(
        self, phone: Device, coordinator: Coordinator
    ) -> None:
        for reason in ("no_place", "no_place", "not_eligible", "closed_at_time", "staff_shortage", "file_incomplete"):
            await referred(phone, ("refused", reason))
        await referred(phone, ("accepted", None))
        await referred(phone)
        total = (await coordinator.ask())["total"]
        names = ("made", "requests", "refused_no_place", "refused_not_eligible", "refused_closed", "refused_other")
        assert counts(total, *names) == [8, 8, 2, 1, 2, 1]
        assert counts(total, "no_place", "unanswered") == [2, 1]
        assert (rate(total, "no_place_rate"), rate(total, "unanswered_share")) == (0.25, 0.125)

    async def test_counts_a_wait_for_a_place_also_after_it_ended(self, phone: Device, coordinator: Coordinator) -> None:
        await referred(phone, ("waitlisted", "no_place"), ("admitted", None))
        await referred(phone, ("waitlisted", "no_place"), ("refused", "no_place"))
        await referred(phone, ("waitlisted", "staff_shortage"))
        total = (await coordinator.ask())["total"]
        assert counts(total, "waited", "waited_no_place", "still_waiting") == [3, 2, 1]
        assert counts(total, "refused_no_place", "no_place") == [1, 2]

    async def test_never_made_is_told_by_offers_and_by_needs(self, phone: Device, coordinator: Coordinator) -> None:
        await referred(phone, state="offered")
        await referred(phone, ("cancelled", "no_service_in_area"), state="offered")
        await referred(phone, ("declined", "person_declined_service"), state="offered")
        rest = make.referral(kind="rest_room", state="declined", reason="person_other_solution")
        await store(
            phone,
            "encounters",
            make.encounter(needs=["rest", "hygiene", "housing", "food"], referrals=[rest]),
            make.encounter(needs=["housing"], referrals=[make.referral(kind="rest_room")]),
        )
        total = (await coordinator.ask())["total"]
        assert counts(total, "never_requested", "requests", "needs_expressed", "needs_without_offer") == [2, 1, 4, 2]
        by_kind = await coordinator.groups("kind")
        assert counts(by_kind["rest_room",], "needs_expressed", "needs_without_offer") == [2, 0]
        assert counts(by_kind[_HOUSING,], "needs_expressed", "needs_without_offer", "made") == [2, 2, 3]

    async def test_leaves_out_what_was_entered_in_error(self, phone: Device, coordinator: Coordinator) -> None:
        await referred(phone, ("entered_in_error", None))
        met = make.encounter(needs=["housing"])
        await store(phone, "encounters", met)
        await post(phone, "encounters", {**met, "revision": 2, "status": "entered_in_error"})
        answer = await coordinator.ask("kind")
        assert (answer["groups"], answer["total"]["made"]["n"], answer["total"]["needs_expressed"]["n"]) == ([], 0, 0)
        assert rate(answer["total"], "no_place_rate") is None


class TestSlots:
    async def test_are_those_of_the_clock_in_paris_and_say_which_are_night(
        self, phone: Device, context: Context, client: httpx.AsyncClient, house: House, clock: SetClock
    ) -> None:
        """The clock jumps from 02:00 to 03:00: 01:30 is in winter time, 03:30 in summer time."""
        clock.now = datetime.fromisoformat("2026-03-29T12:00+02:00")
        await phone.renew()
        for local in ("28T21:59+01:00", "28T22:00+01:00", "29T01:30+01:00", "29T03:30+02:00", "29T06:00+02:00"):
            at = datetime.fromisoformat(f"2026-03-{local}")
            await referred(phone, ("refused", "no_place"), occurred_at=at)
        coordinator = Coordinator(client, await members.account_token(context, house, Role.coordinator))
        answer = await coordinator.ask("kind", "hour")
        nights = {group["keys"][1]["key"]: group["keys"][1]["night"] for group in answer["groups"]}
        assert nights == {"20": False, "22": True, "00": True, "02": True, "06": False}
        assert {group["keys"][1]["label"]["en"] for group in answer["groups"]} >= {"22:00-24:00", "00:00-02:00"}

    async def test_of_a_night_belong_to_the_evening_also_at_the_end_of_the_year(
        self, phone: Device, context: Context, client: httpx.AsyncClient, house: House, clock: SetClock
    ) -> None:
        clock.now = datetime.fromisoformat("2027-01-01T12:00+01:00")
        await phone.renew()
        await referred(phone, occurred_at=datetime.fromisoformat("2027-01-01T02:00+01:00"))
        coordinator = Coordinator(client, await members.account_token(context, house, Role.coordinator))
        december = {"from": "2026-12-01", "to": "2027-01-01"}
        assert set(await coordinator.groups("month", "hour", **december)) == {("2026-12", "02")}
        assert set(await coordinator.groups("week", **december)) == {("2026-12-28",)}
        assert (await coordinator.ask(**{"from": "2027-01-01", "to": "2027-02-01"}))["total"]["made"]["n"] == 0


class TestPlaces:
    async def test_are_those_last_reported_at_the_time(
        self, phone: Device, desk: Device, coordinator: Coordinator, clock: SetClock
    ) -> None:
        """Two places from 20:00, none from 21:30; the report of 21:30 holds for twelve hours."""
        await store(desk, "facility-reports", make.report(observed_at=NIGHT - timedelta(hours=1), places_free=2))
        clock.advance(timedelta(minutes=40))
        at = NIGHT + timedelta(minutes=30)
        closed = make.report(observed_at=at, open=False, places_free=None, reason="staff_shortage")
        await store(desk, "facility-reports", closed)
        for minutes in (-30, 5, 35):
            at = NIGHT + timedelta(minutes=minutes)
            await referred(phone, ("refused", "no_place"), kind="rest_room", occurred_at=at)
        await referred(phone, kind="social_rights")
        by_slot = await coordinator.groups("kind", "hour")
        assert {cell: group["places_free"] for cell, group in by_slot.items()} == {
            ("rest_room", "20"): 2 * 90 / 120,
            ("social_rights", "20"): None,
        }
        assert by_slot["social_rights", "20"]["places_reason"] == "no facility reported its free places then"
        everything = (await coordinator.ask("week"))["total"]
        assert (everything["places_free"], everything["places_reason"]) == (
            None,
            "free places of several kinds do not add up: group by kind, or ask for one",
        )
        one_kind = (await coordinator.ask(kind="rest_room", territory="75118"))["total"]
        assert one_kind["places_free"] == pytest.approx(2 * 1.5 / 13.5)
        assert (await coordinator.ask(kind="rest_room", territory="75120"))["total"]["places_free"] is None


class TestAsking:
    async def test_shows_nothing_of_another_organisation(
        self, other_phone: Device, phone: Device, coordinator: Coordinator
    ) -> None:
        await referred(other_phone, ("refused", "no_place"))
        await referred(phone, ("refused", "no_place"), territory="7512001")
        assert set(await coordinator.groups("territory")) == {("7512001",)}
        assert (await coordinator.ask(territory="75118"))["total"]["made"]["n"] == 0

    async def test_crosses_two_dimensions_at_most(self, coordinator: Coordinator) -> None:
        assert (await coordinator.answer("kind", "week", "hour")).status_code == 422
        repeated = await coordinator.answer("kind", "kind")
        assert [fault["pointer"] for fault in repeated.json()["errors"]] == ["?group_by"]

    async def test_is_written_down_once(self, coordinator: Coordinator, context: Context, house: House) -> None:
        await coordinator.ask("kind", "hour", kind=_HOUSING)
        [note] = await notes(context, house.org_id, "metrics.unmet-demand")
        assert (note["group_by"], note["kind"], note["from"]) == (["kind", "hour"], _HOUSING, "2026-03-01")

    async def test_of_an_empty_period_is_nothing_with_reasons(self, coordinator: Coordinator) -> None:
        answer = await coordinator.ask("kind", **{"from": "2025-06-01", "to": "2025-06-02"})
        assert answer["groups"] == []
        assert {one["reason"] for one in answer["total"]["rates"]} == {"nothing in the denominator"}


class TestIndicators:
    async def figures(self, coordinator: Coordinator, code: str, **parameters: str) -> list[tuple[Any, ...]]:
        headers = {"Authorization": f"Bearer {coordinator.token}"}
        asked = {"from": "2026-02-23", "to": "2026-03-09", **parameters}
        answer = await coordinator.client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        names = ("period_from", "key", "value", "n", "denominator", "unknown")
        return [tuple(one[name] for name in names) for one in answer.json()["figures"]]

    async def test_give_every_week_and_every_kind(self, phone: Device, coordinator: Coordinator) -> None:
        """NIGHT is the Monday of the second week: the first one has no figure."""
        await referred(phone, ("refused", "no_place"))
        await referred(phone)
        await referred(phone, ("refused", "not_eligible"), kind="rest_room")
        await store(phone, "encounters", make.encounter(needs=["housing", "food"]))
        weekly = {"granularity": "week"}
        assert await self.figures(coordinator, "unmet_demand", **weekly) == [
            ("2026-02-23", None, None, 0, 0, 0),
            ("2026-03-02", None, pytest.approx(1 / 3), 1, 3, 1),
        ]
        assert await self.figures(coordinator, "no_place_refusals", split="kind") == [
            ("2026-02-23", _HOUSING, 1, 1, None, 1),
            ("2026-02-23", "rest_room", 0, 0, None, 0),
        ]
        assert await self.figures(coordinator, "needs_without_offer", **weekly) == [
            ("2026-02-23", None, None, 0, 0, None),
            ("2026-03-02", None, 1, 1, 1, None),
        ]
