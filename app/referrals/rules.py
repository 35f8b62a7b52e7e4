"""The fold: a referral's status is what its append-only events add up to, in whatever order they arrived. Pure Python.

The events are put in order by (occurred_at, recorded_at, id), all three given by their sender, so neither the order of
arrival nor the number of requests matters, nor when the service swept: silence ends a referral at its due instant, also
when an answer of later is folded first. An event that cannot be applied stays, with the reason; nothing is dropped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID, uuid5

from app.directory.vocabulary import SuccessState
from app.referrals.vocabulary import PERSON, PROVIDER, SYSTEM, Channel, Destination, NotApplied, Reason, State, Step

_EXPIRY: Final = UUID("5f0c7e6e-3a53-4f0d-9d0e-6f1f6c1d2a77")
_WITHDRAWAL: Final = UUID("c7d2f3a4-9b1e-4c55-8f0b-7a6f2e9d4c03")

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.offered: frozenset({State.requested, State.arrived, State.admitted, State.declined, State.cancelled}),
    State.requested: frozenset(
        {
            State.accepted,
            State.waitlisted,
            State.refused,
            State.arrived,
            State.admitted,
            State.declined,
            State.no_show,
            State.cancelled,
            State.expired,
        }
    ),
    State.waitlisted: frozenset(
        {State.accepted, State.admitted, State.refused, State.declined, State.cancelled, State.expired}
    ),
    State.accepted: frozenset(
        {
            State.arrived,
            State.admitted,
            State.refused,
            State.declined,
            State.no_show,
            State.cancelled,
            State.expired,
        }
    ),
    State.arrived: frozenset({State.admitted, State.refused, State.declined, State.no_show, State.expired}),
}
"""Which state may follow which; a state that is not listed is terminal. `allowed` adds what depends on the referral."""

REASONS: Final[Mapping[State, frozenset[Reason]]] = {
    State.declined: PERSON | SYSTEM,
    State.refused: PROVIDER | SYSTEM,
    State.waitlisted: PROVIDER | SYSTEM,
    State.no_show: PERSON | SYSTEM,
    State.cancelled: PERSON | PROVIDER | SYSTEM,
    State.expired: frozenset({Reason.outcome_not_reported}),
}
"""The states that need a reason, and the reasons each takes."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the fold must know of a referral besides its events."""

    success: SuccessState
    accompanied: bool
    expires_after: timedelta


@dataclass(frozen=True, slots=True)
class First:
    """How a referral was made: what its events are folded onto."""

    state: State
    at: datetime
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing reported of a referral."""

    id: UUID
    step: Step
    occurred_at: datetime
    recorded_at: datetime
    reason: Reason | None = None
    destination: Destination | None = None
    channel: Channel | None = None
    by_service: bool = False

    @property
    def withdraws(self) -> bool:
        """Whether the encounter was entered in error, and the referral with it: it never was, whatever came of it."""
        return self.by_service and self.step is Step.entered_in_error

    def place(self) -> tuple[bool, datetime, bool, datetime, UUID]:
        """Return its place in the order; what was said at an instant comes before the silence of that instant."""
        return not self.withdraws, self.occurred_at, self.by_service, self.recorded_at, self.id


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not applied, and what could have been."""

    why: NotApplied
    state: State
    allowed: tuple[State, ...]


@dataclass(slots=True)
class Folded:
    """What the events add up to. `reached` holds the instant each state was entered; a skipped state is not in it."""

    state: State
    reason: Reason | None
    reached: dict[State, datetime]
    last_at: datetime
    channel: Channel | None = None
    """How the first answer was learnt; None while nobody answered."""
    exited_at: datetime | None = None
    destination: Destination | None = None
    refusals: dict[UUID, Refusal] = field(default_factory=dict)

    def due_at(self, terms: Terms) -> datetime | None:
        """Return when silence makes the outcome unknown, or None when it cannot."""
        if State.expired not in allowed(self.state, terms):
            return None
        return self.last_at + terms.expires_after


def allowed(state: State, terms: Terms) -> tuple[State, ...]:
    """Return the states that may follow, in the vocabulary's order; none after a terminal one."""
    return _allowed(state, terms.success, terms.accompanied)


def open_to_senders(states: Iterable[State]) -> list[State]:
    """Return the states without those that only the service reports."""
    return [state for state in states if state is not State.expired]


