"""What a referral's events add up to, in whatever order and by whatever way they come."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, insert

from app.db.table import table_of
from app.demo.device import Device
from app.http.context import Context
from app.identity.service import create_team
from app.ingest.coarse import slot_began
from app.referrals.models import HeldEvent, Referral, ReferralEvent
from app.referrals.service import sweep
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, enrolled, found
from tests.places import desk as enrolled_desk
from tests.places import opened
from tests.street import (
    contents,
    outcomes,
    pending,
    pointers,
    post,
    reasons,
    referral,
    row,
    rows,
    state,
    store,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MADE = NIGHT - 30 * MINUTE
"""When the referrals of these tests are made."""


def after(minutes: int) -> datetime:
    """Return the instant that many minutes after the making."""
    return MADE + minutes * MINUTE


async def direct(phone: Device, **changes: object) -> str:
    """Make a referral and return its id."""
    made = make.lone_referral(**changes)
    await store(phone, "referrals", made)
    made_id: str = made["id"]
    return made_id


async def answer(device: Device, referral_id: str, *steps: tuple[str, int]) -> list[make.Json]:
    """Post steps, each with the minutes after the making at which it happened, in one batch."""
    events = [
        make.event(referral_id=referral_id, state=step, occurred_at=after(minutes), **reason_of(step))
        for step, minutes in steps
    ]
    return await post(device, "referral-events", *events)


def reason_of(step: str) -> dict[str, str]:
    needed = {
        "declined": "person_declined_conditions",
        "refused": "no_place",
        "waitlisted": "no_place",
        "no_show": "person_not_found",
        "cancelled": "duplicate",
    }
    return {"reason": needed[step]} if step in needed else {}


async def crossed_with_referral(phone: Device, context: Context) -> str:
    """Leave an arrival waiting beside its referral, as two workers do that store both at one moment."""
    made = make.lone_referral()
    await post(phone, "referral-events", make.event(referral_id=made["id"], occurred_at=after(5)))
    [held] = await rows(context, HeldEvent, referral_id=UUID(made["id"]))
    async with context.database.writing() as session:
        await session.execute(delete(table_of(HeldEvent)).where(table_of(HeldEvent).c.id == held["id"]))
    await store(phone, "referrals", made)
    async with context.database.writing() as session:
        await session.execute(insert(table_of(HeldEvent)), [dict(held)])
    crossed: str = made["id"]
    return crossed


class TestSteps:
    @pytest.mark.parametrize(
        "steps",
        [
            ["accepted", "arrived", "admitted"],
            ["waitlisted", "accepted", "admitted"],
            ["waitlisted", "refused"],
            ["accepted", "no_show"],
            ["arrived", "refused"],
            ["declined"],
            ["cancelled"],
            ["entered_in_error"],
        ],
        ids=" > ".join,
    )
    async def test_lead_from_the_request_to_the_outcome(self, phone: Device, steps: list[str]) -> None:
        directed = await direct(phone, kind="emergency_housing")
        for number, step in enumerate(steps):
            assert step in (await referral(phone, directed))["allowed"]
            [verdict] = await answer(phone, directed, (step, number))
            assert (verdict["outcome"], verdict["problem"]) == ("created", None)
            assert await state(phone, directed) == step
        shown = await referral(phone, directed)
        assert shown["reason"] == reason_of(steps[-1]).get("reason")
        assert datetime.fromisoformat(shown["state_at"]) == slot_began(after(len(steps) - 1))

    async def test_skipped_are_null_and_not_instantaneous(self, phone: Device, context: Context) -> None:
        directed = await direct(phone, kind="emergency_housing")
        await answer(phone, directed, ("admitted", 20))
        kept = await row(context, Referral, directed)
        assert (kept["requested_at"], kept["admitted_at"]) == (slot_began(MADE), slot_began(after(20)))
        assert (kept["waitlisted_at"], kept["accepted_at"], kept["arrived_at"]) == (None, None, None)

    async def test_an_arrival_ends_it_where_arriving_is_the_success(self, phone: Device) -> None:
        directed = await direct(phone, kind="rest_room")
        await answer(phone, directed, ("arrived", 5))
        shown = await referral(phone, directed)
        assert (shown["allowed"], shown["due_at"]) == ([], None)

    async def test_an_arrival_is_only_a_step_where_admission_is_the_success(self, phone: Device) -> None:
        directed = await direct(phone, kind="emergency_housing")
        await answer(phone, directed, ("arrived", 5))
        shown = await referral(phone, directed)
        assert set(shown["allowed"]) == {"admitted", "refused", "declined", "no_show", "entered_in_error"}
        assert datetime.fromisoformat(shown["due_at"]) == after(5) + 72 * HOUR

    @pytest.mark.parametrize(("accompanied", "reached"), [(True, "admitted"), (False, "offered")])
    async def test_only_who_was_accompanied_is_admitted_straight_from_an_offer(
        self, phone: Device, reached: str, *, accompanied: bool
    ) -> None:
        directed = await direct(phone, kind="emergency_housing", state="offered", accompanied=accompanied)
        assert ("admitted" in (await referral(phone, directed))["allowed"]) is accompanied
        await answer(phone, directed, ("admitted", 10))
        assert await state(phone, directed) == reached

    async def test_one_declined_at_once_has_ended(self, phone: Device) -> None:
        directed = await direct(phone, state="declined", reason="person_declined_service")
        shown = await referral(phone, directed)
        assert (shown["state"], shown["reason"], shown["allowed"]) == ("declined", "person_declined_service", [])

    async def test_an_ended_one_is_taken_up_by_a_new_one_that_names_it(self, phone: Device) -> None:
        first = await direct(phone)
        await answer(phone, first, ("refused", 5))
        second = await direct(phone, previous_referral_id=first)
        assert (await referral(phone, second))["previous_referral_id"] == first
        assert await state(phone, first) == "refused"

    async def test_one_that_names_what_is_not_here_is_stored_and_told_so(self, phone: Device) -> None:
        first, second = make.new_id(), make.lone_referral(previous_referral_id=make.new_id())
        inside = make.encounter(
            referrals=[make.referral(), make.referral(previous_referral_id=first), make.referral(id=first)]
        )
        [lone], [made] = await post(phone, "referrals", second), await post(phone, "encounters", inside)
        assert (lone["outcome"], reasons([lone]), pointers(lone)) == (
            "created", ["link-not-made"], ["/previous_referral_id"],
        )  # fmt: skip
        assert (made["outcome"], made["problem"]) == ("created", None)  # it comes with it
        elsewhere = make.encounter(referrals=[make.referral(), make.referral(previous_referral_id=make.new_id())])
        told, again = await post(phone, "encounters", elsewhere, elsewhere)
        assert (told["outcome"], pointers(told)) == ("created", ["/referrals/1/previous_referral_id"])
        assert (again["outcome"], again["problem"]) == ("unchanged", None)

    async def test_one_that_names_what_comes_later_is_linked_with_it(self, phone: Device) -> None:
        first, second = make.lone_referral(), make.new_id()
        [told] = await post(phone, "referrals", make.lone_referral(id=second, previous_referral_id=first["id"]))
        assert told["problem"]["errors"][0]["code"] == "not_here"
        assert reasons(await post(phone, "referrals", first)) == [None]
        assert (await referral(phone, second))["previous_referral_id"] == first["id"]

    async def test_one_of_another_organisation_is_not_here(
        self, phone: Device, client: httpx.AsyncClient, context: Context
    ) -> None:
        theirs = make.lone_referral()
        await post(await enrolled(client, context, await found(context)), "referrals", theirs)
        [told] = await post(phone, "referrals", make.lone_referral(previous_referral_id=theirs["id"]))
        assert reasons([told]) == ["link-not-made"]


class TestOrder:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    async def test_of_arrival_does_not_matter(self, phone: Device, order: tuple[int, ...]) -> None:
        directed = await direct(phone, kind="reintegration_housing")
        steps = [("waitlisted", 2), ("accepted", 5), ("admitted", 12)]
        for number in order:
            await answer(phone, directed, steps[number])
        shown = await referral(phone, directed)
        assert (shown["state"], datetime.fromisoformat(shown["state_at"])) == ("admitted", slot_began(after(12)))
        assert await pending(phone) == {}

    async def test_inside_a_batch_does_not_matter(self, phone: Device, context: Context, clock: SetClock) -> None:
        directed = await direct(phone, kind="emergency_housing")
        steps = [("accepted", 95), ("arrived", 290), ("admitted", 612)]
        clock.advance(timedelta(hours=11))
        verdicts = await answer(phone, directed, steps[2], *steps[:2])
        assert reasons(verdicts) == [None, None, None]
        kept = await row(context, Referral, directed)
        assert [kept[f"{state}_at"] for state, _ in steps] == [slot_began(after(minutes)) for _, minutes in steps]

    async def test_a_late_event_can_undo_what_came_before_it(self, phone: Device) -> None:
        directed = await direct(phone, kind="emergency_housing")
        [accepted] = await answer(phone, directed, ("accepted", 10))
        assert await state(phone, directed) == "accepted"
        await answer(phone, directed, ("refused", 5))
        assert await state(phone, directed) == "refused"
        assert await pending(phone) == {accepted["id"]: "terminal"}

    async def test_what_was_undone_takes_effect_again_when_its_reason_goes(self, phone: Device) -> None:
        directed = await direct(phone, kind="emergency_housing", state="offered")
        [accepted] = await answer(phone, directed, ("accepted", 10))
        assert await pending(phone) == {accepted["id"]: "impossible_transition"}
        await answer(phone, directed, ("requested", 5))
        assert await state(phone, directed) == "accepted"
        assert await pending(phone) == {}

    async def test_of_two_at_one_instant_the_one_written_down_first_counts(self, phone: Device) -> None:
        directed = await direct(phone)
        common = {"referral_id": directed, "occurred_at": after(10)}
        no_show = make.event(**common, state="no_show", reason="person_not_found", recorded_at=after(12))
        arrived = make.event(**common, state="arrived", recorded_at=after(11))
        await post(phone, "referral-events", no_show, arrived)
        assert await state(phone, directed) == "arrived"
        assert await pending(phone) == {no_show["id"]: "terminal"}

    async def test_of_two_written_down_together_the_lower_id_counts(self, phone: Device) -> None:
        directed = await direct(phone)
        ids = sorted(make.new_id() for _ in range(2))
        common = {"referral_id": directed, "occurred_at": after(10)}
        await post(phone, "referral-events", make.event(id=ids[1], **common, state="accepted"))
        await post(phone, "referral-events", make.event(id=ids[0], **common, state="declined", **reason_of("declined")))
        assert await state(phone, directed) == "declined"

    async def test_an_answer_that_seems_older_than_the_referral_counts_from_its_making(
        self, phone: Device, desk: Device, rest_room: UUID
    ) -> None:
        directed = await direct(phone, facility_id=rest_room)
        await answer(desk, directed, ("arrived", -3))
        shown = await referral(phone, directed)
        assert (shown["state"], datetime.fromisoformat(shown["state_at"])) == ("arrived", slot_began(MADE))


class TestBeforeTheReferralIsKnown:
    async def test_an_answer_by_id_waits_for_it(self, phone: Device) -> None:
        made = make.lone_referral()
        early = make.event(referral_id=made["id"], occurred_at=after(5))
        [verdict] = await post(phone, "referral-events", early)
        assert (verdict["outcome"], reasons([verdict])) == ("created", ["referral-unknown"])
        assert await pending(phone) == {early["id"]: "referral_unknown"}
        await store(phone, "referrals", made)
        assert await state(phone, made["id"]) == "arrived"
        assert await pending(phone) == {}

    async def test_an_answer_by_slip_waits_for_it(self, phone: Device, desk: Device) -> None:
        slip = make.code()
        early = make.event(slip=slip, occurred_at=after(5))
        assert reasons(await post(desk, "referral-events", early)) == ["referral-unknown"]
        assert await pending(desk) == {early["id"]: "referral_unknown"}
        directed = make.referral(slip=slip)
        await store(phone, "encounters", make.encounter(occurred_at=MADE, referrals=[directed]))
        assert await state(phone, directed["id"]) == "arrived"
        assert await pending(desk) == {}

    async def test_sent_again_it_is_unchanged_before_and_after(self, phone: Device, context: Context) -> None:
        made = make.lone_referral()
        early = make.event(referral_id=made["id"], occurred_at=after(5))
        assert outcomes(await post(phone, "referral-events", early)) == ["created"]
        assert outcomes(await post(phone, "referral-events", early, early)) == ["unchanged", "unchanged"]
        await store(phone, "referrals", made)
        assert outcomes(await post(phone, "referral-events", early)) == ["unchanged"]
        assert len(await rows(context, ReferralEvent, id=UUID(early["id"]))) == 1

    async def test_with_other_content_it_is_a_conflict_before_and_after(self, phone: Device) -> None:
        made = make.lone_referral()
        early = make.event(referral_id=made["id"], occurred_at=after(5))
        other = early | {"state": "accepted"}
        assert outcomes(await post(phone, "referral-events", early, other)) == ["created", "conflict"]
        assert outcomes(await post(phone, "referral-events", other)) == ["conflict"]
        await store(phone, "referrals", made)
        assert outcomes(await post(phone, "referral-events", other)) == ["conflict"]
        assert await state(phone, made["id"]) == "arrived"

    async def test_many_wait_and_take_effect_in_their_order(self, phone: Device, desk: Device) -> None:
        slip = make.code()
        made = make.lone_referral(kind="emergency_housing", slip=slip)
        await post(desk, "referral-events", make.event(slip=slip, state="admitted", occurred_at=after(20)))
        await post(phone, "referral-events", make.event(referral_id=made["id"], state="arrived", occurred_at=after(9)))
        await post(desk, "stay-exits", make.stay_exit(slip=slip, occurred_at=after(29), destination="street"))
        await post(desk, "referral-events", make.event(slip=slip, state="accepted", occurred_at=after(3)))
        await store(phone, "referrals", made)
        shown = await referral(phone, made["id"])
        assert (shown["state"], shown["exit_destination"]) == ("admitted", "street")
        assert await pending(desk) == await pending(phone) == {}

    async def test_the_sweep_attaches_what_crossed_with_its_referral(self, phone: Device, context: Context) -> None:
        directed = await crossed_with_referral(phone, context)
        assert await state(phone, directed) == "requested"
        await sweep(context, context.clock())
        assert await rows(context, HeldEvent, referral_id=UUID(directed)) == []
        assert len(await rows(context, ReferralEvent, referral_id=UUID(directed))) == 1
        assert await state(phone, directed) == "arrived"

    async def test_the_sweep_is_not_held_up_by_what_nobody_may_answer(
        self, phone: Device, other_phone: Device, context: Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.referrals import service

        monkeypatch.setattr(service, "SWEEP_STEP", 2)
        directed = await direct(phone)
        foreign = [make.event(referral_id=directed) for _ in range(7)]
        assert set(reasons(await post(other_phone, "referral-events", *foreign))) == {"referral-unknown"}
        crossed = await crossed_with_referral(phone, context)
        assert (await sweep(context, context.clock()))[1] == 1
        assert await state(phone, crossed) == "arrived"


class TestWhoAnswers:
    async def test_the_desk_of_the_facility_it_names(self, phone: Device, desk: Device, rest_room: UUID) -> None:
        directed = await direct(phone, facility_id=rest_room)
        assert reasons(await answer(desk, directed, ("arrived", 5))) == [None]
        assert await state(phone, directed) == "arrived"

    async def test_any_desk_of_the_kind_when_it_names_no_facility(self, phone: Device, desk: Device) -> None:
        directed = await direct(phone, kind="rest_room")
        assert reasons(await answer(desk, directed, ("arrived", 5))) == [None]
        assert await state(phone, directed) == "arrived"

    @pytest.mark.parametrize("kind", ["rest_room", "emergency_housing"])
    async def test_no_foreign_desk_by_id(self, phone: Device, desk: Device, context: Context, kind: str) -> None:
        elsewhere = await opened(context, await found(context), kind=kind)
        directed = await direct(phone, kind=kind, facility_id=elsewhere)
        [verdict] = await answer(desk, directed, ("arrived", 5))
        assert reasons([verdict]) == ["referral-unknown"]  # nobody learns that it exists
        assert await state(phone, directed) == "requested"
        assert await pending(desk) == {verdict["id"]: "referral_unknown"}
        await sweep(context, context.clock())
        assert await state(phone, directed) == "requested"

    async def test_any_desk_that_holds_the_slip(self, phone: Device, desk: Device, context: Context) -> None:
        elsewhere = await opened(context, await found(context), kind="emergency_housing")
        slip = make.code()
        directed = await direct(phone, kind="emergency_housing", facility_id=elsewhere, slip=slip)
        arrival = make.event(slip=slip, occurred_at=after(5))
        assert reasons(await post(desk, "referral-events", arrival)) == [None]
        assert await state(phone, directed) == "arrived"

    async def test_every_team_of_the_association_by_id(
        self, client: httpx.AsyncClient, context: Context, phone: Device, house: House
    ) -> None:
        directed = await direct(phone)
        async with context.database.writing() as session:
            day = await create_team(
                session, context.keyring, context.clock(), org_id=house.org_id, name="Jour", night=False
            )
        day_phone = await enrolled(client, context, House(house.org_id, day, house.name))
        assert reasons(await answer(day_phone, directed, ("arrived", 5))) == [None]
        assert await state(phone, directed) == "arrived"

    async def test_no_other_association_by_id_but_by_slip(self, phone: Device, other_phone: Device) -> None:
        slip = make.code()
        directed = await direct(phone, slip=slip)
        assert reasons(await answer(other_phone, directed, ("declined", 5))) == ["referral-unknown"]
        assert await state(phone, directed) == "requested"
        by_slip = make.event(slip=slip, state="accepted", occurred_at=after(6))
        assert reasons(await post(other_phone, "referral-events", by_slip)) == [None]
        assert await state(phone, directed) == "accepted"

    async def test_the_same_id_at_another_association_hides_nothing(self, phone: Device, other_phone: Device) -> None:
        made = [make.lone_referral(id=make.new_id()) for _ in range(8)]
        for ours_first in (True, False):
            mine = made[:4] if ours_first else made[4:]
            for device in (phone, other_phone) if ours_first else (other_phone, phone):
                await store(device, "referrals", *mine)
            for one in mine:
                assert reasons(await answer(phone, one["id"], ("arrived", 5))) == [None]
                assert await state(phone, one["id"]) == "arrived"
                assert await state(other_phone, one["id"]) == "requested"

    @pytest.mark.parametrize(
        ("sender", "channel", "kept"),
        [
            ("phone", None, "app"),
            ("desk", None, "desk"),
            ("phone", "phone", "phone"),
            ("phone", "app", "app"),
            ("desk", "phone", "phone"),
        ],
    )
    async def test_it_is_known_how_the_answer_was_learnt(
        self, phone: Device, desk: Device, context: Context, sender: str, channel: str | None, kept: str
    ) -> None:
        directed = await direct(phone)
        assert (await row(context, Referral, directed))["answer_channel"] is None
        device = {"phone": phone, "desk": desk}[sender]
        await store(device, "referral-events", make.event(referral_id=directed, occurred_at=after(5), channel=channel))
        assert (await row(context, Referral, directed))["answer_channel"] == kept
        [event] = await rows(context, ReferralEvent, referral_id=UUID(directed), step="arrived")
        assert event["channel"] == kept

    async def test_a_desk_of_a_facility_entered_a_moment_ago(
        self, client: httpx.AsyncClient, phone: Device, context: Context
    ) -> None:
        directed = await direct(phone, kind="social_rights")  # the directory is in memory now
        operator = await found(context)
        new = await opened(context, operator, kind="social_rights")
        desk = await enrolled_desk(client, context, operator, new)
        assert reasons(await answer(desk, directed, ("arrived", 5))) == [None]


class TestYearEnd:
    LAST_HOUR = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # 23:30 in Paris

    async def test_a_slip_of_december_is_answered_in_january(
        self, phone: Device, desk: Device, clock: SetClock
    ) -> None:
        clock.now = self.LAST_HOUR
        slip = make.code()
        directed = await direct(phone, slip=slip, occurred_at=self.LAST_HOUR)
        clock.advance(2 * HOUR)
        found_it = await desk.post("/v1/referrals/lookup", json={"slip": slip})
        assert [one["id"] for one in found_it.json()["items"]] == [directed]
        await store(desk, "referral-events", make.event(slip=slip, occurred_at=clock.now))
        assert await state(phone, directed) == "arrived"

    async def test_an_answer_of_january_waits_for_its_referral_of_december(
        self, phone: Device, desk: Device, clock: SetClock
    ) -> None:
        clock.now = self.LAST_HOUR + 2 * HOUR
        slip = make.code()
        await post(desk, "referral-events", make.event(slip=slip, occurred_at=clock.now))
        directed = await direct(phone, slip=slip, occurred_at=self.LAST_HOUR)
        assert await state(phone, directed) == "arrived"

    async def test_an_answer_of_december_sent_in_january_finds_its_referral(
        self, phone: Device, desk: Device, clock: SetClock
    ) -> None:
        clock.now = self.LAST_HOUR
        slip = make.code()
        directed = await direct(phone, slip=slip, occurred_at=self.LAST_HOUR)
        clock.advance(3 * HOUR)
        late = make.event(slip=slip, occurred_at=self.LAST_HOUR + 20 * MINUTE)
        await store(desk, "referral-events", late)
        assert outcomes(await post(desk, "referral-events", late)) == ["unchanged"]
        assert await state(phone, directed) == "arrived"

    async def test_the_key_of_a_year_is_its_own(self, phone: Device, context: Context, clock: SetClock) -> None:
        slip = make.code()
        clock.now = self.LAST_HOUR
        old = await direct(phone, slip=slip, occurred_at=self.LAST_HOUR)
        clock.advance(2 * HOUR)
        new = await direct(phone, slip=slip, occurred_at=clock.now)
        digests = [(await row(context, Referral, one))["slip_digest"] for one in (old, new)]
        assert digests == [context.keyring.seal(2026, slip), context.keyring.seal(2027, slip)]


class TestSilence:
    @pytest.mark.parametrize(
        ("kind", "hours"),
        [
            ("rest_room", 48),
            ("consumption_room", 48),
            ("harm_reduction_centre", 7 * 24),
            ("emergency_housing", 72),
            ("reintegration_housing", 30 * 24),
            ("longer_stay_housing", 90 * 24),
            ("addiction_treatment", 30 * 24),
            ("health_care", 7 * 24),
            ("social_rights", 30 * 24),
        ],
    )
    async def test_makes_the_outcome_unknown_after_the_time_of_its_kind(
        self, phone: Device, context: Context, clock: SetClock, kind: str, hours: int
    ) -> None:
        directed = await direct(phone, kind=kind)
        due = MADE + hours * HOUR
        clock.now = due - timedelta(milliseconds=1)
        await sweep(context, clock())
        assert await state(phone, directed) == "requested"
        clock.now = due
        await sweep(context, clock())
        shown = await referral(phone, directed)
        assert (shown["state"], shown["reason"]) == ("expired", "outcome_not_reported")
        assert datetime.fromisoformat(shown["state_at"]) == slot_began(due)

    async def test_of_an_offer_means_nothing(self, phone: Device, context: Context, clock: SetClock) -> None:
        directed = await direct(phone, state="offered")
        clock.advance(timedelta(days=300))
        await sweep(context, clock())
        assert await state(phone, directed) == "offered"

    async def test_counts_from_the_last_step(self, phone: Device, context: Context, clock: SetClock) -> None:
        directed = await direct(phone, kind="emergency_housing")
        clock.advance(70 * HOUR)
        await answer(phone, directed, ("accepted", 69 * 60))
        clock.now = MADE + 100 * HOUR
        await sweep(context, clock())
        assert await state(phone, directed) == "accepted"
        clock.now = MADE + 69 * HOUR + 72 * HOUR
        await sweep(context, clock())
        assert await state(phone, directed) == "expired"

    async def test_is_over_when_an_answer_in_time_arrives_late(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        directed = await direct(phone)
        clock.advance(60 * HOUR)
        await sweep(context, clock())
        assert await state(phone, directed) == "expired"
        [verdict] = await answer(phone, directed, ("arrived", 47 * 60))
        assert verdict["problem"] is None
        assert await state(phone, directed) == "arrived"
        assert await pending(phone) == {}
        await sweep(context, clock())
        assert await state(phone, directed) == "arrived"

    async def test_is_not_over_when_a_late_step_only_moves_the_time(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        directed = await direct(phone)
        clock.advance(60 * HOUR)
        await sweep(context, clock())
        await answer(phone, directed, ("accepted", 40 * 60))
        shown = await referral(phone, directed)
        assert (shown["state"], datetime.fromisoformat(shown["due_at"])) == ("accepted", MADE + 88 * HOUR)
        clock.now = MADE + 88 * HOUR
        await sweep(context, clock())
        shown = await referral(phone, directed)
        assert (shown["state"], datetime.fromisoformat(shown["state_at"])) == ("expired", slot_began(MADE + 88 * HOUR))

    async def test_ended_by_an_answer_after_the_time_stays_an_unknown_outcome(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        directed = await direct(phone)
        clock.advance(60 * HOUR)
        await sweep(context, clock())
        [verdict] = await answer(phone, directed, ("arrived", 50 * 60))
        assert verdict["problem"]["not_applied"] == "terminal"
        assert await state(phone, directed) == "expired"
        assert await pending(phone) == {verdict["id"]: "terminal"}

    async def test_swept_again_changes_nothing(self, phone: Device, context: Context, clock: SetClock) -> None:
        await direct(phone)
        clock.advance(60 * HOUR)
        await sweep(context, clock())
        before = await contents(context)
        assert await sweep(context, clock()) == (0, 0)
        after_it = await contents(context)
        before.pop("feed")
        after_it.pop("feed")
        assert after_it == before

    async def test_of_many_is_swept_at_once(
        self, phone: Device, context: Context, clock: SetClock, house: House
    ) -> None:
        await store(phone, "referrals", *(make.lone_referral() for _ in range(400)))
        await store(phone, "referrals", *(make.lone_referral() for _ in range(400)))
        clock.advance(60 * HOUR)
        expired, _ = await sweep(context, clock())
        assert expired >= 800
        assert len(await rows(context, Referral, org_id=house.org_id, state="expired")) == 800


class TestReading:
    async def test_a_team_lists_its_own_last_changed_first(self, phone: Device, other_phone: Device) -> None:
        ids = [await direct(phone) for _ in range(3)]
        await direct(other_phone)
        await answer(phone, ids[0], ("arrived", 5))
        listed = (await phone.get("/v1/referrals")).json()
        assert [one["id"] for one in listed["items"]] == [ids[0], ids[2], ids[1]]
        assert listed["next"] is None

    async def test_filtered_by_state(self, phone: Device) -> None:
        ids = [await direct(phone) for _ in range(4)]
        await answer(phone, ids[1], ("arrived", 5))
        await answer(phone, ids[2], ("refused", 5))
        page = await phone.get("/v1/referrals", params={"state": ["arrived", "refused"]})
        assert [one["id"] for one in page.json()["items"]] == [ids[2], ids[1]]

    @pytest.mark.parametrize("size", [1, 3, 7])
    async def test_page_by_page_none_is_missing_or_doubled(self, phone: Device, size: int) -> None:
        batch = [make.lone_referral() for _ in range(7)]
        await store(phone, "referrals", *batch)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await phone.get("/v1/referrals", params={"size": size, **({"cursor": cursor} if cursor else {})})
            seen += [one["id"] for one in page.json()["items"]]
            assert len(page.json()["items"]) <= size
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert sorted(seen) == sorted(one["id"] for one in batch)

    @pytest.mark.parametrize("cursor", ["", "x", "AAAA", "!" * 32, "é", "A" * 65])
    async def test_a_cursor_of_somebody_else_is_refused(self, phone: Device, cursor: str) -> None:
        answered = await phone.get("/v1/referrals", params={"cursor": cursor})
        assert answered.status_code == 422
        assert [fault["pointer"] for fault in answered.json()["errors"]] == ["?cursor"]

    async def test_one_of_another_association_is_not_there(self, phone: Device, other_phone: Device) -> None:
        directed = await direct(phone)
        assert (await other_phone.get(f"/v1/referrals/{directed}")).status_code == 404
        assert (await phone.get(f"/v1/referrals/{make.new_id()}")).status_code == 404

    async def test_a_desk_lists_none(self, desk: Device) -> None:
        assert (await desk.get("/v1/referrals")).status_code == 403
