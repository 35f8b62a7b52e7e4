"""Events that are settled: 72 hours after their referral ended they have a slot and a number, and no minute.

So they cannot be folded again. What they added up to is read off the referral, which knows slots; what comes later is
folded onto that, as if all had happened when their slots ended: an answer is late only where that is certain.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.ingest.coarse import slot_ended
from app.referrals.records import SERVICE, Standing, StoredEvent
from app.referrals.rules import Event, Folded, made
from app.referrals.vocabulary import Channel, Destination, Reason, State, Step

_FAILED: Final = (State.refused, State.declined, State.no_show, State.cancelled, State.entered_in_error)
"""States that nothing leaves, and whose instant is the referral's last."""


def onto(standing: Standing, events: Iterable[StoredEvent]) -> Folded:
    """Return what the settled ones of a referral's events added up to, without what came after them.

    Without its silence either: whether that was real is judged anew with each answer (decision 0010).
    """
    folded = made(standing.first())
    instants = _instants(standing)
    for event in _in_order(events):
        if _is_silence(event):
            continue
        if event.step == Step.exited.value:
            folded.exited_at = standing.exited_at
            folded.destination = Destination(event.destination) if event.destination else None
            continue
        state = State(event.step)
        folded.state, folded.reason = state, Reason(event.reason) if event.reason else None
        folded.last_at = folded.reached[state] = slot_ended(instants[state] or standing.state_at)
        if folded.channel is None and state not in {State.requested, State.entered_in_error} and event.channel:
            folded.channel = Channel(event.channel)
    return folded


def silences(standing: Standing, events: Collection[StoredEvent]) -> list[Event]:
    """Return the settled expiry, if there is one that holds, at the last instant it may have had."""
    due_at = onto(standing, events).due_at(standing.terms())
    if due_at is None:
        return []
    return [
        replace(event.event(), occurred_at=due_at, recorded_at=due_at) for event in events if is_standing_silence(event)
    ]


def is_standing_silence(event: StoredEvent) -> bool:
    """Say whether an event is a settled expiry that nothing has disproved."""
    return event.sequence is not None and event.not_applied is None and _is_silence(event)


def _in_order(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Return the settled events that had an effect, as the fold took them."""
    numbered = [(e.sequence, e) for e in events if e.sequence is not None and e.not_applied is None]
    return [event for _, event in sorted(numbered, key=lambda pair: pair[0])]


def _is_silence(event: StoredEvent) -> bool:
    return event.sender_id == SERVICE and event.step == Step.expired.value


def _instants(standing: Standing) -> Mapping[State, datetime | None]:
    return dict.fromkeys(_FAILED, standing.state_at) | {
        State.requested: standing.requested_at,
        State.waitlisted: standing.waitlisted_at,
        State.accepted: standing.accepted_at,
        State.arrived: standing.arrived_at,
        State.admitted: standing.admitted_at,
    }
