"""After ninety days only the week of a record is left, after two years nothing; what is sent again is still known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlmodel import col

from app.audit.models import AuditEntry
from app.audit.service import append
from app.capacity.models import PlaceHold
from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.ingest.coarse import CLOSED, fine_from, monday_of, noon_of_week
from app.metrics.refreshing import refresh
from app.patrols.models import Patrol
from app.referrals.models import HeldEvent, Referral, ReferralEvent
from app.referrals.service import sweep
from app.retention import service
from app.retention.records import Report
from app.retention.service import purge
from tests import make
from tests.clock import NIGHT, SetClock
from tests.dying import dying_at
from tests.members import House
from tests.street import coarse, contents, outcomes, pending, post, reasons, rows, store

LATER = NIGHT + timedelta(days=110)
PARENT = "75118"
MONDAY = date(2026, 3, 2)
"""The Monday of the week of NIGHT, which is that Monday."""
MET = NIGHT + timedelta(days=3, hours=2)
"""In the night from Thursday to Friday of that week."""
EXACTLY = MET + timedelta(minutes=7, seconds=13, milliseconds=459)


async def run(context: Context, **options: Any) -> Report:
    return await purge(context.database, context.keyring, context.clock(), **options)


async def stored(context: Context, table: type, house: House) -> list[Mapping[str, Any]]:
    return await rows(context, table, org_id=house.org_id)


@pytest.fixture
async def met(phone: Device, clock: SetClock) -> make.Json:
    """An encounter of a Thursday with a referral that somebody arrived by, in a patrol; nothing is coarse yet."""
    clock.now = MET + timedelta(hours=1)
    phone = await _again(phone)
    made = make.referral(id=make.new_id(MET))
    patrol = make.patrol(id=make.new_id(MET), started_at=MET - timedelta(hours=1), ended_at=MET)
    encounter = make.encounter(
        id=make.new_id(EXACTLY), occurred_at=EXACTLY, patrol_id=patrol["id"], card=make.code(), referrals=[made]
    )
    await store(phone, "patrols", patrol)
    await store(phone, "encounters", encounter)
    event = make.event(id=make.new_id(MET), referral_id=made["id"], occurred_at=MET + timedelta(minutes=50))
    await store(phone, "referral-events", event)
    return {"encounter": encounter, "referral": made, "event": event, "patrol": patrol}


async def _again(phone: Device) -> Device:
    """Let a phone renew its token, which does not last as long as tests jump."""
    await phone.renew()
    return phone


class TestTheNinetiethDay:
    @pytest.mark.parametrize("hour", [0, 9, 12, 23])
    def test_is_over_before_a_day_becomes_coarse_with_its_whole_week(self, hour: int) -> None:
        for number in range(800):  # more than two years: both changes of the clock, and weeks across New Year
            now = datetime(2026, 1, 1, hour, tzinfo=UTC) + timedelta(days=number)
            fine = fine_from(now)
            assert fine.weekday() == 0
            last_end = datetime(fine.year, fine.month, fine.day, tzinfo=UTC) + timedelta(days=1, hours=35)
            assert now - last_end >= timedelta(days=90)
            assert now - last_end < timedelta(days=98)

    def test_of_a_week_across_new_year_its_monday_is_in_the_old_year(self) -> None:
        assert monday_of(date(2027, 1, 2)) == date(2026, 12, 28)
        assert noon_of_week(date(2027, 1, 2)) == datetime(2026, 12, 28, 11, tzinfo=UTC)

    async def test_leaves_records_alone_until_then(
        self, met: make.Json, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = NIGHT + timedelta(days=91)
        report = await run(context)
        assert report.fine_from <= MONDAY
        assert {row["id"] for row in await stored(context, Encounter, house)} == {UUID(met["encounter"]["id"])}


class TestCoarse:
    async def test_encounter_tells_week_and_parent_only(
        self, met: make.Json, context: Context, house: House, clock: SetClock
    ) -> None:
        [fine] = await stored(context, Encounter, house)
        clock.now = LATER
        report = await run(context)
        assert report.coarse["encounter"] >= 1
        [row] = await stored(context, Encounter, house)
        assert str(row["id"]) == coarse(context, met["encounter"]["id"])
        told = ("service_day", "slot", "territory", "patrol_id", "first_received_at", "received_at", "skew_s")
        assert [row[name] for name in told] == [MONDAY, None, PARENT, None, None, None, 0]
        assert row["digest"] != fine["digest"]
        kept = ("rk", "link_id", "people_count", "gender", "needs", "team_id")
        assert [row[name] for name in kept] == [fine[name] for name in kept]

    async def test_referral_is_moved_to_noon_of_its_monday_with_all_that_came_of_it(
        self, met: make.Json, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        noon = noon_of_week(MONDAY)
        [row] = await stored(context, Referral, house)
        assert str(row["id"]) == coarse(context, met["referral"]["id"])
        assert str(row["encounter_id"]) == coarse(context, met["encounter"]["id"])
        assert (row["cohort_day"], row["created_at"], row["arrived_at"]) == (MONDAY, noon, noon)
        assert (row["territory"], row["position"], row["state"]) == (PARENT, CLOSED, "arrived")
        [event] = await stored(context, ReferralEvent, house)
        assert (event["referral_id"], str(event["id"])) == (row["id"], coarse(context, met["event"]["id"]))
        assert event["occurred_at"] == noon + timedelta(milliseconds=1)

    async def test_stay_keeps_its_length_to_two_hours(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        made = make.lone_referral(kind="emergency_housing", occurred_at=NIGHT - timedelta(hours=1))
        await store(phone, "referrals", made)
        admitted = make.event(referral_id=made["id"], state="admitted", occurred_at=NIGHT - timedelta(minutes=50))
        await store(phone, "referral-events", admitted)
        clock.now = NIGHT + timedelta(days=9)
        await store(
            await _again(phone),
            "stay-exits",
            make.stay_exit(referral_id=made["id"], occurred_at=NIGHT + timedelta(days=8, hours=5, minutes=31)),
        )
        clock.now = LATER
        await run(context)
        [row] = await stored(context, Referral, house)
        assert row["exited_at"] - row["admitted_at"] == timedelta(days=8, hours=6)

    async def test_waits_while_a_stay_lasts_and_then_says_nothing_of_its_encounter(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        made = make.referral(kind="emergency_housing")
        await store(phone, "encounters", make.encounter(referrals=[made]))
        await store(phone, "referral-events", make.event(referral_id=made["id"], state="admitted"))
        clock.now = LATER
        await run(context)
        [row] = await stored(context, Referral, house)
        assert (str(row["id"]), row["encounter_id"]) == (made["id"], None)
        [encounter] = await stored(context, Encounter, house)
        assert encounter["slot"] is None
        await store(await _again(phone), "stay-exits", make.stay_exit(referral_id=made["id"], occurred_at=LATER))
        clock.now = LATER + timedelta(days=80)
        await run(context)
        [row] = await stored(context, Referral, house)
        assert str(row["id"]) == made["id"], "a stay is asked for by its end"
        clock.now = LATER + timedelta(days=110)
        await run(context)
        [row] = await stored(context, Referral, house)
        assert str(row["id"]) == coarse(context, made["id"])

    async def test_one_that_takes_up_another_still_names_it(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        first = make.lone_referral(state="offered")
        second = make.lone_referral(state="offered", previous_referral_id=first["id"])
        await store(phone, "referrals", first, second)
        clock.now = LATER
        third = make.lone_referral(
            id=make.new_id(LATER), occurred_at=LATER, previous_referral_id=second["id"], state="offered"
        )
        await run(context)
        await store(await _again(phone), "referrals", third)
        named = {str(row["id"]): row["previous_referral_id"] for row in await stored(context, Referral, house)}
        names = [coarse(context, one["id"]) for one in (first, second)]
        assert named == {names[0]: None, names[1]: UUID(names[0]), third["id"]: UUID(names[1])}

    async def test_order_in_the_file_says_nothing_of_time(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        for number in range(12):
            await store(phone, "encounters", make.encounter(occurred_at=NIGHT - timedelta(minutes=60 - number)))
        clock.now = LATER
        await run(context)
        async with context.database.reading() as session:
            place = "rowid" if context.database.is_sqlite else "ctid"
            chosen = select(col(Encounter.id)).where(col(Encounter.org_id) == house.org_id).order_by(text(place))
            listed = [key.bytes for key in await session.scalars(chosen)]
        assert len(listed) == 12
        assert listed == sorted(listed)

    async def test_answer_to_a_referral_that_never_came_goes(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await post(phone, "referral-events", make.event())
        assert len(await stored(context, HeldEvent, house)) == 1
        clock.now = LATER
        await run(context)
        assert await stored(context, HeldEvent, house) == []


class TestSentAgain:
    async def test_everything_is_known_and_nothing_changes(
        self, met: make.Json, phone: Device, context: Context, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        await _again(phone)
        assert outcomes(await post(phone, "encounters", met["encounter"])) == ["unchanged"]
        [verdict] = await post(phone, "referral-events", met["event"])
        assert (verdict["id"], verdict["outcome"]) == (met["event"]["id"], "unchanged")
        before = await contents(context)
        await post(phone, "encounters", met["encounter"])
        await post(phone, "referral-events", met["event"])
        after = await contents(context)
        names = ("encounter", "referral", "referral_event", "held_event")
        assert {name: after[name] for name in names} == {name: before[name] for name in names}

    async def test_other_content_is_a_conflict_and_a_correction_too_late(
        self, met: make.Json, phone: Device, context: Context, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        await _again(phone)
        other = met["encounter"] | {"gender": "man"}
        assert outcomes(await post(phone, "encounters", other)) == ["conflict"]
        assert reasons(await post(phone, "encounters", other | {"revision": 2})) == ["correction-too-late"]

    async def test_a_lone_referral_is_known_by_its_team_only(
        self, phone: Device, other_phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        made = make.lone_referral(state="offered")
        await store(phone, "referrals", made)
        clock.now = LATER
        await run(context)
        assert outcomes(await post(await _again(phone), "referrals", made)) == ["unchanged"]
        assert outcomes(await post(await _again(other_phone), "referrals", made)) == ["created"]
        assert len(await stored(context, Referral, house)) == 1

    async def test_a_new_answer_is_kept_coarse_and_has_no_effect(
        self, met: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        await _again(phone)
        answer = make.event(referral_id=met["referral"]["id"], state="admitted", occurred_at=MET + timedelta(hours=9))
        [verdict] = await post(phone, "referral-events", answer)
        assert (verdict["outcome"], reasons([verdict])) == ("created", ["transition-not-applied"])
        assert outcomes(await post(phone, "referral-events", answer)) == ["unchanged"]
        kept = {str(row["id"]): row for row in await stored(context, ReferralEvent, house)}
        row = kept[coarse(context, answer["id"])]
        assert (row["occurred_at"], row["received_at"]) == (noon_of_week(MONDAY), noon_of_week(MONDAY))
        assert row["not_applied"] == "terminal"
        assert await pending(phone) == {}
        [referral] = await stored(context, Referral, house)
        assert referral["state"] == "arrived"


class TestLate:
    async def test_encounter_of_a_coarse_week_is_stored_coarse_at_once_and_once(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        await _again(phone)
        late = make.encounter(id=make.new_id(MET), occurred_at=MET, referrals=[make.referral(id=make.new_id(MET))])
        fresh = make.encounter(id=make.new_id(LATER), occurred_at=LATER)
        verdicts = await post(phone, "encounters", late, fresh)
        assert [verdict["id"] for verdict in verdicts] == [late["id"], fresh["id"]]
        assert outcomes(verdicts) == ["created", "created"]
        assert outcomes(await post(phone, "encounters", fresh, late)) == ["unchanged", "unchanged"]
        kept = {str(row["id"]): row for row in await stored(context, Encounter, house)}
        assert kept.keys() == {coarse(context, late["id"]), fresh["id"]}
        row = kept[coarse(context, late["id"])]
        assert (row["service_day"], row["slot"], row["territory"]) == (MONDAY, None, PARENT)

    async def test_referral_of_a_coarse_week_is_coarse_once_it_has_ended(
        self, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = LATER
        await run(context)
        made = make.lone_referral(id=make.new_id(MET), occurred_at=MET)
        await store(await _again(phone), "referrals", made)
        assert (await sweep(context, context.clock()))[0] >= 1
        clock.now = LATER + timedelta(days=4)
        await run(context)
        [row] = await stored(context, Referral, house)
        assert (str(row["id"]), row["state"]) == (coarse(context, made["id"]), "expired")


class TestARound:
    @pytest.mark.usefixtures("met")
    async def test_again_changes_nothing(self, context: Context, clock: SetClock) -> None:
        clock.now = LATER
        await run(context)
        before = await contents(context)
        report = await run(context)
        assert not report.did_something
        assert await contents(context) == before

    @pytest.mark.usefixtures("met")
    async def test_dry_says_what_the_real_one_does_and_does_nothing(self, context: Context, clock: SetClock) -> None:
        await run(context)
        await refresh(context.database)
        clock.now = LATER
        before = await contents(context)
        said = await run(context, dry_run=True)
        assert await contents(context) == before
        done = await run(context)
        counted = {name: count for name, count in said.coarse.items() if count}
        assert counted == {name: count for name, count in done.coarse.items() if name in counted}
        assert counted.keys() == {"encounter", "referral"}

    @pytest.mark.usefixtures("met")
    async def test_is_written_down_by_counts(self, context: Context, house: House, clock: SetClock) -> None:
        clock.now = LATER
        await run(context)
        details = [
            entry["detail"] for entry in await rows(context, AuditEntry, org_id=house.org_id, action="record.coarsen")
        ]
        assert sorted(details, key=str) == [{"encounter": 1}, {"referral": 1, "referral_event": 1}]

    async def test_killed_anywhere_is_finished_by_the_next(
        self, phone: Device, context: Context, house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(7):
            made = make.referral()
            await store(phone, "encounters", make.encounter(referrals=[made]))
            await store(phone, "referral-events", make.event(referral_id=made["id"]))
        clock.now = LATER
        monkeypatch.setattr(service, "STEP", 3)
        for fatal in range(1, 8):
            # All of a step is done but its commit.
            monkeypatch.setattr(service, "append", dying_at(fatal, append))
            try:
                await run(context)
            except KeyboardInterrupt:
                assert len(await stored(context, Encounter, house)) == 7
                assert len(await stored(context, Referral, house)) == 7
        monkeypatch.setattr(service, "append", append)
        await run(context)
        assert {row["slot"] for row in await stored(context, Encounter, house)} == {None}
        assert {row["position"] for row in await stored(context, Referral, house)} == {CLOSED}
        assert [len(await stored(context, one, house)) for one in (Encounter, Referral, ReferralEvent)] == [7, 7, 7]


class TestTwoYears:
    @pytest.mark.usefixtures("met")
    async def test_leave_nothing_of_the_records(self, context: Context, house: House, clock: SetClock) -> None:
        clock.now = LATER
        await run(context)
        clock.now = NIGHT + timedelta(days=740)
        report = await run(context)
        assert report.deleted["encounter"] >= 1
        for table in (Encounter, Referral, ReferralEvent, Patrol, PlaceHold):
            assert await stored(context, table, house) == []

    @pytest.mark.usefixtures("met")
    async def test_are_not_over_a_day_early(self, context: Context, house: House, clock: SetClock) -> None:
        clock.now = NIGHT + timedelta(days=729)
        await run(context)
        assert [len(await stored(context, table, house)) for table in (Encounter, Referral, Patrol)] == [1, 1, 1]


async def test_nothing_in_the_files_tells_id_or_instant_of_what_is_coarse(
    met: make.Json, phone: Device, context: Context, clock: SetClock, house: House
) -> None:
    correction = met["encounter"] | {"revision": 2, "gender": "man"}
    await store(phone, "encounters", correction)  # the log says so
    [fine] = await stored(context, Referral, house)
    clock.now = LATER
    report = await run(context)
    assert report.log_empty
    if not context.database.is_sqlite:
        return
    path = Path(make_url(context.settings.database_url).database or "")
    held = b"".join(file.read_bytes() for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    for item in (met["encounter"], met["referral"], met["event"]):
        assert UUID(item["id"]).bytes not in held
        assert item["id"].encode() not in held
    exact = int(fine["made_at"].timestamp() * 1000)
    assert exact.to_bytes(6, "big") not in held
    assert fine["digest"] not in held
    assert UUID(coarse(context, met["encounter"]["id"])).bytes in held
