"""What the sender of an answer is told."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.demo.device import Device
from app.http.context import Context
from app.referrals.models import ReferralEvent
from app.referrals.vocabulary import PERSON, PROVIDER, SYSTEM, Reason
from tests import make
from tests.clock import NIGHT
from tests.members import House
from tests.street import coarse, notes, outcomes, pending, pointers, post, reasons, row, rows, state, store

MADE = NIGHT - timedelta(minutes=30)


@pytest.fixture
async def directed(phone: Device) -> str:
    """The id of a referral to emergency housing, requested."""
    made = make.lone_referral(kind="emergency_housing")
    await store(phone, "referrals", made)
    made_id: str = made["id"]
    return made_id


def at(minutes: int, directed: str, step: str, **facts: object) -> make.Json:
    return make.event(referral_id=directed, state=step, occurred_at=MADE + timedelta(minutes=minutes), **facts)


class TestWithoutEffect:
    async def test_an_impossible_step_is_kept_and_its_verdict_names_the_states_allowed(
        self, phone: Device, directed: str
    ) -> None:
        await store(phone, "referral-events", at(1, directed, "waitlisted", reason="no_place"))
        [verdict] = await post(phone, "referral-events", at(2, directed, "arrived"))
        assert verdict["outcome"] == "created"
        problem = verdict["problem"]
        assert (problem["type"], problem["status"]) == ("/problems/transition-not-applied", 409)
        assert (problem["not_applied"], problem["state"]) == ("impossible_transition", "waitlisted")
        allowed = ["accepted", "admitted", "refused", "declined", "cancelled", "entered_in_error"]
        assert sorted(problem["allowed"]) == sorted(allowed)
        assert all(name in problem["detail"] for name in allowed)
        assert await pending(phone) == {verdict["id"]: "impossible_transition"}
        assert await state(phone, directed) == "waitlisted"

    async def test_after_the_end_nothing_is_allowed(self, phone: Device, directed: str) -> None:
        await store(phone, "referral-events", at(1, directed, "admitted"))
        [verdict] = await post(phone, "referral-events", at(2, directed, "refused", reason="no_place"))
        assert verdict["problem"]["not_applied"] == "terminal"
        assert verdict["problem"]["allowed"] == []

    async def test_the_same_step_reported_by_two_is_already_there(
        self, phone: Device, desk: Device, rest_room: UUID
    ) -> None:
        made = make.lone_referral(facility_id=rest_room)
        await store(phone, "referrals", made)
        await store(desk, "referral-events", at(1, made["id"], "arrived"))
        [verdict] = await post(phone, "referral-events", at(2, made["id"], "arrived"))
        assert (verdict["outcome"], verdict["problem"]["not_applied"]) == ("created", "already_in_state")
        assert await pending(phone) == {verdict["id"]: "already_in_state"}
        assert await pending(desk) == {}

    async def test_it_spoils_nothing_else_in_its_batch(self, phone: Device, directed: str) -> None:
        verdicts = await post(
            phone,
            "referral-events",
            at(3, directed, "no_show", reason="person_not_found"),
            at(1, directed, "waitlisted", reason="no_place"),
            at(2, directed, "accepted"),
            at(9, directed, "admitted"),
        )
        assert outcomes(verdicts) == ["created"] * 4
        assert reasons(verdicts) == [None, None, None, "transition-not-applied"]
        assert await state(phone, directed) == "no_show"

    async def test_told_again_it_is_unchanged_and_still_pending(self, phone: Device, directed: str) -> None:
        impossible = at(1, directed, "requested")
        [verdict] = await post(phone, "referral-events", impossible)
        assert verdict["problem"]["not_applied"] == "already_in_state"
        assert outcomes(await post(phone, "referral-events", impossible)) == ["unchanged"]
        assert await pending(phone) == {verdict["id"]: "already_in_state"}

    async def test_it_waits_where_no_referral_answers(self, phone: Device) -> None:
        [verdict] = await post(phone, "referral-events", make.event())
        assert verdict["outcome"] == "created"
        problem = verdict["problem"]
        assert (problem["type"], problem["status"]) == ("/problems/referral-unknown", 404)
        assert problem["not_applied"] == "referral_unknown"


class TestSame:
    async def test_id_with_the_same_content_is_unchanged(self, phone: Device, directed: str, context: Context) -> None:
        event = at(1, directed, "accepted")
        assert outcomes(await post(phone, "referral-events", event, event)) == ["created", "unchanged"]
        assert outcomes(await post(phone, "referral-events", event)) == ["unchanged"]
        assert len(await rows(context, ReferralEvent, referral_id=UUID(directed))) == 1

    async def test_id_with_other_content_is_a_conflict_kept_in_the_log(
        self, phone: Device, directed: str, context: Context, house: House
    ) -> None:
        event = at(1, directed, "accepted")
        other = at(2, directed, "accepted") | {"id": event["id"]}
        verdicts = await post(phone, "referral-events", event, other)
        assert outcomes(verdicts) == ["created", "conflict"]
        assert outcomes(await post(phone, "referral-events", other)) == ["conflict"]
        kept = await row(context, ReferralEvent, event["id"])
        for detail in (await notes(context, house.org_id, "referral-event.post"))[-2:]:
            assert [(note["id"], note["stored"]) for note in detail["notes"]] == [
                (coarse(context, event["id"]), kept["digest"].hex())
            ]

    async def test_id_for_another_referral_is_a_conflict(self, phone: Device, directed: str) -> None:
        second = make.lone_referral(kind="emergency_housing")
        await store(phone, "referrals", second)
        event = at(1, directed, "accepted")
        verdicts = await post(phone, "referral-events", event, event | {"referral_id": second["id"]})
        assert outcomes(verdicts) == ["created", "conflict"]
        assert await state(phone, second["id"]) == "requested"


TAKEN = {
    "declined": PERSON | SYSTEM,
    "refused": PROVIDER | SYSTEM,
    "waitlisted": PROVIDER | SYSTEM,
    "no_show": PERSON | SYSTEM,
    "cancelled": PERSON | PROVIDER | SYSTEM,
}
"""Which reasons each state takes."""


class TestReasons:
    @pytest.mark.parametrize("step", sorted(TAKEN))
    async def test_are_taken_by_the_states_they_belong_to(self, phone: Device, step: str) -> None:
        reasons_given = sorted(set(Reason) - {Reason.outcome_not_reported})
        made = [make.lone_referral() for _ in reasons_given]
        await store(phone, "referrals", *made)
        events = [at(1, one["id"], step, reason=reason) for one, reason in zip(made, reasons_given, strict=True)]
        verdicts = await post(phone, "referral-events", *events)
        assert outcomes(verdicts) == ["created" if r in TAKEN[step] else "rejected" for r in reasons_given]

    @pytest.mark.parametrize("step", sorted(TAKEN))
    async def test_are_required_there(self, phone: Device, directed: str, step: str) -> None:
        [verdict] = await post(phone, "referral-events", at(1, directed, step))
        assert (verdict["outcome"], pointers(verdict)) == ("rejected", [""])
        assert "reason is required" in verdict["problem"]["errors"][0]["detail"]

    @pytest.mark.parametrize("step", ["requested", "accepted", "arrived", "admitted", "entered_in_error"])
    async def test_are_refused_elsewhere(self, phone: Device, directed: str, step: str) -> None:
        [verdict] = await post(phone, "referral-events", at(1, directed, step, reason="other"))
        assert verdict["outcome"] == "rejected"

    async def test_no_place_is_never_merged_with_not_eligible(self, phone: Device, context: Context) -> None:
        made = [make.lone_referral() for _ in range(2)]
        await store(phone, "referrals", *made)
        for one, reason in zip(made, ("no_place", "not_eligible"), strict=True):
            await store(phone, "referral-events", at(1, one["id"], "refused", reason=reason))
            shown = (await phone.get(f"/v1/referrals/{one['id']}")).json()
            assert shown["reason"] == reason
            [event] = await rows(context, ReferralEvent, referral_id=UUID(one["id"]))
            assert event["reason"] == reason


class TestRefused:
    async def test_nobody_reports_that_a_referral_expired(self, phone: Device, directed: str) -> None:
        for reason in ("outcome_not_reported", "other"):
            [verdict] = await post(phone, "referral-events", at(1, directed, "expired", reason=reason))
            assert (verdict["outcome"], pointers(verdict)) == ("rejected", ["/state"])

    async def test_nobody_reports_that_one_is_offered_again(self, phone: Device, directed: str) -> None:
        [verdict] = await post(phone, "referral-events", at(1, directed, "offered"))
        assert pointers(verdict) == ["/state"]

    @pytest.mark.parametrize(
        "named", [{"slip": make.code()}, {"referral_id": None}, {"referral_id": None, "slip": None}]
    )
    async def test_it_names_its_referral_in_one_way(self, phone: Device, directed: str, named: make.Json) -> None:
        [verdict] = await post(phone, "referral-events", at(1, directed, "arrived") | named)
        assert (verdict["outcome"], pointers(verdict)) == ("rejected", [""])
        assert "either referral_id or slip" in verdict["problem"]["errors"][0]["detail"]

    async def test_a_mistyped_slip_is_noticed(self, phone: Device) -> None:
        slip = make.code()
        wrong = ("0" if slip[0] != "0" else "1") + slip[1:]
        [verdict] = await post(phone, "referral-events", make.event(slip=wrong))
        assert (verdict["outcome"], pointers(verdict)) == ("rejected", ["/slip"])

    async def test_a_slip_is_read_as_people_type_it(self, phone: Device, desk: Device) -> None:
        slip = next(code for code in iter(make.code, None) if {"0", "1"} & set(code[:10]))
        made = make.lone_referral(slip=slip)
        await store(phone, "referrals", made)
        typed = slip.lower().replace("0", "o").replace("1", "l")
        await store(desk, "referral-events", make.event(slip=f" {typed[:4]}-{typed[4:8]} {typed[8:]}"))
        assert await state(phone, made["id"]) == "arrived"


class TestWithdrawnAnswer:
    async def test_a_referral_made_by_mistake_is_entered_in_error(self, phone: Device, directed: str) -> None:
        await store(phone, "referral-events", at(1, directed, "entered_in_error"))
        assert await state(phone, directed) == "entered_in_error"
