import asyncio
import json
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from app.demo.device import Device
from app.directory import upkeep
from app.directory.models import Facility, FacilityReport
from app.directory.reports import store_reports
from app.directory.rules import Hours
from app.directory.schemas import FacilityReportIn
from app.directory.vocabulary import Weekday
from app.http.context import Context
from app.http.envelope import Outcome, skew_of
from app.identity.rules import Principal
from app.identity.vocabulary import Role
from app.ingest.service import Posting
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, enrolled, found
from tests.places import OPENED, desk, opened, seeded

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
async def house(context: Context) -> House:
    await seeded(context)
    return await found(context)


@pytest.fixture
async def facility_id(context: Context, house: House) -> UUID:
    return await opened(context, house)


@pytest.fixture
async def tablet(client: httpx.AsyncClient, context: Context, house: House, facility_id: UUID) -> Device:
    return await desk(client, context, house, facility_id)


async def post(device: Device, *items: make.Json, dry_run: bool = False) -> list[dict[str, Any]]:
    path = "/v1/facility-reports?dry_run=true" if dry_run else "/v1/facility-reports"
    answered = await device.post(path, json=make.envelope(items))
    assert answered.status_code == 200
    results: list[dict[str, Any]] = answered.json()["results"]
    return results


async def outcomes(device: Device, *items: make.Json) -> list[str]:
    return [result["outcome"] for result in await post(device, *items)]


async def state(device: Device, facility_id: UUID) -> dict[str, Any]:
    answered = await device.get(f"/v1/facilities/{facility_id}")
    assert answered.status_code == 200
    shown: dict[str, Any] = answered.json()
    return shown


async def position(context: Context, facility_id: UUID) -> int:
    async with context.database.reading() as session:
        found = await session.execute(select(col(Facility.position)).where(col(Facility.id) == facility_id))
        return int(found.scalar_one())


async def stored(context: Context, facility_id: UUID) -> int:
    async with context.database.reading() as session:
        wanted = select(func.count()).where(col(FacilityReport.facility_id) == facility_id)
        return int((await session.execute(wanted)).scalar_one())


