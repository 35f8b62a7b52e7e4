"""Where there is a place tonight, and places held for referrals: never two on the last one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.audit.service import first_broken
from app.capacity.models import PlaceHold
from app.demo.device import Device
from app.directory import upkeep
from app.directory.rules import Hours
from app.directory.vocabulary import Weekday
from app.http.context import Context
from app.identity.vocabulary import Role
from app.settings import Settings
from tests import crowd, make, members
from tests.clock import NIGHT, SetClock
from tests.holds import ENDINGS, ask, asked, ended, held, listed, referred, report
from tests.make import Json
from tests.members import House
from tests.places import desk as enrolled_desk
from tests.places import opened
from tests.street import notes, outcomes, post, rows

_HOUSING = "emergency_housing"


async def capacity(device: Device, **parameters: Any) -> list[Json]:
    answer = await device.get("/v1/capacity/now", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def offer(device: Device, facility_id: UUID) -> Json:
    [found] = [one for one in await capacity(device, size=200) if one["id"] == str(facility_id)]
    return found


def kind_of(answer: httpx.Response) -> str:
    named: str = answer.json()["type"].removeprefix("/problems/")
    return named


async def plan(context: Context, facility_id: UUID, opens: int, closes: int) -> None:
    """Let a facility be open between these hours every day."""
    hours = [Hours(weekday, opens * 60, closes * 60, date(2024, 1, 1)) for weekday in Weekday]
    async with context.database.writing() as session:
        await upkeep.plan_hours(session, context.keyring, context.clock(), facility_id, date(2024, 1, 1), hours)


class TestCapacity:
    async def test_tells_what_a_facility_reported_and_how_long_ago(
        self, phone: Device, desk: Device, rest_room: UUID, clock: SetClock
    ) -> None:
        assert (await offer(phone, rest_room))["obstacle"] == "no_report"
        await report(desk, places_free=4, waiting=1)
        clock.advance(timedelta(minutes=14))
        shown = await offer(phone, rest_room)
        assert (shown["now"], shown["places_left"], shown["obstacle"]) == ("open", 4, None)
        assert (shown["report"]["age_s"], shown["report"]["waiting"], shown["stale"]) == (840, 1, False)
        clock.advance(timedelta(hours=12))
        shown = await offer(phone, rest_room)
        assert (shown["now"], shown["places_left"], shown["obstacle"]) == ("unknown", None, "report_too_old")
        assert (shown["report"]["places_free"], shown["stale"]) == (4, True)

    async def test_follows_the_planned_hours_once_they_turn(
        self, phone: Device, desk: Device, rest_room: UUID, context: Context, clock: SetClock
    ) -> None:
        await plan(context, rest_room, 9, 22)
        await report(desk, places_free=4)
        assert (await offer(phone, rest_room))["places_left"] == 4
        clock.advance(timedelta(hours=1))
        shown = await offer(phone, rest_room)
        assert (shown["now"], shown["open_by_hours"], shown["obstacle"]) == ("closed", False, "closed")
        await report(desk, places_free=2)  # the team stays on tonight
        assert (await offer(phone, rest_room))["places_left"] == 2

    async def test_puts_the_nearest_place_first_and_closed_doors_last(
        self, phone: Device, context: Context, client: httpx.AsyncClient, operator: House
    ) -> None:
        """Seen from La Chapelle: Goutte-d'Or and Clignancourt touch it, Grandes-Carrières and Charonne do not."""
        wanted = ["7511804", "7511803", "7511801", "7512004"]
        rooms = {}
        for territory in reversed(wanted):
            rooms[territory] = await opened(context, operator, kind="health_care", territory_code=territory)
            desk = await enrolled_desk(client, context, operator, rooms[territory])
            await report(desk, places_free=1)
        silent, full, closed = [
            await opened(context, operator, kind="health_care", territory_code="7511804") for _ in range(3)
        ]
        await report(await enrolled_desk(client, context, operator, full), places_free=0)
        await report(await enrolled_desk(client, context, operator, closed), open=False, places_free=None)
        shown = await capacity(phone, kind="health_care", territory="7511804")
        order = [*(str(rooms[territory]) for territory in wanted), str(full), str(silent), str(closed)]
        assert [one["id"] for one in shown] == order
        distances = [one["distance"] for one in shown]
        assert distances[:4] == ["same_territory", "adjacent", "same_arrondissement", "elsewhere"]
        assert distances[4:] == ["same_territory"] * 3
        assert {one["distance"] for one in await capacity(phone, kind="health_care")} == {None}

    async def test_of_no_facility_is_an_empty_list_and_of_no_territory_a_problem(self, phone: Device) -> None:
        assert await capacity(phone, kind="no_such_kind") == []
        answer = await phone.get("/v1/capacity/now", params={"territory": "7599999"})
        assert (answer.status_code, kind_of(answer)) == (422, "unknown-territory")

    async def test_is_for_coordinators_too_and_leaves_out_what_is_closed_for_good(
        self, phone: Device, rest_room: UUID, context: Context, client: httpx.AsyncClient, house: House
    ) -> None:
        token = await members.account_token(context, house, Role.coordinator)
        headers = {"Authorization": f"Bearer {token}"}
        answer = (await client.get("/v1/capacity/now", params={"size": 200}, headers=headers)).json()
        assert str(rest_room) in {one["id"] for one in answer["items"]}
        assert answer["found"] == len(answer["items"])
        async with context.database.writing() as session:
            await upkeep.close_facility(session, context.keyring, context.clock(), rest_room, NIGHT.date())
        assert str(rest_room) not in {one["id"] for one in await capacity(phone, size=200)}
        few = (await client.get("/v1/capacity/now", params={"size": 1}, headers=headers)).json()
        assert (len(few["items"]), few["found"]) == (1, answer["found"] - 1)


