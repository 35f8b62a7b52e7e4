"""What a referral and its events are once settled, and once coarse. Pure Python."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.ingest.coarse import CLOSED, TICK, coarse_digest, coarse_id, monday_of, shift, slot_began, slot_ended
from app.keyring import Keyring
from app.referrals.records import SERVICE
from app.referrals.vocabulary import Step

Row = Mapping[str, Any]
INSTANTS: Final = (
    "created_at", "received_at", "state_at", "requested_at", "waitlisted_at", "accepted_at", "arrived_at",
    "admitted_at", "exited_at",
)  # fmt: skip
_REPORTED: Final = ("occurred_at", "recorded_at", "received_at")


def coarse_referral(keyring: Keyring, row: Row, place: str, waiting_parents: Collection[UUID]) -> dict[str, Any]:
    """Return a referral's row once coarse; `waiting_parents` are referrals taken up that are still fine.

    Its instants are moved together, so that its making falls on noon of its week's Monday.
    """
    move = shift(row["created_at"], row["cohort_day"])
    encounter, previous = row["encounter_id"], row["previous_referral_id"]
    return (
        dict(row)
        | {name: None if row[name] is None else move(row[name]) for name in INSTANTS}
        | {
            "id": coarse_id(keyring, row["id"]),
            "encounter_id": None if encounter is None else coarse_id(keyring, encounter),
            "previous_referral_id": previous
            if previous is None or previous in waiting_parents
            else coarse_id(keyring, previous),
            "territory": place,
            "cohort_day": monday_of(row["cohort_day"]),
            "made_at": None,
            "due_at": None,
            "digest": coarse_digest(keyring, row["digest"]),
            "position": CLOSED,
        }
    )


def coarse_events(keyring: Keyring, referral: Row, events: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the events of a referral once coarse: a slot of two hours, and their number in the order of the fold.

    The number stands in the milliseconds, so that their order stays what it was. None comes before the making, as the
    beginning of a settled one's slot may.
    """
    made_at = referral["created_at"]
    move = shift(made_at, referral["cohort_day"])
    return [
        dict(event)
        | {name: move(max(event[name], made_at)) + TICK * number for name in _REPORTED}
        | {
            "id": coarse_id(keyring, event["id"]),
            "referral_id": coarse_id(keyring, referral["id"]),
            "digest": _keyed_digest(keyring, event),
            "sequence": number,
        }
        for number, event in enumerate(_in_order(events), start=1)
    ]


def settled_events(keyring: Keyring, events: Collection[Row]) -> list[dict[str, Any]]:
    """Return those events of a referral that were not settled yet as they are then.

    Of their instants the two-hour slots of the Paris clock are left, and their number in the order of the fold, which
    stands in the milliseconds too. The hour they were received in stays.
    """
    return [
        dict(event)
        | {name: slot_began(event[name]) + TICK * number for name in ("occurred_at", "recorded_at")}
        | {
            "id": coarse_id(keyring, event["id"]),
            "digest": _keyed_digest(keyring, event),
            "sequence": number,
        }
        for number, event in enumerate(_in_order(events), start=1)
        if event["sequence"] is None
    ]


def settled_hold(hold: Row) -> dict[str, Any]:
    """Return a place held for a referral that is settled: from when to when, by slots."""
    released = hold["released_at"]
    return {
        "org_id": hold["org_id"],
        "id": hold["id"],
        "made_at": slot_began(hold["made_at"]),
        "expires_at": slot_ended(slot_began(hold["expires_at"])),
        "released_at": None if released is None else slot_began(released),
    }


def _keyed_digest(keyring: Keyring, event: Row) -> bytes:
    """Return the digest under which it is known; what was settled has it already."""
    kept: bytes = event["digest"]
    return coarse_digest(keyring, kept) if event["sequence"] is None else kept


def _in_order(events: Iterable[Row]) -> Sequence[Row]:
    """Return events as the fold takes them (`app.referrals.rules.Event.place`): first what is settled, as it stood."""

    def place(event: Row) -> tuple[bool, int, bool, datetime, bool, datetime, UUID]:
        by_service = event["sender_id"] == SERVICE
        withdraws = by_service and event["step"] == Step.entered_in_error.value
        fine = event["sequence"] is None
        told = event["occurred_at"], by_service, event["recorded_at"], event["id"]
        return fine, event["sequence"] or 0, not withdraws, *told

    return sorted(events, key=place)
