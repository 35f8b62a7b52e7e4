"""Corrections replace what a team wrote, for 72 hours; withdrawals say it never was."""

from datetime import date, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.service import create_team
from app.ingest.coarse import slot_began
from app.patrols.models import Patrol
from app.referrals.models import Referral, ReferralEvent
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, enrolled
from tests.street import (
    caught_up,
    changes,
    coarse,
    notes,
    outcomes,
    pending,
    post,
    reasons,
    referral,
    row,
    rows,
    state,
    store,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MET = NIGHT - 30 * MINUTE


def corrected(item: make.Json, revision: int = 2, **changes: object) -> make.Json:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changes.items()}
    return item | {"revision": revision} | plain


def withdrawn(item: make.Json, revision: int = 2) -> make.Json:
    return item | {"revision": revision, "status": "entered_in_error"}


class TestRevision:
    async def test_replaces_the_content(self, phone: Device, context: Context) -> None:
        met = make.encounter(gender="woman", territory="7511803")
        await store(phone, "encounters", met)
        await store(phone, "encounters", corrected(met, gender="man", territory="93001", needs=["rest"]))
        kept = await row(context, Encounter, met["id"])
        assert (kept["gender"], kept["territory"], kept["outside_perimeter"]) == ("man", "93001", True)
        assert (kept["needs"], kept["revision"]) == (["rest"], 2)

    async def test_leaves_the_digest_of_the_one_before_in_the_log(
        self, phone: Device, context: Context, house: House
    ) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        first = (await row(context, Encounter, met["id"]))["digest"].hex()
        await store(phone, "encounters", corrected(met, gender="man"))
        [note] = (await notes(context, house.org_id, "encounter.post"))[-1]["notes"]
        assert note == {"id": coarse(context, met["id"]), "revision": 1, "replaced": first}

    async def test_may_skip_numbers(self, phone: Device, context: Context) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        await store(phone, "encounters", corrected(met, 7, gender="man"))
        assert (await row(context, Encounter, met["id"]))["revision"] == 7

    async def test_that_is_older_than_the_stored_one_changes_nothing(self, phone: Device, context: Context) -> None:
        met = make.encounter(gender="woman")
        third = corrected(met, 3, gender="other")
        await store(phone, "encounters", third)
        assert outcomes(await post(phone, "encounters", corrected(met, 2, gender="man"), met)) == ["unchanged"] * 2
        kept = await row(context, Encounter, met["id"])
        assert (kept["gender"], kept["revision"]) == ("other", 3)

    async def test_sent_again_is_unchanged_and_with_other_content_a_conflict(self, phone: Device) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        second = corrected(met, gender="man")
        await store(phone, "encounters", second)
        verdicts = await post(phone, "encounters", second, second | {"gender": "woman"})
        assert outcomes(verdicts) == ["unchanged", "conflict"]

    async def test_of_one_batch_are_taken_one_after_the_other(self, phone: Device, context: Context) -> None:
        met = make.encounter(gender="woman")
        other = make.encounter()
        verdicts = await post(
            phone,
            "encounters",
            met,
            corrected(met, 2, gender="man"),
            other,
            corrected(met, 2, gender="other"),
            corrected(met, 3, gender="unknown"),
            met,
        )
        assert outcomes(verdicts) == ["created", "created", "created", "conflict", "created", "unchanged"]
        kept = await row(context, Encounter, met["id"])
        assert (kept["gender"], kept["revision"]) == ("unknown", 3)

    async def test_by_another_team_is_not_theirs_to_make(
        self, client: httpx.AsyncClient, context: Context, house: House, phone: Device, other_phone: Device
    ) -> None:
        met, outing = make.encounter(gender="woman"), make.patrol(workers=3)
        await store(phone, "encounters", met)
        await store(phone, "patrols", outing)
        async with context.database.writing() as session:
            day = await create_team(
                session, context.keyring, context.clock(), org_id=house.org_id, name="Jour", night=False
            )
        day_phone = await enrolled(client, context, House(house.org_id, day, house.name))
        assert reasons(await post(day_phone, "encounters", corrected(met, gender="man"))) == ["not-yours"]
        assert reasons(await post(day_phone, "patrols", corrected(outing, workers=1))) == ["not-yours"]
        await store(other_phone, "encounters", corrected(met, gender="man"))  # their own record, of the same id
        assert (await row(context, Encounter, met["id"], house.org_id))["gender"] == "woman"
        assert (await row(context, Patrol, outing["id"]))["workers"] == 3

    async def test_keeps_when_the_record_first_came(self, phone: Device, context: Context, clock: SetClock) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        clock.advance(5 * HOUR)
        await store(phone, "encounters", corrected(met, gender="man"))
        kept = await row(context, Encounter, met["id"])
        assert (kept["first_received_at"], kept["received_at"]) == (NIGHT, NIGHT + 5 * HOUR)