class TestReporting:
    async def test_a_report_becomes_the_facility_s_present_state(self, tablet: Device, facility_id: UUID) -> None:
        assert (await state(tablet, facility_id))["report"] is None
        closed = make.report(
            open=False, places_free=0, waiting=7, reason="staff_shortage", observed_at=NIGHT - 14 * MINUTE
        )
        assert await outcomes(tablet, closed) == ["created"]
        assert (await state(tablet, facility_id))["report"] == {
            "open": False,
            "places_free": 0,
            "waiting": 7,
            "reason": "staff_shortage",
            "observed_at": "2026-03-02T19:46:00Z",
            "age_s": 14 * 60,
        }

    async def test_what_is_not_known_is_null(self, tablet: Device, facility_id: UUID) -> None:
        assert await outcomes(tablet, make.report(places_free=None, waiting=None)) == ["created"]
        report = (await state(tablet, facility_id))["report"]
        assert (report["open"], report["places_free"], report["waiting"], report["reason"]) == (True, None, None, None)

    async def test_the_same_report_again_changes_nothing_and_wakes_nobody(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        report = make.report()
        assert await outcomes(tablet, report) == ["created"]
        before = await position(context, facility_id)
        assert await outcomes(tablet, report) == ["unchanged"]
        assert await position(context, facility_id) == before
        assert await stored(context, facility_id) == 1

    async def test_the_same_id_with_other_content_is_a_conflict(self, tablet: Device, facility_id: UUID) -> None:
        report = make.report(places_free=3)
        await post(tablet, report)
        [verdict] = await post(tablet, report | {"places_free": 4})
        assert verdict["outcome"] == "conflict"
        assert verdict["problem"]["type"] == "/problems/item-conflict"
        assert (await state(tablet, facility_id))["report"]["places_free"] == 3

    async def test_the_same_id_twice_in_a_batch_is_attributed_to_the_first(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        report = make.report()
        assert await outcomes(tablet, report, report, report | {"open": False}) == ["created", "unchanged", "conflict"]
        assert await stored(context, facility_id) == 1

    async def test_eight_posts_at_once_create_it_once(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        for _ in range(10):
            report = make.report()
            answers = await asyncio.gather(*(outcomes(tablet, report) for _ in range(8)))
            assert sorted(outcome for [outcome] in answers) == ["created"] + ["unchanged"] * 7
        assert await stored(context, facility_id) == 10

    async def test_workers_that_report_for_one_facility_at_once_do_not_wait_in_a_circle(
        self, tablet: Device, house: House, facility_id: UUID, context: Context
    ) -> None:
        principal = Principal(Role.facility_device, UUID(int=1), house.org_id, facility_id=facility_id)
        together = asyncio.Barrier(1 if context.database.is_sqlite else 4)

        async def report(minutes: int) -> None:
            item = FacilityReportIn.model_validate_json(
                json.dumps(make.report(observed_at=NIGHT - minutes * MINUTE, places_free=minutes))
            )
            posting = Posting(context, principal, skew_of(NIGHT, NIGHT), NIGHT, [item])
            async with context.database.writing() as session:
                await session.connection()
                await together.wait()
                [[verdict]] = await store_reports(session, [posting])
                assert verdict.outcome is Outcome.created

        for _ in range(5):
            await asyncio.gather(*(report(minutes) for minutes in (3, 1, 4, 2)))
        assert (await state(tablet, facility_id))["report"]["places_free"] == 1
        assert await stored(context, facility_id) == 20

    async def test_an_older_report_only_joins_the_series(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        await post(tablet, make.report(places_free=5))
        before = await position(context, facility_id)
        older = make.report(places_free=0, observed_at=NIGHT - timedelta(days=3))
        assert await outcomes(tablet, older) == ["created"]
        assert (await state(tablet, facility_id))["report"]["places_free"] == 5
        assert await position(context, facility_id) == before
        assert await stored(context, facility_id) == 2

    async def test_a_newer_report_moves_the_facility_to_the_end_of_the_feed(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        await post(tablet, make.report(observed_at=NIGHT - MINUTE))
        before = await position(context, facility_id)
        await post(tablet, make.report())
        assert await position(context, facility_id) > before

    @pytest.mark.usefixtures("house")
    async def test_the_order_of_arrival_does_not_matter(self, client: httpx.AsyncClient, context: Context) -> None:
        observed = [NIGHT - 2 * MINUTE, NIGHT - MINUTE, NIGHT - MINUTE]
        seen = set()
        ids = [make.new_id() for _ in observed]
        for order in permutations(range(3)):
            owner = await found(context)
            facility_id = await opened(context, owner)
            tablet = await desk(client, context, owner, facility_id)
            for place in order:
                await post(tablet, make.report(id=ids[place], observed_at=observed[place], places_free=place))
            seen.add((await state(tablet, facility_id))["report"]["places_free"])
        assert len(seen) == 1

    async def test_a_dry_run_judges_and_stores_nothing(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        report = make.report()
        [judged] = await post(tablet, report, dry_run=True)
        assert judged["outcome"] == "created"
        assert await stored(context, facility_id) == 0
        assert (await state(tablet, facility_id))["report"] is None
        assert await outcomes(tablet, report) == ["created"]

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"places_free": 501}, "/places_free"),
            ({"places_free": -1}, "/places_free"),
            ({"waiting": 501}, "/waiting"),
            ({"waiting": 1.5}, "/waiting"),
            ({"open": 1}, "/open"),
            ({"open": None}, "/open"),
            ({"reason": "not_eligible"}, "/reason"),
            ({"reason": "no_staff"}, "/reason"),
            ({"observed_at": "2026-03-02T22:10:00"}, "/observed_at"),
            ({"observed_at": NIGHT + timedelta(minutes=11)}, "/observed_at"),
            ({"observed_at": NIGHT - timedelta(days=401)}, "/observed_at"),
            ({"note": "fermé"}, ""),
            ({"facility_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8"}, ""),
        ],
    )
    async def test_a_bad_report_is_rejected_alone_with_a_pointer(
        self, tablet: Device, changes: make.Json, pointer: str
    ) -> None:
        good, bad, also_good = await post(tablet, make.report(), make.report(**changes), make.report())
        assert [good["outcome"], bad["outcome"], also_good["outcome"]] == ["created", "rejected", "created"]
        assert bad["problem"]["errors"][0]["pointer"] == pointer

    async def test_a_report_without_places_or_waiting_says_so_explicitly(self, tablet: Device) -> None:
        report = make.report()
        del report["places_free"]
        [verdict] = await post(tablet, report)
        assert verdict["outcome"] == "rejected"

    async def test_a_slow_clock_is_put_right(self, tablet: Device, facility_id: UUID) -> None:
        behind = NIGHT - timedelta(hours=5)
        body = make.envelope([make.report(observed_at=behind)], device_now=behind)
        assert (await tablet.post("/v1/facility-reports", json=body)).json()["results"][0]["outcome"] == "created"
        assert (await state(tablet, facility_id))["report"]["age_s"] == 0

    async def test_takes_as_many_statements_for_one_report_as_for_five_hundred(
        self, tablet: Device, facility_id: UUID, context: Context
    ) -> None:
        await post(tablet, make.report(observed_at=NIGHT - timedelta(hours=2)))
        counts: list[int] = []
        for size in (1, 50, 500):
            items = [make.report(observed_at=NIGHT - timedelta(hours=1) + len(counts) * MINUTE) for _ in range(size)]
            async with counted(context) as statements:
                assert set(await outcomes(tablet, *items)) == {"created"}
            counts.append(len(statements))
        assert len(set(counts)) == 1
        assert await stored(context, facility_id) == 552


class counted:  # noqa: N801 - reads as a function
    """The statements that the service's writing connection runs meanwhile."""

    def __init__(self, context: Context) -> None:
        self._engine = context.database._writer.sync_engine
        self._seen: list[str] = []

    def _note(self, *given: Any) -> None:
        self._seen.append(given[2])

    async def __aenter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self._seen

    async def __aexit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)


class TestWhoMayReport:
    async def test_a_phone_may_not(self, client: httpx.AsyncClient, context: Context, house: House) -> None:
        phone = await enrolled(client, context, house)
        answered = await phone.post("/v1/facility-reports", json=make.envelope([make.report()]))
        assert answered.status_code == 403

    async def test_nobody_may_without_a_token(self, client: httpx.AsyncClient) -> None:
        answered = await client.post("/v1/facility-reports", json=make.envelope([make.report()]))
        assert answered.status_code == 401

    async def test_a_desk_reports_for_its_own_facility_only(
        self, client: httpx.AsyncClient, context: Context, house: House, tablet: Device, facility_id: UUID
    ) -> None:
        other_id = await opened(context, house)
        other = await desk(client, context, house, other_id)
        report = make.report()
        await post(tablet, report)
        assert (await state(tablet, other_id))["report"] is None
        [verdict] = await post(other, report)
        assert verdict["outcome"] == "rejected"
        assert verdict["problem"]["type"] == "/problems/not-yours"
        assert (await state(tablet, facility_id))["report"] is not None

    async def test_desks_of_two_organisations_may_use_the_same_id(
        self, client: httpx.AsyncClient, context: Context, tablet: Device
    ) -> None:
        elsewhere = await found(context)
        other = await desk(client, context, elsewhere, await opened(context, elsewhere))
        report = make.report()
        assert await outcomes(tablet, report) == ["created"]
        assert await outcomes(other, report) == ["created"]


class TestPresentState:
    async def test_planned_hours_stand_beside_the_report(
        self, tablet: Device, context: Context, clock: SetClock, facility_id: UUID
    ) -> None:
        assert (await state(tablet, facility_id))["open_by_hours"] is None
        night = [Hours(Weekday.monday, 21 * 60, 30 * 60, OPENED)]
        async with context.database.writing() as session:
            await upkeep.plan_hours(session, context.keyring, clock(), facility_id, OPENED, night)
        by_hours = []
        for at in (NIGHT - MINUTE, NIGHT, NIGHT + timedelta(hours=8, minutes=59), NIGHT + timedelta(hours=9)):
            clock.now = at
            by_hours.append((await state(tablet, facility_id))["open_by_hours"])
        assert by_hours == [False, True, True, False]

    async def test_a_facility_closed_for_good_is_shown_but_not_listed(
        self, tablet: Device, context: Context, facility_id: UUID
    ) -> None:
        async with context.database.writing() as session:
            await upkeep.close_facility(session, context.keyring, context.clock(), facility_id, date(2026, 3, 2))
        shown = await state(tablet, facility_id)
        assert shown["closed_on"] == "2026-03-02"
        assert shown["open_by_hours"] is False
        assert str(facility_id) not in [one["id"] for one in await listed(tablet)]

    async def test_the_list_comes_in_pages_that_miss_nothing(
        self, tablet: Device, context: Context, house: House
    ) -> None:
        new = {str(await opened(context, house)) for _ in range(5)}
        whole = [one["id"] for one in await listed(tablet)]
        assert new <= set(whole)
        assert whole == sorted(whole)
        assert [one["id"] for one in await listed(tablet, size=2)] == whole

    async def test_an_unknown_facility_is_not_found(self, tablet: Device) -> None:
        assert (await tablet.get(f"/v1/facilities/{make.new_id()}")).status_code == 404

    @pytest.mark.parametrize("query", ["cursor=AAAA", "size=0", "size=201", "size=x"])
    async def test_a_bad_parameter_is_named(self, tablet: Device, query: str) -> None:
        answered = await tablet.get(f"/v1/facilities?{query}")
        assert answered.status_code == 422
        assert answered.json()["errors"][0]["pointer"] == "?" + query.split("=", maxsplit=1)[0]


async def listed(device: Device, size: int = 200) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answered = (
            await device.get("/v1/facilities", params={"size": size} | ({"cursor": cursor} if cursor else {}))
        ).json()
        items += answered["items"]
        cursor = answered["next"]
    return items


async def test_the_age_of_a_report_grows_with_time(tablet: Device, clock: SetClock, facility_id: UUID) -> None:
    await post(tablet, make.report())
    clock.advance(timedelta(hours=3))
    shown = (await state(tablet, facility_id))["report"]
    assert shown["age_s"] == 3 * 3600
    assert datetime.fromisoformat(shown["observed_at"]) == NIGHT
