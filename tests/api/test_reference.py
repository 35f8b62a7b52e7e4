from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import event, insert, update

from app.db.table import table_of
from app.demo.device import Device
from app.directory import queries, upkeep
from app.directory.models import FacilityKind, OpeningHours
from app.directory.records import Perimeter
from app.directory.rules import Hours
from app.directory.service import current_directory, seed
from app.directory.vocabulary import Label, Weekday
from app.errors import Problem
from app.http.context import Context
from tests.clock import SetClock
from tests.members import House, enrolled, found
from tests.places import OPENED, opened, seeded

NEVER = '"0000"'


@pytest.fixture(scope="module")
async def house(context: Context) -> House:
    await seeded(context)
    return await found(context)


@pytest.fixture
async def phone(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    return await enrolled(client, context, house)


async def imported(context: Context, text: str) -> upkeep.Imported:
    async with context.database.writing() as session:
        return await upkeep.import_territories(session, context.keyring, context.clock(), text)


async def reference(phone: Device) -> dict[str, Any]:
    answered = await phone.get("/v1/reference")
    assert answered.status_code == 200
    document: dict[str, Any] = answered.json()
    return document


class TestContent:
    async def test_holds_the_tree_with_accented_names(self, phone: Device) -> None:
        territories = {one["code"]: one for one in (await reference(phone))["territories"]}
        assert territories["7511803"] == {
            "code": "7511803",
            "name": "Goutte-d'Or",
            "level": "quarter",
            "parent": "75118",
        }
        assert territories["7512003"]["name"] == "Père-Lachaise"
        assert territories["75118"]["name"] == "Paris 18e Arrondissement"
        assert territories["93061"] | {"parent": "93"} == territories["93061"]
        assert territories["11"]["parent"] is None
        assert len(territories) >= 134

    async def test_holds_the_default_perimeter(self, phone: Device) -> None:
        document = await reference(phone)
        assert document["perimeter"] == "paris-nord-est"
        [perimeter] = [one for one in document["perimeters"] if one["code"] == "paris-nord-est"]
        assert perimeter["territories"] == ["75118", "75120"]
        assert perimeter["label"]["fr"].startswith("Nord-est de Paris")

    async def test_holds_the_kinds_with_their_timers(self, phone: Device) -> None:
        kinds = {one["code"]: one for one in (await reference(phone))["kinds"]}
        assert kinds["emergency_housing"]["expires_after_s"] == 72 * 3600
        assert kinds["emergency_housing"]["success"] == "admitted"
        assert kinds["rest_room"]["label"] == {"fr": "Espace de repos", "en": "Rest room"}
        assert len(kinds) >= 9

    async def test_holds_every_vocabulary_in_both_languages(self, phone: Device) -> None:
        vocabularies = (await reference(phone))["vocabularies"]
        codes = {name: [one["code"] for one in members] for name, members in vocabularies.items()}
        assert codes["age_band"] == ["minor", "18_24", "25_39", "40_plus", "unknown"]
        assert codes["rung"][0] == "first_reception"
        assert set(codes) >= {
            "act",
            "age_band",
            "distance",
            "first_contact_this_year",
            "gender",
            "hold_state",
            "need",
            "obstacle",
            "openness",
            "reason",
            "referral_state",
            "report_reason",
            "sleeping",
            "stay_exit",
            "supply",
            "territory_level",
            "weekday",
        }
        assert set(codes["report_reason"]) < set(codes["reason"])
        assert codes["obstacle"] == ["closed", "no_report", "report_too_old", "places_not_said", "no_place"]
        for members in vocabularies.values():
            assert all(one["label"]["fr"] and one["label"]["en"] for one in members)

    async def test_says_what_may_follow_each_state_and_which_reasons_it_takes(self, phone: Device) -> None:
        document = await reference(phone)
        steps = {one["state"]: one for one in document["transitions"]}
        assert steps["offered"]["next"] == [
            "requested",
            "arrived",
            "admitted",
            "declined",
            "cancelled",
            "entered_in_error",
        ]
        assert steps["refused"]["next"] == []
        assert "no_place" in steps["refused"]["reasons"]
        assert steps["accepted"]["reasons"] == []
        groups = {one["group"]: one["reasons"] for one in document["reason_groups"]}
        assert list(groups) == ["person", "provider", "system"]
        assert [reason for reasons in groups.values() for reason in reasons] == [
            one["code"] for one in document["vocabularies"]["reason"]
        ]

    async def test_says_which_app_is_still_welcome(self, phone: Device, context: Context) -> None:
        assert (await reference(phone))["app"] == {"minimum_version": context.settings.minimum_app_version}

    async def test_holds_facilities_with_operator_and_hours_of_nights(
        self, phone: Device, context: Context, house: House
    ) -> None:
        facility_id = await opened(context, house, name="Halte de nuit")
        night = Hours(Weekday.monday, 21 * 60, 30 * 60, OPENED)
        async with context.database.writing() as session:
            await upkeep.plan_hours(session, context.keyring, context.clock(), facility_id, OPENED, [night])
        facilities = {one["id"]: one for one in (await reference(phone))["facilities"]}
        assert facilities[str(facility_id)] == {
            "id": str(facility_id),
            "name": "Halte de nuit",
            "kind": "rest_room",
            "territory": "7511803",
            "operator": house.name,
            "opened_on": "2024-01-01",
            "closed_on": None,
            "hours": [
                {"weekday": "monday", "opens": 1260, "closes": 1800, "valid_from": "2024-01-01", "valid_until": None}
            ],
        }

    async def test_leaves_out_what_ended_and_keeps_what_is_to_come(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        today = clock().date()
        row = {
            "rung": "support",
            "success": "arrived",
            "expires_after_s": 60,
            "label_fr": "À l'essai",
            "label_en": "On trial",
        }
        periods = {
            "over": (today - timedelta(days=30), today - timedelta(days=1)),
            "last_night": (today - timedelta(days=30), today),
            "to_come": (today + timedelta(days=30), None),
        }
        rows = [
            {"code": code, "valid_from": start, "valid_until": until, **row} for code, (start, until) in periods.items()
        ]
        async with context.database.writing() as session:
            await session.execute(insert(table_of(FacilityKind)), rows)
            await queries.count_change(session, clock())
        codes = {one["code"] for one in (await reference(phone))["kinds"]}
        assert {"last_night", "to_come"} <= codes
        assert "over" not in codes


class TestCaching:
    async def test_the_tag_is_the_digest_of_the_bytes(self, phone: Device) -> None:
        answered = await phone.get("/v1/reference")
        assert answered.headers["etag"] == f'"{sha256(answered.content).hexdigest()}"'
        assert answered.headers["cache-control"] == "private, no-cache"

    @pytest.mark.parametrize("sent", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
    async def test_who_holds_it_already_is_told_so_without_a_body(self, phone: Device, sent: str) -> None:
        tag = (await phone.get("/v1/reference")).headers["etag"]
        again = await phone.get("/v1/reference", headers={"If-None-Match": sent.format(tag=tag)})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag

    async def test_who_holds_another_gets_it_whole(self, phone: Device) -> None:
        answered = await phone.get("/v1/reference", headers={"If-None-Match": NEVER})
        assert answered.status_code == 200

    async def test_every_change_of_the_directory_shows_at_once(
        self, phone: Device, context: Context, house: House
    ) -> None:
        tags = [(await phone.get("/v1/reference")).headers["etag"]]
        keyring, now = context.keyring, context.clock()
        facility_id = await opened(context, house)
        tags.append((await phone.get("/v1/reference")).headers["etag"])
        async with context.database.writing() as session:
            await upkeep.close_facility(session, keyring, now, facility_id, date(2026, 3, 2))
        tags.append((await phone.get("/v1/reference")).headers["etag"])
        async with context.database.writing() as session:
            here = Perimeter("nord", Label("Nord", "North"), OPENED, None, ("93001",))
            await upkeep.create_perimeter(session, keyring, now, here)
        tags.append((await phone.get("/v1/reference")).headers["etag"])
        async with context.database.writing() as session:
            line = '75056,Paris,commune,75,,,,"Insee (Licence Ouverte)"'
            text = f"code,name,level,parent,area_km2,east_km,north_km,source\n{line}\n"
            await upkeep.import_territories(session, keyring, now, text)
        tags.append((await phone.get("/v1/reference")).headers["etag"])
        assert len(set(tags)) == len(tags)

    async def test_a_change_made_by_another_process_shows_at_once(
        self, phone: Device, context: Context, house: House
    ) -> None:
        first = (await phone.get("/v1/reference")).headers["etag"]
        await opened(context, house)  # by another connection: nothing in memory was told
        assert (await phone.get("/v1/reference")).headers["etag"] != first

    async def test_it_is_unchanged_by_seeding_again(self, phone: Device, context: Context) -> None:
        first = (await phone.get("/v1/reference")).headers["etag"]
        async with context.database.writing() as session:
            assert not await seed(session, context.clock())
        assert (await phone.get("/v1/reference")).headers["etag"] == first

    async def test_costs_one_small_statement_while_nothing_changes(self, phone: Device, context: Context) -> None:
        from app.changes.reference_document import current_reference

        await phone.get("/v1/reference")
        statements: list[str] = []
        async with context.database.reading() as session:
            connection = await session.connection()

            def seen(*given: Any) -> None:
                statements.append(given[2])

            event.listen(connection.sync_connection, "before_cursor_execute", seen)
            await current_reference(context.database, session, context.clock())
            event.remove(connection.sync_connection, "before_cursor_execute", seen)
        assert len(statements) == 1
        assert "directory_version" in statements[0]

    async def test_another_day_may_bring_another_reference(
        self, client: httpx.AsyncClient, context: Context, house: House, clock: SetClock
    ) -> None:
        facility_id = await opened(context, house)
        over = {
            "facility_id": facility_id,
            "valid_from": OPENED,
            "weekday": "monday",
            "opens": 600,
            "closes": 660,
            "valid_until": date(2026, 3, 2),
        }
        async with context.database.writing() as session:
            await session.execute(insert(table_of(OpeningHours)), [over])
            await queries.count_change(session, clock())

        async def openings() -> int:
            phone = await enrolled(client, context, house)
            facilities = {one["id"]: one for one in (await reference(phone))["facilities"]}
            return len(facilities[str(facility_id)]["hours"])

        assert await openings() == 1
        clock.advance(timedelta(days=1))
        assert await openings() == 0


class TestDirectoryInMemory:
    async def test_is_kept_for_five_seconds_and_looked_up_again_when_asked(
        self, context: Context, house: House
    ) -> None:
        now = context.clock()
        async with context.database.reading() as session:
            held = await current_directory(context.database, session, now, fresh=True)
        facility_id = await opened(context, house)
        async with context.database.reading() as session:
            soon = await current_directory(context.database, session, now + timedelta(seconds=4))
            assert soon is held
            assert soon.facility(facility_id) is None
            later = await current_directory(context.database, session, now + timedelta(seconds=5))
            assert later.facility(facility_id) is not None
            fresh = await current_directory(context.database, session, now, fresh=True)
            assert fresh is later

    @pytest.mark.usefixtures("house")
    async def test_says_what_is_recordable_and_what_lies_outside(self, context: Context) -> None:
        async with context.database.reading() as session:
            directory = await current_directory(context.database, session, context.clock(), fresh=True)
        assert {"7511803", "75118", "93001"} <= directory.territories
        assert directory.territories.isdisjoint({"11", "75", "93", "99999"})
        assert [directory.outside(code) for code in ("7511803", "75118", "7512004", "7511901", "93001", "75")] == [
            False,
            False,
            False,
            True,
            True,
            True,
        ]
        assert directory.ancestors("7511803") == ("75118", "75", "11")
        assert "7511803" in directory.descendants("75118")

    @pytest.mark.usefixtures("house")
    async def test_gives_the_rule_of_a_kind_on_a_day(self, context: Context) -> None:
        async with context.database.reading() as session:
            directory = await current_directory(context.database, session, context.clock(), fresh=True)
        rule = directory.kind("emergency_housing", date(2026, 3, 2))
        assert rule is not None
        assert (rule.rung, rule.success, rule.expires_after) == (
            "emergency_housing",
            "admitted",
            timedelta(hours=72),
        )
        assert directory.kind("emergency_housing", date(2018, 12, 31)) is None
        assert directory.kind("palace", date(2026, 3, 2)) is None


class TestSeeds:
    @pytest.mark.usefixtures("house")
    async def test_leave_alone_what_an_administrator_changed(self, context: Context) -> None:
        table = table_of(FacilityKind)
        longer = update(table).where(table.c.code == "rest_room").values(expires_after_s=60)
        async with context.database.writing() as session:
            await session.execute(longer)
            await seed(session, context.clock())
            await queries.count_change(session, context.clock())
        async with context.database.reading() as session:
            directory = await current_directory(context.database, session, context.clock(), fresh=True)
        rule = directory.kind("rest_room", date(2026, 3, 2))
        assert rule is not None
        assert rule.expires_after == timedelta(seconds=60)


class TestUpkeep:
    async def test_refuses_what_cannot_stand(self, context: Context, house: House) -> None:
        async def refused(**changes: Any) -> str:
            with pytest.raises(Problem) as problem:
                await opened(context, house, **changes)
            return problem.value.faults[0].pointer

        assert await refused(kind="palace") == "/kind"
        assert await refused(territory_code="75") == "/territory"
        assert await refused(territory_code="00000") == "/territory"
        assert await refused(name="") == "/name"

    async def test_refuses_hours_that_overlap(self, context: Context, house: House) -> None:
        facility_id = await opened(context, house)
        hours = [Hours(Weekday.monday, 540, 720, OPENED), Hours(Weekday.monday, 700, 800, OPENED)]
        with pytest.raises(Problem):
            async with context.database.writing() as session:
                await upkeep.plan_hours(session, context.keyring, context.clock(), facility_id, OPENED, hours)

    async def test_new_hours_end_the_old_ones_and_keep_them_for_the_days_before(
        self, context: Context, house: House
    ) -> None:
        facility_id = await opened(context, house)
        plans = [(OPENED, 540), (date(2026, 1, 1), 600), (date(2026, 1, 1), 660)]
        for start, opens in plans:
            async with context.database.writing() as session:
                hours = [Hours(Weekday.monday, opens, opens + 60, start)]
                await upkeep.plan_hours(session, context.keyring, context.clock(), facility_id, start, hours)
        async with context.database.reading() as session:
            directory = await current_directory(context.database, session, context.clock(), fresh=True)
        assert [(one.opens, one.valid_from, one.valid_until) for one in directory.facilities[facility_id].hours] == [
            (540, OPENED, date(2026, 1, 1)),
            (660, date(2026, 1, 1), None),
        ]

    @pytest.mark.usefixtures("house")
    async def test_an_import_that_would_break_the_tree_changes_nothing(self, context: Context) -> None:
        header = "code,name,level,parent,area_km2,east_km,north_km,source"
        for line in ("75118,Paris,quarter,75101,,,,x", "99,Nulle part,departement,98,,,,x", "12,,region,,,,,x"):
            with pytest.raises(Problem):
                await imported(context, f"{header}\n{line}\n")

    @pytest.mark.usefixtures("house")
    async def test_an_import_says_how_many_are_new_and_changed(self, context: Context) -> None:
        header = "code,name,level,parent,area_km2,east_km,north_km,source"
        lines = ["93027,La Courneuve,commune,93,7.52,3.5,8.1,Insee", "93001,Aubervilliers,commune,93,5.8,3,6,Insee"]
        text = "\n".join([header, *lines])
        assert await imported(context, text) == upkeep.Imported(new=1, changed=1)
        assert await imported(context, text) == upkeep.Imported(new=0, changed=0)