class TestSeventyTwoHours:
    @pytest.mark.parametrize("received", [0, 1, 30, 59])
    async def test_are_given_whole_whatever_the_minute(
        self, phone: Device, context: Context, clock: SetClock, received: int
    ) -> None:
        clock.now = NIGHT + received * MINUTE
        met, outing = make.encounter(), make.patrol()
        await store(phone, "encounters", met)
        await store(phone, "patrols", outing)
        clock.advance(72 * HOUR - timedelta(seconds=1))
        await store(phone, "encounters", corrected(met, gender="man"))
        await store(phone, "patrols", corrected(outing, workers=1))
        assert (await row(context, Encounter, met["id"]))["gender"] == "man"

    @pytest.mark.parametrize("received", [0, 59])
    async def test_are_not_given_twice(self, phone: Device, context: Context, clock: SetClock, received: int) -> None:
        clock.now = NIGHT + received * MINUTE
        met, outing = make.encounter(gender="woman"), make.patrol()
        await store(phone, "encounters", met)
        await store(phone, "patrols", outing)
        clock.advance(40 * HOUR)
        await store(phone, "encounters", corrected(met, 2, gender="other"))  # gives no time of its own
        clock.advance(33 * HOUR)
        assert reasons(await post(phone, "encounters", corrected(met, 3))) == ["correction-too-late"]
        assert reasons(await post(phone, "encounters", withdrawn(met, 3))) == ["correction-too-late"]
        assert reasons(await post(phone, "patrols", corrected(outing, workers=1))) == ["correction-too-late"]
        assert (await row(context, Encounter, met["id"]))["gender"] == "other"

    async def test_count_from_the_first_reception_not_from_the_encounter(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        clock.advance(timedelta(days=90))
        met = make.encounter(occurred_at=MET)
        await store(phone, "encounters", met)
        clock.advance(70 * HOUR)
        await store(phone, "encounters", corrected(met, gender="man"))
        assert (await row(context, Encounter, met["id"]))["gender"] == "man"

    async def test_over_the_same_content_is_still_unchanged(self, phone: Device, clock: SetClock) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        clock.advance(timedelta(days=30))
        assert outcomes(await post(phone, "encounters", met, met | {"gender": "man"})) == ["unchanged", "conflict"]


class TestReferralsFollow:
    async def test_the_corrected_day_and_place(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(occurred_at=MET, territory="7511803", card=make.code(), referrals=[directed])
        await store(phone, "encounters", met)
        yesterday = MET - 24 * HOUR
        card = make.code()
        await store(phone, "encounters", corrected(met, occurred_at=yesterday, territory="93001", card=card))
        kept = await row(context, Referral, directed["id"])
        assert (kept["territory"], kept["outside_perimeter"]) == ("93001", True)
        assert (kept["cohort_day"], kept["made_at"]) == (date(2026, 3, 1), yesterday)
        assert {kept["created_at"], kept["requested_at"], kept["state_at"]} == {slot_began(yesterday)}
        assert kept["due_at"] == yesterday + 48 * HOUR
        assert kept["link_id"] == context.keyring.seal(2026, card)

    async def test_and_keep_their_answers(self, phone: Device, context: Context) -> None:
        directed = make.referral(kind="emergency_housing")
        met = make.encounter(occurred_at=MET, referrals=[directed])
        await store(phone, "encounters", met)
        for step, at in (("accepted", MET + 5 * MINUTE), ("admitted", MET + 20 * MINUTE)):
            await store(phone, "referral-events", make.event(referral_id=directed["id"], state=step, occurred_at=at))
        await store(phone, "encounters", corrected(met, occurred_at=MET + 10 * MINUTE))
        kept = await row(context, Referral, directed["id"])
        assert (kept["state"], kept["requested_at"]) == ("admitted", slot_began(MET + 10 * MINUTE))
        assert {kept["accepted_at"], kept["admitted_at"]} == {slot_began(MET + 10 * MINUTE)}

    async def test_a_correction_may_add_one(self, phone: Device) -> None:
        first, second = make.referral(), make.referral()
        met = make.encounter(referrals=[first])
        await store(phone, "encounters", met)
        await store(phone, "encounters", corrected(met, referrals=[first, second]))
        assert [await state(phone, one["id"]) for one in (first, second)] == ["requested", "requested"]

    async def test_a_correction_that_leaves_one_out_takes_nothing_away(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        await store(phone, "encounters", corrected(met, referrals=[], territory="7511804"))
        assert await state(phone, directed["id"]) == "requested"
        assert (await referral(phone, directed["id"]))["territory"] == "7511804"

    async def test_a_correction_may_not_edit_one(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(gender="woman", referrals=[directed])
        await store(phone, "encounters", met)
        edited = corrected(met, gender="man", referrals=[directed | {"kind": "social_rights"}])
        [verdict] = await post(phone, "encounters", edited)
        assert (verdict["outcome"], reasons([verdict])) == ("rejected", ["referral-immutable"])
        assert (await row(context, Encounter, met["id"]))["gender"] == "woman"

    async def test_only_what_moved_shows_in_the_feed(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        cursor = await caught_up(phone)
        await store(phone, "encounters", corrected(met, occurred_at=MET - MINUTE))
        page = await changes(phone, cursor)
        assert [one["id"] for one in page["referrals"]] == [directed["id"]]

    async def test_a_place_alone_shows_in_the_feed_too(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        cursor = await caught_up(phone)
        await store(phone, "encounters", corrected(met, territory="7511804"))
        page = await changes(phone, cursor)
        assert [one["territory"] for one in page["referrals"]] == ["7511804"]


class TestWithdrawal:
    async def test_marks_the_encounter_and_enters_its_referrals_in_error(self, phone: Device, context: Context) -> None:
        directed = [make.referral(), make.referral(kind="emergency_housing", state="offered")]
        met = make.encounter(referrals=directed)
        await store(phone, "encounters", met)
        await store(phone, "encounters", withdrawn(met))
        assert (await row(context, Encounter, met["id"]))["withdrawn"] is True
        for one in directed:
            shown = await referral(phone, one["id"])
            assert (shown["state"], shown["allowed"], shown["due_at"]) == ("entered_in_error", [], None)
            assert datetime.fromisoformat(shown["state_at"]) == slot_began(MET)

    async def test_takes_answers_back_too_for_it_never_was(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        arrival = make.event(referral_id=directed["id"])
        await store(phone, "referral-events", arrival)
        await store(phone, "encounters", withdrawn(met))
        assert await state(phone, directed["id"]) == "entered_in_error"
        assert await pending(phone) == {arrival["id"]: "terminal"}

    async def test_takes_back_an_answer_that_seems_older_than_the_referral(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(occurred_at=MET, referrals=[directed])
        await store(phone, "encounters", met)
        early = make.event(referral_id=directed["id"], occurred_at=MET - MINUTE)
        await store(phone, "referral-events", early)
        await store(phone, "encounters", withdrawn(met))
        assert await state(phone, directed["id"]) == "entered_in_error"

    async def test_takes_back_what_was_answered_before_a_correction_moved_it(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(occurred_at=MET, referrals=[directed])
        await store(phone, "encounters", met)
        await store(phone, "referral-events", make.event(referral_id=directed["id"], occurred_at=MET + 5 * MINUTE))
        await store(phone, "encounters", corrected(met, 2, occurred_at=MET + 15 * MINUTE))
        await store(phone, "encounters", withdrawn(met, 3))
        assert await state(phone, directed["id"]) == "entered_in_error"

    async def test_takes_back_one_that_was_declined_at_once(self, phone: Device) -> None:
        directed = make.referral(state="declined", reason="person_declined_service")
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        await store(phone, "encounters", withdrawn(met))
        assert await state(phone, directed["id"]) == "entered_in_error"

    async def test_may_come_first(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", withdrawn(met))
        assert outcomes(await post(phone, "encounters", met)) == ["unchanged"]
        assert (await row(context, Encounter, met["id"]))["withdrawn"] is True
        assert await state(phone, directed["id"]) == "entered_in_error"

    async def test_leaves_waiting_answers_without_effect(self, phone: Device) -> None:
        directed = make.referral()
        early = make.event(referral_id=directed["id"])
        await post(phone, "referral-events", early)
        await store(phone, "encounters", withdrawn(make.encounter(referrals=[directed])))
        assert await state(phone, directed["id"]) == "entered_in_error"
        assert await pending(phone) == {early["id"]: "terminal"}

    async def test_sent_again_changes_nothing(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        await store(phone, "encounters", met)
        await store(phone, "encounters", withdrawn(met))
        cursor = await caught_up(phone)
        assert outcomes(await post(phone, "encounters", withdrawn(met))) == ["unchanged"]
        assert (await changes(phone, cursor))["referrals"] == []
        assert len(await rows(context, ReferralEvent, referral_id=UUID(directed["id"]))) == 1

    async def test_of_the_encounter_in_a_batch_with_its_making(self, phone: Device) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed])
        assert outcomes(await post(phone, "encounters", met, withdrawn(met))) == ["created", "created"]
        assert await state(phone, directed["id"]) == "entered_in_error"
