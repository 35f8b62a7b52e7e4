"""Seventy-two hours after a referral ended its events have a slot and a number; nothing else is any different."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import make_url

from app.audit.models import AuditEntry
from app.audit.service import append
from app.demo.device import Device
from app.http.context import Context
from app.ingest.coarse import coarse_id, slot_began
from app.metrics.refreshing import FACTS, refresh, verify
from app.referrals.models import Referral, ReferralEvent
from app.referrals.service import sweep
from app.retention import service
from app.retention.records import Report
from app.retention.service import purge
from tests import make
from tests.clock import NIGHT, SetClock
from tests.dying import dying_at
from tests.members import House
from tests.street import caught_up, changes, coarse, contents, outcomes, pending, post, reasons, rows, state, store

MADE = NIGHT - timedelta(minutes=50, seconds=13)
LATER = NIGHT + timedelta(days=4)
"""When what was last heard of in that night is settled."""


def at(minutes: float, referral: make.Json, step: str, **facts: object) -> make.Json:
    instant = MADE + timedelta(minutes=minutes)
    return make.event(id=make.new_id(instant), referral_id=referral["id"], state=step, occurred_at=instant, **facts)


async def run(context: Context, **options: Any) -> Report:
    return await purge(context.database, context.keyring, context.clock(), **options)


async def events(context: Context, house: House) -> list[Mapping[str, Any]]:
    """Return the events of a house, in the order of their instants."""
    return sorted(await rows(context, ReferralEvent, org_id=house.org_id), key=lambda row: row["occurred_at"])


async def settle(context: Context, house: House) -> int:
    """Let a round pass; return how many of a house's events it settled."""
    before = [row["sequence"] for row in await events(context, house)].count(None)
    await run(context)
    return before - [row["sequence"] for row in await events(context, house)].count(None)


async def later(phone: Device, clock: SetClock, now: datetime = LATER) -> None:
    clock.now = now
    await phone.renew()


@pytest.fixture
async def bed(phone: Device) -> make.Json:
    """A referral to emergency housing, requested."""
    made: make.Json = make.lone_referral(id=make.new_id(MADE), kind="emergency_housing", occurred_at=MADE)
    await store(phone, "referrals", made)
    return made


class TestASlot:
    @pytest.mark.parametrize(
        ("instant", "began"),
        [
            ("2026-03-02T22:37:10+01:00", "2026-03-02T22:00:00+01:00"),
            ("2026-03-02T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
            ("2026-03-29T03:30:00+02:00", "2026-03-29T03:00:00+02:00"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T02:00:00+02:00"),
            ("2026-10-25T03:59:59+01:00", "2026-10-25T02:00:00+02:00"),
        ],
    )
    def test_begins_by_the_clock_in_paris_also_when_it_changes(self, instant: str, began: str) -> None:
        found = slot_began(datetime.fromisoformat(instant))
        assert (found, found.tzinfo) == (datetime.fromisoformat(began), UTC)


class TestSettled:
    async def test_event_has_its_slot_and_number_and_no_name_that_tells_more(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        sent = [at(3, bed, "accepted"), at(41, bed, "arrived"), at(200, bed, "admitted")]
        clock.now = NIGHT + timedelta(hours=4)
        await store(phone, "referral-events", *reversed(sent))
        fine = await events(context, house)
        await later(phone, clock)
        assert await settle(context, house) == 3
        settled = await events(context, house)
        assert [row["step"] for row in settled] == ["accepted", "arrived", "admitted"]
        assert [row["sequence"] for row in settled] == [1, 2, 3]
        for number, (row, was, item) in enumerate(zip(settled, fine, sent, strict=True), 1):
            tick = timedelta(milliseconds=number)
            assert [row[name] - tick for name in ("occurred_at", "recorded_at")] == [slot_began(was["occurred_at"])] * 2
            assert row["received_at"] == was["received_at"] == was["received_at"].replace(minute=0)
            assert str(row["id"]) == coarse(context, item["id"])
            assert row["digest"] != was["digest"]
            kept = ("referral_id", "step", "reason", "destination", "sender_id", "channel", "not_applied")
            assert [row[name] for name in kept] == [was[name] for name in kept]

    async def test_referral_itself_loses_the_minute_of_its_making_and_nothing_else(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "arrived"), at(45, bed, "admitted"))
        before, cursor = await rows(context, Referral, org_id=house.org_id), await caught_up(phone)
        assert before[0]["made_at"] == MADE
        await later(phone, clock)
        await run(context)
        assert await rows(context, Referral, org_id=house.org_id) == [{**before[0], "made_at": None}]
        assert (await changes(phone, cursor))["referrals"] == []

    @pytest.mark.parametrize(("now", "settled"), [(NIGHT + timedelta(hours=72), 0), (NIGHT + timedelta(hours=77), 1)])
    async def test_after_seventy_two_hours_and_not_before(
        self,
        bed: make.Json,
        phone: Device,
        context: Context,
        house: House,
        clock: SetClock,
        now: datetime,
        settled: int,
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "admitted"))
        clock.now = now
        assert await settle(context, house) == settled

    async def test_not_while_it_is_open(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "accepted"))
        await later(phone, clock)
        assert await settle(context, house) == 0

    async def test_not_while_something_was_heard_lately_however_long_ago_it_happened(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "admitted"))
        await later(phone, clock)
        [verdict] = await post(phone, "referral-events", at(42, bed, "no_show", reason="person_not_found"))
        assert verdict["problem"]["not_applied"] == "terminal"
        assert await settle(context, house) == 0
        assert (await pending(phone)).keys() == {verdict["id"]}
        await later(phone, clock, LATER + timedelta(days=4))
        assert await settle(context, house) == 2
        assert await pending(phone) == {}
        assert [row["not_applied"] for row in await events(context, house)] == [None, "terminal"]


