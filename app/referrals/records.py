"""A referral and its events as they come out of the database: plain values, no table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.directory.vocabulary import SuccessState
from app.ingest.coarse import CLOSED, slot_began, slot_ended
from app.referrals.rules import Event, First, Folded, Terms, succeeded_at
from app.referrals.vocabulary import Channel, Destination, Reason, State, Step

SERVICE: UUID = UUID(int=0)
"""The sender of the service's own events."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A referral as stored, with what its events added up to so far."""

    org_id: UUID
    id: UUID
    team_id: UUID
    facility_id: UUID | None
    kind: str
    accompanied: bool
    previous_referral_id: UUID | None
    link_id: bytes | None
    territory: str
    cohort_day: date
    created_at: datetime
    made_at: datetime | None
    first_state: str
    first_reason: str | None
    success: str
    expires_after_s: int
    digest: bytes
    state: str
    reason: str | None
    state_at: datetime
    answer_channel: str | None
    requested_at: datetime | None
    waitlisted_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None
    admitted_at: datetime | None
    exited_at: datetime | None
    exit_destination: str | None
    due_at: datetime | None
    position: int

    @property
    def coarse(self) -> bool:
        """Whether only its week is left: its events are not folded any more."""
        return self.position == CLOSED

    def terms(self) -> Terms:
        """Return what the fold must know."""
        return Terms(SuccessState(self.success), self.accompanied, timedelta(seconds=self.expires_after_s))

    def first(self) -> First:
        """Return how it was made; at the end of its slot, when no more is known."""
        made_at = self.made_at or slot_ended(self.created_at)
        return First(State(self.first_state), made_at, Reason(self.first_reason) if self.first_reason else None)

    def succeeded_at(self) -> datetime | None:
        """Return when it reached what counts as success for its kind."""
        return succeeded_at(self.success, self.state, self.arrived_at, self.admitted_at)

    def shows(self, folded: Folded) -> bool:
        """Say whether the stored columns already are what the events add up to."""
        return all(getattr(self, name) == value for name, value in folded_columns(folded, self.terms()).items())


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored."""

    org_id: UUID
    id: UUID
    referral_id: UUID
    step: str
    reason: str | None
    destination: str | None
    occurred_at: datetime
    recorded_at: datetime
    sender_id: UUID
    channel: str | None
    digest: bytes
    not_applied: str | None
    sequence: int | None

    def event(self) -> Event:
        """Return what the fold works on."""
        return Event(
            self.id,
            Step(self.step),
            self.occurred_at,
            self.recorded_at,
            Reason(self.reason) if self.reason else None,
            Destination(self.destination) if self.destination else None,
            Channel(self.channel) if self.channel else None,
            by_service=self.sender_id == SERVICE,
        )


def folded_columns(folded: Folded, terms: Terms) -> dict[str, object]:
    """Return the columns of a referral that its events decide: slots, but for the instant silence would end it."""
    reached = {state: slot_began(at) for state, at in folded.reached.items()}
    return {
        "state": folded.state.value,
        "reason": folded.reason.value if folded.reason else None,
        "state_at": slot_began(folded.last_at),
        "answer_channel": folded.channel.value if folded.channel else None,
        "requested_at": reached.get(State.requested),
        "waitlisted_at": reached.get(State.waitlisted),
        "accepted_at": reached.get(State.accepted),
        "arrived_at": reached.get(State.arrived),
        "admitted_at": reached.get(State.admitted),
        "exited_at": slot_began(folded.exited_at) if folded.exited_at else None,
        "exit_destination": folded.destination.value if folded.destination else None,
        "due_at": folded.due_at(terms),
    }


@dataclass(frozen=True, slots=True)
class Held:
    """An event that waits for its referral."""

    org_id: UUID
    id: UUID
    referral_id: UUID | None
    slip_digest: bytes | None
    slip_digest_beside: bytes | None
    facility_id: UUID | None
    kind: str | None
    step: str
    reason: str | None
    destination: str | None
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    sender_id: UUID
    channel: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event that has no effect so far."""

    id: UUID
    referral_id: UUID | None
    step: str
    occurred_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who answers a referral."""

    org_id: UUID
    id: UUID
    facility_id: UUID | None
    kind: str | None
    """Kind of the facility, for a desk."""

    def answerable(self, named: Iterable[Standing]) -> Standing | None:
        """Return the one that is the sender's to answer: an id is one referral's in its organisation only."""
        return next((standing for standing in named if self.may_answer(standing)), None)

    def may_answer(self, standing: Standing) -> bool:
        """Say whether this referral is the sender's to answer without its slip.

        The organisation that made it may, the facility it names, and, where it names none, any facility of the kind it
        asks for.
        """
        if self.facility_id is None:
            return standing.org_id == self.org_id
        return standing.facility_id == self.facility_id or (standing.facility_id is None and standing.kind == self.kind)
