"""The fold against the table of domain.md, and what must hold of any fold."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.directory.vocabulary import SuccessState
from app.referrals.rules import Event, First, Folded, Terms, allowed, fold
from app.referrals.vocabulary import Reason, State, Step
from tests.clock import NIGHT
from tests.properties.by_the_table import Added, Made, Said, add_up, following

_HOUR = timedelta(hours=1)
_HOURS = st.sampled_from([-2, 0, 0, 1, 2, 47, 48, 49, 95, 96, 97, 200])
_STEPS = [step.value for step in Step if step not in {Step.offered, Step.expired}]


@st.composite
def made(draw: st.DrawFn) -> Made:
    return Made(
        state=draw(st.sampled_from(["offered", "requested", "requested", "declined"])),
        at=NIGHT,
        success=draw(st.sampled_from(["arrived", "admitted"])),
        accompanied=draw(st.booleans()),
        timer=48 * _HOUR,
    )


@st.composite
def said(draw: st.DrawFn) -> list[Said]:
    """Some answers, few instants: many of them tie."""
    listed = []
    for number in draw(st.lists(st.integers(0, 400), max_size=8, unique=True)):
        by_service = draw(st.integers(0, 9)) == 9
        step = draw(st.sampled_from(["expired", "expired", "entered_in_error"] if by_service else _STEPS))
        at = NIGHT if by_service and step == "entered_in_error" else NIGHT + draw(_HOURS) * _HOUR
        recorded = at if by_service else at + draw(st.integers(0, 2)) * _HOUR
        listed.append(Said(number, step, at, recorded, by_service=by_service))
    withdrawals = [one for one in listed if one.by_service and one.step == "entered_in_error"]
    return [one for one in listed if one not in withdrawals[1:]]


def terms(referral: Made) -> Terms:
    return Terms(SuccessState(referral.success), referral.accompanied, referral.timer)


def folded(referral: Made, answers: list[Said]) -> Folded:
    reason = Reason(referral.reason) if referral.reason else None
    return fold(
        First(State(referral.state), referral.at, reason),
        [
            Event(UUID(int=one.id), Step(one.step), one.occurred_at, one.recorded_at, by_service=one.by_service)
            for one in answers
        ],
        terms(referral),
    )


def shown(result: Folded) -> tuple[object, ...]:
    return (result.state, result.last_at, result.reached, result.exited_at, set(result.refusals))


def by_the_table(told: Added) -> tuple[object, ...]:
    return (
        told.state,
        told.since,
        told.reached,
        told.exited_at,
        {UUID(int=number) for number in told.without_effect},
    )


@given(made(), said())
def test_adds_up_to_what_the_table_says(referral: Made, answers: list[Said]) -> None:
    assert shown(folded(referral, answers)) == by_the_table(add_up(referral, answers))


def test_knows_the_table_by_heart() -> None:
    for state in State:
        for success in SuccessState:
            for accompanied in (False, True):
                possible = allowed(state, Terms(success, accompanied, _HOUR))
                assert set(possible) == following(state, success.value, accompanied)
                assert sorted(possible, key=list(State).index) == list(possible)


@given(made(), said(), st.data())
def test_does_not_depend_on_the_order_of_arrival(referral: Made, answers: list[Said], data: st.DataObject) -> None:
    assert folded(referral, data.draw(st.permutations(answers))) == folded(referral, answers)


@given(made(), said())
def test_never_drops_an_event(referral: Made, answers: list[Said]) -> None:
    """Whatever has no effect is named, with what could have had one; it may be left out without a difference."""
    result = folded(referral, answers)
    kept = [one for one in answers if UUID(int=one.id) not in result.refusals]
    assert len(kept) + len(result.refusals) == len(answers)
    for refusal in result.refusals.values():
        assert refusal.allowed == allowed(refusal.state, terms(referral))
    without = folded(referral, kept)
    assert (without.state, without.reached, without.exited_at) in [
        (result.state, result.reached, result.exited_at),
        _before_the_silence(without, result),
    ]
    assert without.refusals == {}


def _before_the_silence(without: Folded, result: Folded) -> tuple[object, ...]:
    """An event without effect still tells that time went by: without it the referral is not known to have expired."""
    if result.state is not State.expired:
        return ()
    reached = {state: at for state, at in result.reached.items() if state is not State.expired}
    return without.state, reached, result.exited_at


@given(made(), said())
def test_moves_along_the_table_and_never_back_in_time(referral: Made, answers: list[Said]) -> None:
    result = folded(referral, answers)
    path = sorted(result.reached.items(), key=lambda entry: (entry[1], list(State).index(entry[0])))
    assert result.last_at == max(result.reached.values())
    assert all(at >= referral.at for _, at in path)
    if result.state is not State.entered_in_error:
        for state, _ in path:
            assert state == referral.state or any(
                state in following(before, referral.success, referral.accompanied) for before in result.reached
            )


@given(made(), said(), st.sampled_from(_STEPS))
def test_never_reopens_what_has_ended(referral: Made, answers: list[Said], step: str) -> None:
    result = folded(referral, answers)
    if allowed(result.state, terms(referral)):
        return
    later = max([result.last_at, *(one.occurred_at for one in answers)]) + _HOUR
    again = folded(referral, [*answers, Said(999, step, later, later)])
    assert (again.state, again.last_at, again.reached) == (result.state, result.last_at, result.reached)


@given(made(), said())
def test_calls_the_outcome_unknown_only_after_the_whole_time(referral: Made, answers: list[Said]) -> None:
    result = folded(referral, answers)
    if result.state is State.expired:
        before = [at for state, at in result.reached.items() if state is not State.expired]
        assert result.last_at >= max(before) + referral.timer