class TestHold:
    async def test_takes_a_place_until_its_time_is_over(
        self, phone: Device, desk: Device, rest_room: UUID, clock: SetClock
    ) -> None:
        await report(desk, places_free=2)
        referral = await referred(phone)
        hold = await held(phone, referral, rest_room)
        assert datetime.fromisoformat(hold["expires_at"]) == NIGHT + timedelta(minutes=60)
        shown = await offer(desk, rest_room)
        assert (shown["held"], shown["places_left"], shown["report"]["places_free"]) == (1, 1, 2)
        assert await listed(phone) == await listed(desk) == [hold["id"]]
        clock.advance(timedelta(minutes=60))
        assert (await offer(phone, rest_room))["places_left"] == 2
        assert await listed(desk) == []

    async def test_counts_also_against_a_later_report(
        self, phone: Device, desk: Device, rest_room: UUID, clock: SetClock
    ) -> None:
        await report(desk, places_free=2)
        await held(phone, await referred(phone), rest_room)
        for places_free in (1, 0):
            clock.advance(timedelta(minutes=5))
            await report(desk, places_free=places_free)
            assert (await offer(phone, rest_room))["places_left"] == 0

    async def test_sent_again_is_the_same_hold(
        self, phone: Device, desk: Device, rest_room: UUID, context: Context, house: House, clock: SetClock
    ) -> None:
        await report(desk, places_free=1)
        clock.now += timedelta(microseconds=1_234)
        wanted = asked(await referred(phone), rest_room, minutes=45)
        first = await ask(phone, wanted)
        assert first.json()["state"] == "live"
        assert (await ask(phone, wanted)).json() == first.json()
        other = await ask(phone, {**wanted, "minutes": 50})
        assert (other.status_code, kind_of(other)) == (409, "item-conflict")
        assert len(await rows(context, PlaceHold, org_id=house.org_id)) == 1
        assert len(await notes(context, house.org_id, "hold.make")) == 1
        clock.advance(timedelta(minutes=46))
        assert (await ask(phone, wanted)).json() == first.json() | {"state": "expired"}

    @pytest.mark.parametrize(
        ("kind", "states"),
        [
            ("rest_room", ["arrived"]),
            ("rest_room", ["refused"]),
            ("rest_room", ["declined"]),
            ("rest_room", ["cancelled"]),
            ("rest_room", ["no_show"]),
            ("rest_room", ["entered_in_error"]),
            (_HOUSING, ["arrived"]),
            (_HOUSING, ["accepted", "admitted"]),
        ],
    )
    async def test_ends_when_its_referral_moves_on(
        self,
        phone: Device,
        context: Context,
        client: httpx.AsyncClient,
        operator: House,
        kind: str,
        states: list[str],
    ) -> None:
        facility = await opened(context, operator, kind=kind)
        desk = await enrolled_desk(client, context, operator, facility)
        await report(desk, places_free=1)
        referral = await referred(phone, kind=kind, facility_id=facility)
        await held(phone, referral, facility)
        for state in states:
            assert (await offer(phone, facility))["held"] == 1
            await ended(phone, referral, state)
        assert (await offer(phone, facility))["held"] == 0
        late = await ask(phone, asked(referral, facility))
        assert (late.status_code, kind_of(late)) == (409, "referral-over")

    async def test_ends_with_the_silence_of_its_referral_although_nobody_has_swept(
        self, phone: Device, desk: Device, rest_room: UUID, clock: SetClock
    ) -> None:
        referral = await referred(phone)
        clock.advance(timedelta(hours=47, minutes=30))
        await phone.renew()
        await desk.renew()
        await report(desk, places_free=1)
        await held(phone, referral, rest_room)
        clock.advance(timedelta(minutes=29))
        assert (await offer(phone, rest_room))["held"] == 1
        clock.advance(timedelta(minutes=1))
        assert (await offer(phone, rest_room))["held"] == 0

    async def test_is_given_up_by_its_team_or_its_facility_and_by_nobody_else(
        self,
        phone: Device,
        desk: Device,
        other_phone: Device,
        rest_room: UUID,
        context: Context,
        house: House,
        operator: House,
    ) -> None:
        await report(desk, places_free=1)
        for giver, chains in ((phone, [house]), (desk, [house, operator])):
            hold = await held(phone, await referred(phone), rest_room)
            path = f"/v1/capacity/holds/{hold['id']}"
            assert (await other_phone.request("DELETE", path)).status_code == 404
            answer = await giver.request("DELETE", path)
            assert (answer.status_code, answer.json()["state"]) == (200, "released")
            assert (await giver.request("DELETE", path)).json() == answer.json()
            assert (await offer(phone, rest_room))["places_left"] == 1
            for chain in chains:
                remembered = await notes(context, chain.org_id, "hold.release")
                assert [note["hold"] for note in remembered].count(hold["id"]) == 1


