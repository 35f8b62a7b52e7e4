"""The feed a device pulls: everything that changed for it, each once, and nothing that did not."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.directory.upkeep import close_facility
from app.http.context import Context
from app.http.cursors import write_cursor
from app.referrals.service import sweep
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, enrolled
from tests.places import opened
from tests.street import caught_up, changes, post, store


async def told(device: Device, after: str) -> tuple[list[str], list[str]]:
    """Return the ids of the referrals and of the facilities that changed after a cursor."""
    page = await changes(device, after)
    return [one["id"] for one in page["referrals"]], [one["id"] for one in page["facilities"]]


async def follow(device: Device, after: str | None, size: int) -> list[make.Json]:
    """Return every page after a cursor."""
    pages = [await changes(device, after, size)]
    while pages[-1]["more"]:
        pages.append(await changes(device, pages[-1]["next"], size))
    return pages


class TestWhatIsTold:
    async def test_a_team_hears_of_its_own_referrals(self, phone: Device, other_phone: Device) -> None:
        cursor, elsewhere = await caught_up(phone), await caught_up(other_phone)
        made = make.lone_referral()
        await store(phone, "referrals", made)
        page = await changes(phone, cursor)
        assert page["referrals"] == [(await phone.get(f"/v1/referrals/{made['id']}")).json()]
        assert await told(other_phone, elsewhere) == ([], [])

    async def test_every_phone_of_the_team_hears_of_them(
        self, client: httpx.AsyncClient, context: Context, house: House, phone: Device
    ) -> None:
        second = await enrolled(client, context, house)
        cursor = await caught_up(second)
        made = make.lone_referral()
        await store(phone, "referrals", made)
        assert (await told(second, cursor))[0] == [made["id"]]

    async def test_an_answer_is_told_with_the_state_it_led_to(self, phone: Device, desk: Device) -> None:
        made = make.lone_referral()
        await store(phone, "referrals", made)
        cursor = await caught_up(phone)
        await store(desk, "referral-events", make.event(referral_id=made["id"]))
        page = await changes(phone, cursor)
        assert [(one["id"], one["state"]) for one in page["referrals"]] == [(made["id"], "arrived")]

    async def test_what_changed_twice_is_told_once_as_it_is_now(self, phone: Device) -> None:
        made = make.lone_referral(kind="emergency_housing")
        await store(phone, "referrals", made)
        cursor = await caught_up(phone)
        for minutes, step in ((9, "accepted"), (8, "arrived"), (7, "admitted")):
            event = make.event(referral_id=made["id"], state=step, occurred_at=NIGHT - timedelta(minutes=minutes))
            await store(phone, "referral-events", event)
        page = await changes(phone, cursor)
        assert [one["state"] for one in page["referrals"]] == ["admitted"]

    async def test_an_expiry_is_told(self, phone: Device, context: Context, clock: SetClock) -> None:
        made = make.lone_referral()
        await store(phone, "referrals", made)
        cursor = await caught_up(phone)
        clock.advance(timedelta(days=3))
        await sweep(context, clock())
        page = await changes(phone, cursor)
        assert [(one["id"], one["state"]) for one in page["referrals"]] == [(made["id"], "expired")]

    async def test_a_desk_hears_of_what_names_its_facility(self, phone: Device, desk: Device, rest_room: UUID) -> None:
        cursor = await caught_up(desk)
        named = make.lone_referral(facility_id=rest_room)
        await store(phone, "referrals", named, make.lone_referral(), make.lone_referral(kind="health_care"))
        assert (await told(desk, cursor))[0] == [named["id"]]

    async def test_everybody_hears_of_places(
        self, phone: Device, other_phone: Device, desk: Device, rest_room: UUID
    ) -> None:
        followers = {device: await caught_up(device) for device in (phone, other_phone, desk)}
        await store(desk, "facility-reports", make.report(places_free=2))
        for device, cursor in followers.items():
            page = await changes(device, cursor)
            assert page["referrals"] == []
            assert [(one["id"], one["report"]["places_free"]) for one in page["facilities"]] == [(str(rest_room), 2)]

    async def test_of_a_facility_that_opens_and_closes(self, phone: Device, context: Context, operator: House) -> None:
        cursor = await caught_up(phone)
        new = await opened(context, operator)
        assert await told(phone, cursor) == ([], [str(new)])
        cursor = await caught_up(phone)
        async with context.database.writing() as session:
            await close_facility(session, context.keyring, context.clock(), new, NIGHT.date())
        page = await changes(phone, cursor)
        assert [(one["id"], one["closed_on"]) for one in page["facilities"]] == [(str(new), "2026-03-02")]

    async def test_of_a_new_reference_by_its_version(self, phone: Device, context: Context, operator: House) -> None:
        before = (await changes(phone))["reference"]
        assert before == (await phone.get("/v1/reference")).json()["version"]
        await opened(context, operator)
        cursor = await caught_up(phone)
        after = (await changes(phone, cursor))["reference"]
        assert after != before
        assert after == (await phone.get("/v1/reference")).json()["version"]

    async def test_who_reads_figures_follows_no_feed(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/changes")).status_code == 401


class TestWhatIsNotTold:
    async def test_posting_the_same_data_again_wakes_nobody(
        self, phone: Device, desk: Device, other_phone: Device, rest_room: UUID
    ) -> None:
        made = make.lone_referral(kind="emergency_housing", slip=make.code())
        met = make.encounter(card=make.code(), referrals=[make.referral(facility_id=rest_room, slip=make.code())])
        withdrawn = make.encounter(referrals=[make.referral()], status="entered_in_error")
        sent = [
            (phone, "patrols", [make.patrol()]),
            (phone, "encounters", [met, withdrawn]),
            (phone, "referrals", [made]),
            (
                phone,
                "referral-events",
                [make.event(referral_id=made["id"], state="admitted"), make.event(referral_id=made["id"])],
            ),
            (desk, "referral-events", [make.event(slip=met["referrals"][0]["slip"]), make.event(slip=make.code())]),
            (phone, "stay-exits", [make.stay_exit(referral_id=made["id"])]),
            (desk, "facility-reports", [make.report()]),
        ]
        for device, what, items in sent:
            await post(device, what, *items)
        cursors = {device: await caught_up(device) for device in (phone, desk, other_phone)}
        for _ in range(2):
            for device, what, items in sent:
                await post(device, what, *items)
        for device, cursor in cursors.items():
            page = await changes(device, cursor)
            assert (page["referrals"], page["facilities"], page["more"]) == ([], [], False)
            assert page["next"] == cursor

    async def test_what_has_no_effect_wakes_nobody(self, phone: Device) -> None:
        made = make.lone_referral()
        await store(phone, "referrals", made)
        await store(phone, "referral-events", make.event(referral_id=made["id"]))
        cursor = await caught_up(phone)
        await post(phone, "referral-events", make.event(referral_id=made["id"], state="accepted", occurred_at=NIGHT))
        await post(phone, "referral-events", make.event())
        assert await told(phone, cursor) == ([], [])

    async def test_encounters_and_outings_wake_nobody(self, phone: Device) -> None:
        cursor = await caught_up(phone)
        await store(phone, "encounters", make.encounter())
        await store(phone, "patrols", make.patrol())
        assert await told(phone, cursor) == ([], [])

    async def test_a_correction_that_moves_no_referral_wakes_nobody(self, phone: Device) -> None:
        met = make.encounter(gender="woman", referrals=[make.referral()])
        await store(phone, "encounters", met)
        cursor = await caught_up(phone)
        await store(phone, "encounters", met | {"revision": 2, "gender": "man"})
        assert await told(phone, cursor) == ([], [])

    async def test_a_report_older_than_the_last_one_wakes_nobody(self, phone: Device, desk: Device) -> None:
        await store(desk, "facility-reports", make.report())
        cursor = await caught_up(phone)
        await store(desk, "facility-reports", make.report(observed_at=NIGHT - timedelta(hours=1)))
        assert await told(phone, cursor) == ([], [])

    async def test_a_dry_run_wakes_nobody(self, phone: Device) -> None:
        cursor = await caught_up(phone)
        await post(phone, "referrals", make.lone_referral(), query="?dry_run=true")
        page = await changes(phone, cursor)
        assert (page["referrals"], page["next"]) == ([], cursor)


class TestPages:
    @pytest.mark.parametrize("size", [1, 3, 10, 500])
    async def test_hold_everything_once(self, phone: Device, desk: Device, size: int) -> None:
        cursor = await caught_up(phone)
        batch = [make.lone_referral() for _ in range(5)]
        await store(phone, "referrals", *batch)
        await store(desk, "facility-reports", make.report(places_free=1))
        more = [make.lone_referral() for _ in range(4)]
        await store(phone, "referrals", *more)
        pages = await follow(phone, cursor, size)
        told_of = [one["id"] for page in pages for one in page["referrals"]]
        assert sorted(told_of) == sorted(one["id"] for one in batch + more)
        assert [len(page["facilities"]) for page in pages if page["facilities"]] == [1]
        assert all(len(page["referrals"]) + len(page["facilities"]) <= size for page in pages)
        assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]
        assert (await changes(phone, pages[-1]["next"]))["next"] == pages[-1]["next"]

    async def test_tell_again_of_what_changes_meanwhile(self, phone: Device) -> None:
        cursor = await caught_up(phone)
        batch = [make.lone_referral() for _ in range(4)]
        await store(phone, "referrals", *batch)
        first = await changes(phone, cursor, 2)
        changed = first["referrals"][0]["id"]
        await store(phone, "referral-events", make.event(referral_id=changed))
        rest = await follow(phone, first["next"], 2)
        told_of = [one["id"] for page in rest for one in page["referrals"]]
        assert told_of[-1] == changed
        assert set(told_of) | {one["id"] for one in first["referrals"]} == {one["id"] for one in batch}

    async def test_begin_at_the_beginning(self, phone: Device) -> None:
        batch = [make.lone_referral() for _ in range(3)]
        await store(phone, "referrals", *batch)
        pages = await follow(phone, None, 2)
        assert {one["id"] for page in pages for one in page["referrals"]} == {one["id"] for one in batch}

    @pytest.mark.parametrize("size", ["0", "501", "-1", "many"])
    async def test_have_a_reasonable_size(self, phone: Device, size: str) -> None:
        answer = await phone.get("/v1/changes", params={"size": size})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?size")


class TestCursor:
    async def test_of_another_life_of_the_database_is_gone(self, phone: Device) -> None:
        ahead = write_cursor(2**62, UUID(make.new_id()))
        answer = await phone.get("/v1/changes", params={"after": ahead})
        assert answer.status_code == 410
        assert answer.json()["type"] == "/problems/cursor-expired"

    async def test_just_ahead_of_this_life_is_gone_too(self, phone: Device, context: Context) -> None:
        from app.changes.queries import horizon

        async with context.database.reading() as session:
            ahead = await horizon(session)
        answer = await phone.get("/v1/changes", params={"after": write_cursor(ahead, UUID(int=0))})
        assert answer.status_code == 410

    @pytest.mark.parametrize("cursor", ["", "x", "?", "A" * 31, "A" * 33, "A" * 65, "éééé", "AAAA====", "\x00" * 32])
    async def test_of_nobody_is_refused(self, phone: Device, cursor: str) -> None:
        answer = await phone.get("/v1/changes", params={"after": cursor})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["?after"]

    async def test_below_everything_is_the_beginning(self, phone: Device) -> None:
        made = make.lone_referral()
        await store(phone, "referrals", made)
        page = await changes(phone, write_cursor(-(2**63), UUID(int=0)))
        assert made["id"] in [one["id"] for one in page["referrals"]]
