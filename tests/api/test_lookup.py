"""What the desk sees when somebody shows a slip or a card."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.referrals.models import LookupFailure
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, enrolled, found
from tests.places import desk as enrolled_desk
from tests.places import opened
from tests.street import notes, rows, store

MOST = 20


async def look_up(device: Device, **shown: str) -> httpx.Response:
    return await device.post("/v1/referrals/lookup", json=shown)


async def ids_behind(device: Device, **shown: str) -> list[str]:
    answer = await look_up(device, **shown)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


class TestSlip:
    async def test_leads_any_desk_to_its_referral(self, phone: Device, desk: Device) -> None:
        slip = make.code()
        made = make.lone_referral(kind="emergency_housing", slip=slip)
        await store(phone, "referrals", made)
        answer = await look_up(desk, slip=slip)
        [shown] = answer.json()["items"]
        assert (shown["id"], shown["state"], shown["kind"]) == (made["id"], "requested", "emergency_housing")
        assert slip not in answer.text

    async def test_leads_a_team_to_it_too(self, phone: Device, other_phone: Device) -> None:
        slip = make.code()
        made = make.lone_referral(slip=slip)
        await store(phone, "referrals", made)
        assert await ids_behind(other_phone, slip=slip) == [made["id"]]

    async def test_is_good_after_the_end_as_well(self, phone: Device, desk: Device) -> None:
        slip = make.code()
        await store(phone, "referrals", make.lone_referral(slip=slip))
        await store(desk, "referral-events", make.event(slip=slip))
        [shown] = (await look_up(desk, slip=slip)).json()["items"]
        assert (shown["state"], shown["allowed"]) == ("arrived", [])

    async def test_is_read_as_people_type_it(self, phone: Device, desk: Device) -> None:
        slip = make.code()
        made = make.lone_referral(slip=slip)
        await store(phone, "referrals", made)
        assert await ids_behind(desk, slip=f"{slip[:4]}-{slip[4:]}".lower()) == [made["id"]]

    async def test_nobody_handed_out_leads_nowhere(self, desk: Device) -> None:
        assert (await look_up(desk, slip=make.code())).status_code == 404


class TestCard:
    async def test_leads_a_desk_to_the_open_referrals_it_may_answer(
        self, phone: Device, desk: Device, rest_room: UUID, context: Context
    ) -> None:
        card = make.code()
        elsewhere = await opened(context, await found(context))
        mine = make.referral(facility_id=rest_room)
        any_of_the_kind = make.referral()
        others = [make.referral(facility_id=elsewhere), make.referral(kind="emergency_housing")]
        ended = make.referral()
        met = make.encounter(card=card, referrals=[mine, any_of_the_kind, *others, ended])
        await store(phone, "encounters", met)
        await store(desk, "referral-events", make.event(referral_id=ended["id"]))
        assert set(await ids_behind(desk, card=card)) == {mine["id"], any_of_the_kind["id"]}

    async def test_leads_a_team_to_those_of_its_own_association(
        self, client: httpx.AsyncClient, context: Context, phone: Device, other_phone: Device, house: House
    ) -> None:
        card = make.code()
        directed = make.referral()
        await store(phone, "encounters", make.encounter(card=card, referrals=[directed]))
        theirs = make.referral()
        await store(other_phone, "encounters", make.encounter(card=card, referrals=[theirs]))
        assert await ids_behind(phone, card=card) == [directed["id"]]
        assert await ids_behind(await enrolled(client, context, house), card=card) == [directed["id"]]
        assert await ids_behind(other_phone, card=card) == [theirs["id"]]

    async def test_shows_the_newest_first(self, phone: Device, desk: Device) -> None:
        card = make.code()
        directed = []
        for minutes in (50, 40, 30):
            directed.append(make.referral())
            at = NIGHT - timedelta(minutes=minutes)
            await store(phone, "encounters", make.encounter(card=card, occurred_at=at, referrals=[directed[-1]]))
        assert await ids_behind(desk, card=card) == [one["id"] for one in reversed(directed)]

    async def test_is_no_slip(self, phone: Device, desk: Device) -> None:
        card, slip = make.code(), make.code()
        await store(phone, "encounters", make.encounter(card=card, referrals=[make.referral(slip=slip)]))
        assert (await look_up(desk, slip=card)).status_code == 404
        assert (await look_up(desk, card=slip)).status_code == 404

    async def test_of_last_december_is_good_in_january(self, phone: Device, desk: Device, clock: SetClock) -> None:
        clock.now = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
        card, directed = make.code(), make.referral()
        await store(phone, "encounters", make.encounter(card=card, occurred_at=clock.now, referrals=[directed]))
        clock.advance(timedelta(hours=9))
        assert await ids_behind(desk, card=card) == [directed["id"]]


class TestGuessing:
    async def test_ends_for_the_day_after_twenty_failures(self, phone: Device, desk: Device, clock: SetClock) -> None:
        slip = make.code()
        made = make.lone_referral(slip=slip)
        await store(phone, "referrals", made)
        for number in range(MOST):
            shown = {"slip" if number % 2 else "card": make.code()}
            assert (await look_up(desk, **shown)).status_code == 404
            if number == MOST // 2:  # what succeeds costs nothing
                assert await ids_behind(desk, slip=slip) == [made["id"]]
        for code in (make.code(), slip):
            refused = await look_up(desk, slip=code)
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.json()["type"] == "/problems/too-many-attempts"
        clock.now = NIGHT.replace(hour=23, minute=59)
        assert (await look_up(desk, slip=slip)).status_code == 429
        clock.advance(timedelta(minutes=1))  # midnight in Paris
        assert await ids_behind(desk, slip=slip) == [made["id"]]

    async def test_is_counted_for_each_device_alone(
        self, client: httpx.AsyncClient, context: Context, desk: Device, operator: House, rest_room: UUID
    ) -> None:
        for _ in range(MOST):
            await look_up(desk, slip=make.code())
        assert (await look_up(desk, slip=make.code())).status_code == 429
        second = await enrolled_desk(client, context, operator, rest_room)
        assert (await look_up(second, slip=make.code())).status_code == 404

    async def test_leaves_no_trace_of_past_days(
        self, desk: Device, context: Context, operator: House, clock: SetClock
    ) -> None:
        for _ in range(3):
            await look_up(desk, slip=make.code())
        clock.advance(timedelta(days=1))
        await look_up(desk, slip=make.code())
        assert len(await rows(context, LookupFailure, org_id=operator.org_id)) == 1

    async def test_of_a_mistyped_code_costs_nothing(self, desk: Device, context: Context, operator: House) -> None:
        slip = make.code()
        wrong = ("0" if slip[0] != "0" else "1") + slip[1:]
        answer = await look_up(desk, slip=wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/slip")
        assert await rows(context, LookupFailure, org_id=operator.org_id) == []


class TestAsking:
    @pytest.mark.parametrize("shown", [{}, {"slip": None, "card": None}, {"slip": make.code(), "card": make.code()}])
    async def test_is_by_one_code(self, desk: Device, shown: make.Json) -> None:
        answer = await desk.post("/v1/referrals/lookup", json=shown)
        assert answer.status_code == 422

    async def test_is_written_down_without_the_code(self, desk: Device, context: Context, operator: House) -> None:
        slip = make.code()
        await look_up(desk, slip=slip)
        assert await notes(context, operator.org_id, "referral.lookup") == [{"found": 0, "by": "slip"}]
