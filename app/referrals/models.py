"""Tables of the closed loop."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, text

from app.db.table import Base, column, placed
from app.db.types import (
    Big,
    Bytes16,
    Bytes32,
    Day,
    Instant,
    Key,
    Small,
    TerritoryCode,
    Word,
    one_of,
    where,
)
from app.directory.vocabulary import SuccessState
from app.referrals.vocabulary import Channel, Destination, FirstState, NotApplied, Reason, State, Step

HAS_OUTCOME: Final = "state IN ('arrived', 'admitted', 'refused', 'declined', 'no_show', 'cancelled')"
"""The states that can be an outcome, as SQL: whoever looks for recent ones says it in these words."""
OPENED_STAY: Final = (
    "success = 'admitted' AND admitted_at IS NOT NULL AND state != 'entered_in_error' AND position != -2"
)
"""What opened a stay and is fine (`app.ingest.coarse.CLOSED`), as SQL: whoever asks for stays says it in these words.

Stays that are coarse are counted already (`app.metrics.housing.keeping`)."""
LEFT: Final = "exited_at IS NOT NULL AND admitted_at IS NOT NULL AND state != 'entered_in_error'"
"""What ended a stay of any kind, as SQL: whoever asks for exits says it in these words."""
SUCCEEDED_AT: Final = "(CASE WHEN (success = 'arrived') THEN coalesce(arrived_at, admitted_at) ELSE admitted_at END)"
"""When it reached what counts as success for its kind, as SQL: whoever looks for the last says it in these words."""
UNSETTLED: Final = "sequence IS NULL"
"""An event that keeps its minute, as SQL: whoever looks for what to settle says it in these words."""
KEEPS_MINUTE: Final = "made_at IS NOT NULL"
"""A referral that keeps the minute of its making, as SQL: whoever looks for what to settle says it in these words."""
_OF_STAYS: Final = (
    "kind", "territory", "org_id", "id", "facility_id", "previous_referral_id", "exit_destination",
)  # fmt: skip


class Referral(Base, table=True):
    """One referral, with its events folded into it.

    Of what happened its columns know the slots of two hours, by their beginning: minutes are the open events'.
    """

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "team_id"], ["team.org_id", "team.id"]),
        one_of("state", State),
        one_of("reason", Reason, null=True),
        one_of("first_state", FirstState),
        one_of("first_reason", Reason, null=True),
        one_of("success", SuccessState),
        one_of("exit_destination", Destination, null=True),
        one_of("answer_channel", Channel, null=True),
        Index(None, "org_id", "team_id", "position", "id"),
        Index(None, "org_id", "cohort_day"),
        Index(None, "org_id", "encounter_id"),
        Index(None, "id"),
        Index(None, "facility_id", "position", "id", **where("facility_id IS NOT NULL")),
        Index(None, "slip_digest", **where("slip_digest IS NOT NULL")),
        Index("ix_referral_link_id_succeeded_at", "link_id", text(SUCCEEDED_AT), **where("link_id IS NOT NULL")),
        Index("ix_referral_unsettled", "org_id", "id", **where(KEEPS_MINUTE)),
        Index(None, "due_at", **where("due_at IS NOT NULL")),
        Index(None, "state_at", **where(HAS_OUTCOME)),
        Index(None, "org_id", "previous_referral_id", **where("previous_referral_id IS NOT NULL")),
        Index(
            "ix_referral_left",
            "exited_at",
            "territory",
            "org_id",
            "kind",
            "cohort_day",
            "exit_destination",
            **where(LEFT),
        ),
        # Questions about stays read all they ask from these two, which hold stays only: one referral in twenty.
        Index("ix_referral_stay_began", "admitted_at", "exited_at", *_OF_STAYS, **where(OPENED_STAY)),
        Index(
            "ix_referral_stay_ended",
            "exited_at",
            "admitted_at",
            *_OF_STAYS,
            "link_id",
            "created_at",
            **where(OPENED_STAY),
        ),
        placed("organisation", "A person directed to a kind of facility, perhaps to one facility."),
    )

    org_id: UUID = column(Key, "Organisation that made the referral.", key=True)
    id: UUID = column(Key, "Random UUID made on the device; it alone links offer, arrival and stay.", key=True)
    team_id: UUID = column(Key, "Team that made it.")
    encounter_id: UUID | None = column(Key, "Encounter it was made in; null when recorded alone.", null=True)
    kind: str = column(Word, "Kind of facility, a code of facility_kind.")
    facility_id: UUID | None = column(Key, "Facility, when one was named.", null=True, refers="facility.id")
    accompanied: bool = column(Boolean, "The team went along.")
    previous_referral_id: UUID | None = column(Key, "Referral this one takes up again.", null=True)
    slip_digest: bytes | None = column(
        Bytes16, "Seal of the slip: a byte for the key period, HMAC-SHA256(period key, slip)[:15].", null=True
    )
    link_id: bytes | None = column(
        Bytes16, "Seal of the card: a byte for the key period, HMAC-SHA256(period key, card)[:15].", null=True
    )
    territory: str = column(TerritoryCode, "Where it was made.")
    outside_perimeter: bool = column(Boolean, "Made outside the plan's perimeter.")
    cohort_day: date = column(Day, "Service day it was made on.")
    created_at: datetime = column(Instant, "Beginning of the two-hour slot it was made in, ms since 1970 UTC.")
    made_at: datetime | None = column(
        Instant, "When it was made, which the fold needs; null 72 hours after it ended.", null=True
    )
    received_at: datetime = column(Instant, "Hour it was received in, ms since 1970 UTC.")
    first_state: str = column(Word, "State it was made in: what its events are folded onto.")
    first_reason: str | None = column(Word, "Reason of that state, where it has one.", null=True)
    success: str = column(Word, "State that counts as success for this kind on that day.")
    expires_after_s: int = column(
        Big, "Silence after which its outcome is unknown, in seconds, for this kind on that day."
    )
    rk: int = column(Big, "Record key of the disclosure control: uint32.")
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content, slip and card sealed.")
    state: str = column(Word, "What its events add up to.")
    reason: str | None = column(Word, "Reason of the state, where it has one.", null=True)
    state_at: datetime = column(Instant, "Slot in which the state was entered, ms since 1970 UTC.")
    answer_channel: str | None = column(Word, "How the first answer was learnt; null while nobody answered.", null=True)
    requested_at: datetime | None = column(Instant, "Slot in which it was requested; null when skipped.", null=True)
    waitlisted_at: datetime | None = column(Instant, "Slot in which it was waitlisted; null when skipped.", null=True)
    accepted_at: datetime | None = column(Instant, "Slot in which it was accepted; null when skipped.", null=True)
    arrived_at: datetime | None = column(Instant, "Slot in which the person arrived; null when skipped.", null=True)
    admitted_at: datetime | None = column(Instant, "Slot in which the stay began; null when skipped.", null=True)
    exited_at: datetime | None = column(Instant, "Slot in which the stay ended.", null=True)
    exit_destination: str | None = column(Word, "Where the stay ended.", null=True)
    due_at: datetime | None = column(Instant, "When silence makes the outcome unknown; null when it cannot.", null=True)
    position: int = column(Big, "Commit position of the last change: what the feeds go by.")


class ReferralEvent(Base, table=True):
    """One thing reported of a referral; never changed, only marked applied or not, and settled.

    Settled, 72 hours after its referral ended, it has a number in the order of the fold; of its instants the slots of
    two hours are left, and id and digest are keyed (`app.ingest.coarse`).
    """

    __tablename__ = "referral_event"
    __table_args__ = (
        one_of("step", Step),
        one_of("reason", Reason, null=True),
        one_of("destination", Destination, null=True),
        one_of("channel", Channel, null=True),
        one_of("not_applied", NotApplied, null=True),
        ForeignKeyConstraint(["org_id", "referral_id"], ["referral.org_id", "referral.id"]),
        Index(None, "org_id", "referral_id"),
        Index(None, "sender_id", "id", **where("not_applied IS NOT NULL")),
        Index("ix_referral_event_unsettled", "org_id", "referral_id", **where(UNSETTLED)),
        placed("organisation", "Append-only answers to referrals, stay exits included."),
    )

    org_id: UUID = column(Key, "Organisation that made the referral.", key=True)
    id: UUID = column(Key, "UUID made by the sender.", key=True)
    referral_id: UUID = column(Key, "Referral it is about.")
    step: str = column(Word, "What is reported.")
    reason: str | None = column(Word, "Why, for the states that need it.", null=True)
    destination: str | None = column(Word, "Where a stay ended.", null=True)
    occurred_at: datetime = column(Instant, "When it happened, ms since 1970 UTC.")
    recorded_at: datetime = column(Instant, "When the sender wrote it down, ms since 1970 UTC.")
    received_at: datetime = column(Instant, "Hour it was received in, ms since 1970 UTC.")
    sender_id: UUID = column(Key, "Team or facility that sent it; the nil UUID is the service itself.")
    channel: str | None = column(Word, "How the outcome was learnt; null for the service's own events.", null=True)
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content, slip sealed.")
    not_applied: str | None = column(Word, "Why the fold could not apply it; null when it did.", null=True)
    sequence: int | None = column(
        Small,
        "Number in the order of the fold, once only its slot is kept; 0 when it came after that; null before.",
        null=True,
    )


class HeldEvent(Base, table=True):
    """An event whose referral has not arrived yet, kept until it does."""

    __tablename__ = "held_event"
    __table_args__ = (
        one_of("step", Step),
        one_of("reason", Reason, null=True),
        one_of("destination", Destination, null=True),
        one_of("channel", Channel, null=True),
        Index(None, "referral_id", **where("referral_id IS NOT NULL")),
        Index(None, "slip_digest", **where("slip_digest IS NOT NULL")),
        Index(None, "slip_digest_beside", **where("slip_digest_beside IS NOT NULL")),
        Index(None, "org_id", "sender_id", "id"),
        placed("organisation", "Events that no known referral answers to yet, in the sender's organisation."),
    )

    org_id: UUID = column(Key, "Organisation of the sender.", key=True, refers="organisation.id")
    id: UUID = column(Key, "UUID made by the sender.", key=True)
    referral_id: UUID | None = column(Key, "Referral named by the sender.", null=True)
    slip_digest: bytes | None = column(
        Bytes16, "Slip named by the sender, sealed for the period of the event.", null=True
    )
    slip_digest_beside: bytes | None = column(Bytes16, "The same slip, sealed for the neighbouring period.", null=True)
    facility_id: UUID | None = column(Key, "Facility of the sender, when it is a desk.", null=True)
    kind: str | None = column(Word, "Kind of that facility.", null=True)
    step: str = column(Word, "What is reported.")
    reason: str | None = column(Word, "Why, for the states that need it.", null=True)
    destination: str | None = column(Word, "Where a stay ended.", null=True)
    occurred_at: datetime = column(Instant, "When it happened, ms since 1970 UTC.")
    recorded_at: datetime = column(Instant, "When the sender wrote it down, ms since 1970 UTC.")
    received_at: datetime = column(Instant, "Hour it was received in, ms since 1970 UTC.")
    sender_id: UUID = column(Key, "Team or facility that sent it.")
    channel: str | None = column(Word, "How the outcome was learnt.", null=True)
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content, slip sealed.")


class LookupFailure(Base, table=True):
    """One failed look-up by slip or card: twenty a day and device are enough for honest mistakes."""

    __tablename__ = "lookup_failure"
    __table_args__ = (
        Index(None, "org_id", "device_id", "at"),
        placed("organisation", "Failed look-ups, so that codes cannot be guessed; rows of past days are removed."),
    )

    org_id: UUID = column(Key, "Organisation of the device.", key=True, refers="organisation.id")
    id: UUID = column(Key, "Identifier.", key=True)
    device_id: UUID = column(Key, "Device that asked.")
    at: datetime = column(Instant, "When, ms since 1970 UTC.")
