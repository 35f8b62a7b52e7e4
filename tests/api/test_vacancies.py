"""Admissions per place declared vacant: a worked example, and whose places and admissions count."""

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.street import store

_HOTEL, _CLINIC = "emergency_housing", "addiction_treatment"
_PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def paris(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=_PARIS)


@dataclass(frozen=True)
class Desk:
    """An association whose patrol refers to a hotel of another one; the clock goes with what they record."""

    client: httpx.AsyncClient
    clock: SetClock
    phone: Device
    hotel: UUID
    tablet: Device
    headers: dict[str, str]

    async def declare(self, at: datetime, places_free: int | None, **changes: Any) -> None:
        self.clock.now = max(self.clock.now, at)
        await store(self.tablet, "facility-reports", make.report(observed_at=at, places_free=places_free, **changes))

    async def admit(self, at: datetime, **changes: Any) -> None:
        self.clock.now = max(self.clock.now, at)
        made = {"kind": _HOTEL, "facility_id": self.hotel, "accompanied": True, "occurred_at": at - timedelta(hours=1)}
        referral = make.lone_referral(**{**made, **changes})
        await store(self.phone, "referrals", referral)
        admission = make.event(referral_id=referral["id"], state="admitted", occurred_at=at)
        await store(self.phone, "referral-events", admission)

    async def figures(self, since: str, until: str, **parameters: Any) -> list[Json]:
        asked = {"from": since, "to": until, **parameters}
        path = "/v1/indicators/admissions_per_vacant_place"
        answer = await self.client.get(path, params=asked, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["figures"]
        return found

    async def counts(self, since: str, until: str, **parameters: Any) -> list[tuple[int, int, int, int]]:
        """Return (filled, vacant, unknown, admissions in all) of each figure."""
        figures = await self.figures(since, until, **parameters)
        return [(one["n"], int(one["denominator"]), one["unknown"], one["base"]) for one in figures]


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def desk(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Desk:
    """Each in a quarter of its own, as places are everybody's."""
    await places.seeded(context)
    house, operator = await members.found(context), await members.found(context, "Hôtel")
    hotel = await places.opened(context, operator, kind=_HOTEL, opened_on=date(2024, 1, 1))
    phone, tablet = await members.enrolled(client, context, house), await places.desk(client, context, operator, hotel)
    token = await members.account_token(context, house, Role.coordinator)
    return Desk(client, clock, phone, hotel, tablet, {"Authorization": f"Bearer {token}"})


async def test_a_day_s_places_are_the_most_declared_and_admissions_count_on_days_with_a_report(desk: Desk) -> None:
    await desk.declare(paris(3, 9), 2)
    await desk.declare(paris(3, 18), 4)
    await desk.declare(paris(3, 22), 0)
    await desk.admit(paris(3, 20))
    await desk.admit(paris(3, 23))
    await desk.admit(paris(4, 20))  # nobody reported on the 4th
    await desk.declare(paris(5, 9), 1)
    await desk.declare(paris(6, 9), 9, open=False, reason="closed_at_time")
    await desk.admit(paris(6, 10))
    figure = (await desk.figures("2026-03-03", "2026-03-07"))[0]
    assert (figure["value"], figure["n"], figure["denominator"]) == (0.4, 2, 5.0)
    assert (figure["unknown"], figure["base"], figure["late"], figure["reason"]) == (2, 4, 0, None)
    assert await desk.counts("2026-03-03", "2026-03-07", granularity="day") == [
        (2, 4, 0, 2), (0, 0, 1, 1), (0, 1, 0, 0), (0, 0, 1, 1),
    ]  # fmt: skip


async def test_a_day_is_one_of_the_clock_of_paris_when_it_is_set(desk: Desk) -> None:
    """On 29 March 2026 the day begins at 23:00 UTC and ends at 22:00 UTC."""
    for at, free in ((paris(28, 23, 59), 1), (paris(29, 0, 1), 2), (paris(29, 23, 59), 4), (paris(30, 0, 1), 8)):
        await desk.declare(at, free)
    for at in (paris(29, 0, 30), paris(29, 23, 30), paris(30, 0, 30)):
        await desk.admit(at)
    assert await desk.counts("2026-03-28", "2026-03-31", granularity="day") == [
        (0, 1, 0, 0),
        (2, 4, 0, 2),
        (1, 8, 0, 1),
    ]


async def test_no_declared_place_gives_no_value_but_a_reason(desk: Desk) -> None:
    await desk.declare(paris(10, 9, month=4), 0)
    await desk.admit(paris(10, 20, month=4))
    for since in ("2026-04-10", "2026-04-11"):
        figure = (await desk.figures(since, "2026-04-12"))[0]
        assert (figure["value"], figure["reason"]) == (None, "no facility declared a free place")
    figure = (await desk.figures("2026-04-10", "2026-04-12", kind="rest_room"))[0]
    assert (figure["value"], figure["reason"]) == (None, "where arriving is enough there are no admissions to count")


async def test_an_admission_that_names_no_facility_is_unknown(desk: Desk) -> None:
    await desk.declare(paris(20, 9, month=4), 3)
    await desk.admit(paris(20, 20, month=4), facility_id=None)
    await desk.admit(paris(20, 20, month=4), kind=_CLINIC, facility_id=None)
    await desk.admit(paris(20, 21, month=4))
    assert await desk.counts("2026-04-20", "2026-04-21") == [(1, 3, 2, 3)]
    figures = await desk.figures("2026-04-20", "2026-04-21", split="kind")
    assert [(one["key"], one["n"], one["denominator"], one["base"]) for one in figures] == [
        (_CLINIC, 0, 0.0, 1), (_HOTEL, 1, 3.0, 2),
    ]  # fmt: skip


async def test_places_are_everybody_s_and_admissions_one_s_own(
    desk: Desk, client: httpx.AsyncClient, context: Context
) -> None:
    other = await members.found(context)
    token = await members.account_token(context, other, Role.coordinator)
    await desk.declare(paris(2, 9, month=5), 2)
    await desk.admit(paris(2, 20, month=5))
    stranger = Desk(client, desk.clock, desk.phone, desk.hotel, desk.tablet, {"Authorization": f"Bearer {token}"})
    assert await desk.counts("2026-05-02", "2026-05-03") == [(1, 2, 0, 1)]
    assert await stranger.counts("2026-05-02", "2026-05-03") == [(0, 2, 0, 0)]
    assert await desk.counts("2026-05-02", "2026-05-03", territory="7511804") == [(0, 0, 0, 0)]


async def test_what_was_entered_in_error_is_no_admission(desk: Desk) -> None:
    await desk.declare(paris(6, 9, month=5), 2)
    at = paris(6, 20, month=5)
    desk.clock.now = max(NIGHT, at)
    referral = make.lone_referral(kind=_HOTEL, facility_id=desk.hotel, accompanied=True, occurred_at=at)
    await store(desk.phone, "referrals", referral)
    for state in ("arrived", "entered_in_error"):
        await store(desk.phone, "referral-events", make.event(referral_id=referral["id"], state=state, occurred_at=at))
    assert await desk.counts("2026-05-06", "2026-05-07") == [(0, 2, 0, 0)]