class TestSentAgain:
    async def test_everything_is_known_and_other_content_a_conflict(
        self, bed: make.Json, phone: Device, context: Context, clock: SetClock
    ) -> None:
        first, last = at(3, bed, "accepted"), at(41, bed, "admitted")
        await store(phone, "referral-events", first, last)
        await later(phone, clock)
        await run(context)
        before = await contents(context)
        verdicts = await post(phone, "referral-events", last, first, last)
        assert outcomes(verdicts) == ["unchanged"] * 3
        assert [verdict["id"] for verdict in verdicts] == [last["id"], first["id"], last["id"]]
        other = at(3, bed, "arrived") | {"id": first["id"]}
        assert outcomes(await post(phone, "referral-events", other)) == ["conflict"]
        after = await contents(context)
        for name in ("referral", "referral_event", "held_event", "stale_day"):
            assert after[name] == before[name]

    async def test_still_after_ninety_days(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        item = at(41, bed, "refused", reason="no_place")
        await store(phone, "referral-events", item)
        await later(phone, clock)
        await run(context)
        await later(phone, clock, NIGHT + timedelta(days=110))
        await run(context)
        assert outcomes(await post(phone, "referral-events", item)) == ["unchanged"]
        [row] = await events(context, house)
        assert (str(row["id"]), row["sequence"]) == (coarse(context, item["id"]), 1)


class TestWhatComesLater:
    async def test_never_reopens_an_end_however_early_it_happened(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "admitted"))
        await later(phone, clock)
        await run(context)
        [was] = await rows(context, Referral, org_id=house.org_id)
        [verdict] = await post(phone, "referral-events", at(2, bed, "refused", reason="no_place"))
        assert (verdict["outcome"], reasons([verdict])) == ("created", ["transition-not-applied"])
        assert (verdict["problem"]["not_applied"], verdict["problem"]["state"]) == ("terminal", "admitted")
        assert await rows(context, Referral, org_id=house.org_id) == [was]
        marks = {row["step"]: row["not_applied"] for row in await events(context, house)}
        assert marks == {"admitted": None, "refused": "terminal"}

    async def test_end_of_a_stay_is_taken_and_settled_by_itself(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(20, bed, "arrived"), at(41, bed, "admitted"))
        await later(phone, clock)
        await run(context)
        left = LATER - timedelta(hours=3, minutes=7)
        leaves = make.stay_exit(id=make.new_id(left), referral_id=bed["id"], occurred_at=left)
        again = make.stay_exit(referral_id=bed["id"], occurred_at=left - timedelta(hours=1), destination="other")
        await store(phone, "stay-exits", leaves)
        verdicts = await post(phone, "stay-exits", again)
        [row] = await rows(context, Referral, org_id=house.org_id)
        assert (row["exited_at"], row["exit_destination"]) == (slot_began(left - timedelta(hours=1)), "other"), (
            "the earlier counts"
        )
        assert reasons(verdicts) == [None]
        await later(phone, clock, LATER + timedelta(days=4))
        assert await settle(context, house) == 2
        assert [one["sequence"] for one in await events(context, house)] == [1, 2, 3, 4]
        [kept] = await rows(context, Referral, org_id=house.org_id)
        assert kept == row
        late = make.stay_exit(referral_id=bed["id"], occurred_at=left)
        [verdict] = await post(phone, "stay-exits", late)
        assert verdict["problem"]["not_applied"] == "stay_ended"
        assert await rows(context, Referral, org_id=house.org_id) == [row]

    async def test_answer_in_time_still_shows_that_a_silence_was_none(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(5, bed, "accepted"))
        due = NIGHT + timedelta(days=4)
        clock.now = due
        await sweep(context, due)
        assert await state(phone, bed["id"]) == "expired"
        await later(phone, clock, due + timedelta(days=4))
        assert await settle(context, house) == 2
        useless = at(30, bed, "requested")
        [verdict] = await post(phone, "referral-events", useless)
        assert verdict["problem"]["not_applied"] == "impossible_transition"
        assert await state(phone, bed["id"]) == "expired"
        came = at(70.5, bed, "arrived")
        await store(phone, "referral-events", came)
        assert await state(phone, bed["id"]) == "arrived"
        [row] = await rows(context, Referral, org_id=house.org_id)
        assert (row["accepted_at"], row["arrived_at"]) == (slot_began(MADE), slot_began(MADE + timedelta(minutes=70.5)))
        marks = {one["step"]: one["not_applied"] for one in await events(context, house)}
        assert marks == {
            "accepted": None, "expired": "answered_in_time", "requested": "impossible_transition", "arrived": None,
        }  # fmt: skip

    async def test_answer_after_a_silence_does_not_end_it(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        clock.now = NIGHT + timedelta(days=4)
        await sweep(context, clock.now)
        await later(phone, clock, NIGHT + timedelta(days=8))
        assert await settle(context, house) == 1
        before = await rows(context, Referral, org_id=house.org_id)
        [verdict] = await post(phone, "referral-events", at(60 * 24 * 5, bed, "admitted"))
        assert verdict["problem"]["not_applied"] == "terminal"
        assert await rows(context, Referral, org_id=house.org_id) == before
        assert (await sweep(context, context.clock()))[0] == 0

    async def test_figures_are_kept_as_facts_say(
        self, bed: make.Json, phone: Device, context: Context, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(3, bed, "waitlisted", reason="no_place"), at(41, bed, "admitted"))
        await refresh(context.database)
        await later(phone, clock)
        await run(context)
        assert await verify(context.database) == dict.fromkeys(FACTS, 0)
        await post(phone, "referral-events", at(2, bed, "refused", reason="no_place"))
        await refresh(context.database)
        assert await verify(context.database) == dict.fromkeys(FACTS, 0)


class TestARound:
    async def test_dry_says_what_the_real_one_does_and_does_nothing(
        self, bed: make.Json, phone: Device, context: Context, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(3, bed, "accepted"), at(41, bed, "admitted"))
        await refresh(context.database)
        await later(phone, clock)
        before = await contents(context)
        said = await run(context, dry_run=True)
        assert await contents(context) == before
        assert said.settled == (await run(context)).settled
        assert not (await run(context)).did_something

    async def test_killed_anywhere_is_finished_by_the_next_with_the_same_numbers(
        self, phone: Device, context: Context, house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(7):
            made = make.lone_referral(kind="emergency_housing")
            await store(phone, "referrals", made)
            await store(phone, "referral-events", at(43, made, "admitted"), at(42, made, "accepted"))
        clock.now = LATER
        monkeypatch.setattr(service, "STEP", 3)
        died = 0
        for fatal in range(1, 4):
            # All of a step is done but its commit.
            monkeypatch.setattr(service, "append", dying_at(fatal, append))
            try:
                await run(context)
            except KeyboardInterrupt:
                died += 1
            assert len(await events(context, house)) == 14
        assert died >= 2
        monkeypatch.setattr(service, "append", append)
        await run(context)
        numbers: dict[UUID, dict[str, int]] = {}
        for row in await events(context, house):
            numbers.setdefault(row["referral_id"], {})[row["step"]] = row["sequence"]
        assert list(numbers.values()) == [{"accepted": 1, "admitted": 2}] * 7

    async def test_is_written_down_by_counts(
        self, bed: make.Json, phone: Device, context: Context, house: House, clock: SetClock
    ) -> None:
        await store(phone, "referral-events", at(41, bed, "admitted"))
        clock.now = LATER
        await run(context)
        [entry] = await rows(context, AuditEntry, org_id=house.org_id, action="record.settle")
        assert entry["detail"] == {"referral": 1, "referral_event": 1}


async def test_file_of_sqlite_tells_nothing_of_the_minute_of_a_settled_referral(
    phone: Device, context: Context, house: House, clock: SetClock
) -> None:
    made = MADE - timedelta(minutes=7, seconds=29)  # no other test's: they share the file
    bed = make.lone_referral(id=make.new_id(slot_began(made)), kind="emergency_housing", occurred_at=made)
    await store(phone, "referrals", bed)
    await store(phone, "referral-events", at(41.3, bed, "admitted"))
    await post(phone, "referral-events", at(44.7, bed, "accepted"))
    fine = await events(context, house)
    await later(phone, clock)
    assert (await run(context)).log_empty
    if not context.database.is_sqlite:
        return
    path = Path(make_url(context.settings.database_url).database or "")
    held = b"".join(file.read_bytes() for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    for event in fine:
        assert event["id"].bytes not in held
        assert event["digest"] not in held
        assert coarse_id(context.keyring, event["id"]).bytes in held
    for minute in (made, *(event["occurred_at"] for event in fine)):
        assert int(minute.timestamp() * 1000).to_bytes(6, "big") not in held
    assert int(slot_began(made).timestamp() * 1000).to_bytes(6, "big") in held