class TestRefusal:
    @pytest.mark.parametrize(
        ("said", "minutes_ago", "kind"),
        [
            ({"places_free": 0}, 5, "no-place-left"),
            ({"places_free": None}, 5, "no-places-reported"),
            ({"open": False, "places_free": 2}, 5, "facility-closed"),
            ({"places_free": 2}, 721, "report-too-old"),
            (None, 0, "no-places-reported"),
        ],
    )
    async def test_says_why(
        self, phone: Device, desk: Device, rest_room: UUID, said: Json | None, minutes_ago: int, kind: str
    ) -> None:
        if said is not None:
            await report(desk, observed_at=NIGHT - timedelta(minutes=minutes_ago), **said)
        answer = await ask(phone, asked(await referred(phone), rest_room))
        assert (answer.status_code, kind_of(answer)) == (409, kind)

    async def test_of_a_place_that_is_not_there_is_remembered_without_the_referral(
        self, phone: Device, desk: Device, rest_room: UUID, context: Context, house: House, operator: House
    ) -> None:
        wanted = asked(await referred(phone), rest_room)
        assert (await ask(phone, wanted)).status_code == 409
        await report(desk, places_free=0)
        assert (await ask(phone, wanted)).status_code == 409
        attempt = {"hold": wanted["id"], "facility": str(rest_room)}
        assert await notes(context, house.org_id, "hold.refuse") == [
            attempt | {"obstacle": "no_report"},
            attempt | {"obstacle": "no_place"},
        ]
        assert await notes(context, operator.org_id, "hold.refuse") == []
        await report(desk, places_free=1, observed_at=NIGHT + timedelta(seconds=1))
        assert (await ask(phone, wanted)).status_code == 200  # a refusal holds neither the id nor the referral
        async with context.database.reading() as session:
            assert await first_broken(session, context.keyring, house.org_id) is None

    async def test_of_what_asks_wrongly_is_nobodys_unmet_demand(
        self, phone: Device, desk: Device, rest_room: UUID, context: Context, house: House
    ) -> None:
        await report(desk, places_free=1)
        referral = await referred(phone)
        await held(phone, referral, rest_room)
        for wrong in (asked(referral, rest_room), asked(referral, rest_room, minutes=121), asked("x", rest_room)):
            assert (await ask(phone, wrong)).status_code in {409, 422}
        assert await notes(context, house.org_id, "hold.refuse") == []

    async def test_of_the_same_referral_twice_and_of_the_last_place(
        self, phone: Device, desk: Device, other_phone: Device, rest_room: UUID
    ) -> None:
        await report(desk, places_free=1)
        referral = await referred(phone)
        await held(phone, referral, rest_room)
        twice = await ask(phone, asked(referral, rest_room))
        assert (twice.status_code, kind_of(twice)) == (409, "already-held")
        last = await ask(other_phone, asked(await referred(other_phone), rest_room))
        assert (last.status_code, kind_of(last)) == (409, "no-place-left")

    async def test_of_what_is_not_the_teams_or_not_meant(
        self, phone: Device, desk: Device, other_phone: Device, rest_room: UUID, context: Context, operator: House
    ) -> None:
        await report(desk, places_free=9)
        elsewhere = await opened(context, operator)
        theirs = await ask(phone, asked(await referred(other_phone), rest_room))
        assert theirs.status_code == 404
        unknown = await ask(phone, asked(await referred(phone), UUID(make.new_id())))
        assert (unknown.status_code, kind_of(unknown)) == (422, "unknown-facility")
        for referral in (await referred(phone, kind=_HOUSING), await referred(phone, facility_id=elsewhere)):
            answer = await ask(phone, asked(referral, rest_room))
            assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/facility_id"]
        long = await ask(phone, asked(await referred(phone), rest_room, minutes=121))
        assert [fault["pointer"] for fault in long.json()["errors"]] == ["/minutes"]
        strange = await ask(phone, asked(await referred(phone), rest_room) | {"name": "x"})
        assert strange.status_code == 422
        assert await listed(phone) == []