@cache
def _allowed(state: State, success: SuccessState, accompanied: bool) -> tuple[State, ...]:  # noqa: FBT001 - cached by value
    following = TRANSITIONS.get(state, frozenset())
    if state is State.offered and not accompanied:
        following -= {State.admitted}
    if state is State.arrived and success is SuccessState.arrived:
        following = frozenset()
    if following:
        following |= {State.entered_in_error}
    return tuple(candidate for candidate in State if candidate in following)


def made(first: First) -> Folded:
    """Return a referral that nobody has answered yet."""
    return Folded(first.state, first.reason, {first.state: first.at}, first.at)


def fold(first: First, events: Iterable[Event], terms: Terms) -> Folded:
    """Return what the making of a referral and its later events add up to.

    Nothing answers a referral before it is made: an event with an earlier instant, from another clock, counts as
    simultaneous with the making.
    """
    return fold_onto(made(first), events, terms)


def fold_onto(folded: Folded, events: Iterable[Event], terms: Terms) -> Folded:
    """Return what a referral and events that come after all it was folded from add up to."""
    for event in sorted(events, key=Event.place):
        if not event.withdraws:
            _fall_silent(folded, event.occurred_at, terms)
        refusal = _exit(folded, event, terms) if event.step is Step.exited else _move(folded, event, terms)
        if refusal is not None:
            folded.refusals[event.id] = Refusal(refusal, folded.state, allowed(folded.state, terms))
    return folded


def _fall_silent(folded: Folded, until: datetime, terms: Terms) -> None:
    """Let the referral expire when it was due before `until`."""
    due_at = folded.due_at(terms)
    if due_at is not None and due_at < until:
        _enter(folded, State.expired, Reason.outcome_not_reported, due_at)


def _enter(folded: Folded, state: State, reason: Reason | None, at: datetime) -> None:
    folded.state, folded.reason, folded.last_at = state, reason, at
    folded.reached[state] = at


def _move(folded: Folded, event: Event, terms: Terms) -> NotApplied | None:
    target = State(event.step.value)
    possible = (State.entered_in_error,) if event.withdraws else allowed(folded.state, terms)
    at = folded.last_at if event.withdraws else max(event.occurred_at, folded.last_at)
    if target is folded.state:
        return NotApplied.already_in_state
    if not possible:
        return NotApplied.terminal
    if target not in possible:
        return NotApplied.impossible_transition
    if event.by_service and target is State.expired and event.occurred_at < folded.last_at + terms.expires_after:
        return NotApplied.answered_in_time
    _enter(folded, target, event.reason, at)
    if folded.channel is None and target not in {State.requested, State.entered_in_error}:
        folded.channel = event.channel
    return None


def _exit(folded: Folded, event: Event, terms: Terms) -> NotApplied | None:
    if folded.state is not State.admitted or terms.success is not SuccessState.admitted:
        return NotApplied.no_stay
    if folded.exited_at is not None:
        return NotApplied.stay_ended
    folded.exited_at = max(event.occurred_at, folded.last_at)
    folded.destination = event.destination
    return None


def succeeded_at(
    success: str, state: str, arrived_at: datetime | None, admitted_at: datetime | None
) -> datetime | None:
    """Return when a referral reached what counts as success for its kind; None when it did not, or never was."""
    if state == State.entered_in_error:
        return None
    return arrived_at or admitted_at if success == SuccessState.arrived else admitted_at


def expiry_id(referral_id: UUID, due_at: datetime) -> UUID:
    """Return the id of the event that expires a referral at an instant: the same on every worker and at every try."""
    return uuid5(_EXPIRY, f"{referral_id.hex}/{due_at.isoformat()}")


def withdrawal_id(referral_id: UUID) -> UUID:
    """Return the id of the event that enters a referral in error because its encounter was."""
    return uuid5(_WITHDRAWAL, referral_id.hex)


def reason_fault(state: State, reason: Reason | None) -> str | None:
    """Return what is wrong with the reason given for a state, or None when nothing is."""
    wanted = REASONS.get(state)
    if wanted is None:
        return "must be absent for this state" if reason is not None else None
    if reason is None:
        return "is required for this state"
    return None if reason in wanted else f"must be one of {', '.join(sorted(wanted))} for this state"