@pytest.fixture(scope="module")
async def rush(settings: Settings, context: Context, clock: SetClock, city: None) -> AsyncIterator[list[Device]]:  # noqa: ARG001 - seeded
    async with crowd.gathered(settings, context, clock) as phones:
        yield phones


async def leave(phone: Device, hold: Json, how: str) -> None:
    """Let a hold end by what became of its referral, or given up; time needs nobody."""
    if how in ENDINGS:
        await ended(phone, hold["referral_id"], how)
    elif how == "given up":
        assert (await phone.request("DELETE", f"/v1/capacity/holds/{hold['id']}")).status_code == 200


class TestRush:
    @pytest.mark.parametrize("free", [1, 5])
    async def test_as_many_holds_succeed_as_there_are_places(
        self, rush: list[Device], desk: Device, rest_room: UUID, free: int
    ) -> None:
        await report(desk, places_free=free)
        wanted = [asked(await referred(phone), rest_room) for phone in rush]
        assert len(wanted) == 16
        answers = await asyncio.gather(*(ask(phone, one) for phone, one in zip(rush, wanted, strict=True)))
        assert sorted(answer.status_code for answer in answers) == [200] * free + [409] * (16 - free)
        assert {kind_of(answer) for answer in answers if answer.status_code == 409} == {"no-place-left"}
        assert len(await listed(desk)) == free
        assert (await offer(desk, rest_room))["places_left"] == 0

    @pytest.mark.parametrize("how", ["arrived", "refused", "cancelled", "given up", "time"])
    async def test_what_comes_free_in_the_rush_is_held_again_and_never_twice(
        self, rush: list[Device], desk: Device, rest_room: UUID, clock: SetClock, how: str
    ) -> None:
        """Six places are held; some come free while both associations ask for them, through both applications."""
        await report(desk, places_free=6)
        holders = rush[::3]
        holds = [await held(phone, await referred(phone), rest_room, minutes=30) for phone in holders]
        wanted = [(phone, asked(await referred(phone), rest_room)) for phone in rush]
        clock.advance(timedelta(minutes=29))
        assert {(await ask(*one)).status_code for one in wanted} == {409}
        freed = 6 if how == "time" else 2
        if how == "time":
            clock.advance(timedelta(minutes=1))
        leaving = [leave(phone, hold, how) for phone, hold in list(zip(holders, holds, strict=True))[:2]]
        *answers, _, _ = await asyncio.gather(*(ask(*one) for one in wanted), *leaving)
        got = sum(answer.status_code == 200 for answer in answers if answer)
        assert got <= freed
        assert len(await listed(desk)) == 6 - freed + got
        again = await asyncio.gather(*(ask(*one) for one in wanted))  # who has a place is told so again
        assert sorted(answer.status_code for answer in again) == [200] * freed + [409] * (len(rush) - freed)
        assert len(await listed(desk)) == 6

    async def test_one_request_sent_many_times_at_once_is_one_hold(
        self, rush: list[Device], desk: Device, rest_room: UUID
    ) -> None:
        await report(desk, places_free=5)
        phone = rush[0]
        wanted = asked(await referred(phone), rest_room)
        answers = await asyncio.gather(*(ask(phone, wanted) for _ in range(16)))
        assert [answer.status_code for answer in answers] == [200] * 16
        assert len({answer.text for answer in answers}) == 1
        assert await listed(desk) == [wanted["id"]]

    async def test_one_referral_gets_one_place_however_many_facilities_are_asked(
        self, rush: list[Device], context: Context, client: httpx.AsyncClient, operator: House
    ) -> None:
        rooms = [await opened(context, operator) for _ in range(6)]
        for room in rooms:
            await report(await enrolled_desk(client, context, operator, room), places_free=2)
        phone = rush[0]
        referral = await referred(phone)
        answers = await asyncio.gather(*(ask(phone, asked(referral, room)) for room in rooms))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
        assert {kind_of(answer) for answer in answers if answer.status_code == 409} == {"already-held"}

    async def test_a_released_place_is_free_again_at_once(self, phone: Device, desk: Device, rest_room: UUID) -> None:
        await report(desk, places_free=1)
        first = await held(phone, await referred(phone), rest_room)
        await desk.request("DELETE", f"/v1/capacity/holds/{first['id']}")
        second = await held(phone, await referred(phone), rest_room)
        assert await listed(desk) == [second["id"]]
        verdicts = await post(phone, "referral-events", make.event(referral_id=second["referral_id"]))
        assert outcomes(verdicts) == ["created"]
        assert await listed(desk) == []
