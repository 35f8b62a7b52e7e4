"""Making referrals: their rows, their first events, and the events that were waiting for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app import errors
from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import commit_position
from app.directory.service import Directory
from app.ingest.service import to_the_hour
from app.keyring import Keyring
from app.referrals import folding, queries
from app.referrals.records import Held, Sender, Standing, folded_columns
from app.referrals.rules import Event, first_id, fold
from app.referrals.schemas import ReferralIn
from app.referrals.vocabulary import Channel, Step


@dataclass(frozen=True, slots=True)
class Making:
    """Where and when a referral is made, and by whom."""

    org_id: UUID
    team_id: UUID
    encounter_id: UUID | None
    territory: str
    outside_perimeter: bool
    cohort_day: date
    created_at: datetime
    received_at: datetime
    link_id: bytes | None


def referral_row(
    item: ReferralIn,
    making: Making,
    directory: Directory,
    keyring: Keyring,
    *,
    slip_digest: bytes | None,
    digest: bytes,
    position: int,
) -> Row:
    """Return the row of a new referral with its first event folded in; its kind is known on that day."""
    kind = directory.kind(item.kind, making.cohort_day)
    if kind is None:
        raise errors.invalid()
    first = Event(item.id, Step(item.state.value), making.created_at, making.created_at, item.reason)
    row: dict[str, Any] = {
        "org_id": making.org_id,
        "id": item.id,
        "team_id": making.team_id,
        "encounter_id": making.encounter_id,
        "kind": item.kind,
        "facility_id": item.facility_id,
        "accompanied": item.accompanied,
        "previous_referral_id": item.previous_referral_id,
        "slip_digest": slip_digest,
        "link_id": making.link_id,
        "territory": making.territory,
        "outside_perimeter": making.outside_perimeter,
        "cohort_day": making.cohort_day,
        "created_at": making.created_at,
        "received_at": to_the_hour(making.received_at),
        "success": kind.success.value,
        "expires_after_s": int(kind.expires_after.total_seconds()),
        "rk": int.from_bytes(keyring.mark("sdc", item.id.bytes)[:4], "big"),
        "digest": digest,
        "position": position,
    }
    standing = Standing(
        **{name: row[name] for name in _GIVEN},
        state="",
        reason=None,
        state_at=making.created_at,
        answer_channel=None,
        exited_at=None,
        exit_destination=None,
        due_at=None,
    )
    return row | folded_columns(standing, fold(first, (), standing.terms()))


_GIVEN = (
    "org_id",
    "id",
    "team_id",
    "facility_id",
    "kind",
    "accompanied",
    "previous_referral_id",
    "territory",
    "cohort_day",
    "created_at",
    "success",
    "expires_after_s",
    "digest",
    "position",
)


def first_event_row(row: Row) -> Row:
    """Return the event that a new referral begins with; its id follows from the referral's."""
    return {
        "org_id": row["org_id"],
        "id": first_id(row["id"]),
        "referral_id": row["id"],
        "step": row["state"],
        "reason": row["reason"],
        "destination": None,
        "occurred_at": row["created_at"],
        "recorded_at": row["created_at"],
        "received_at": row["received_at"],
        "sender_id": row["team_id"],
        "channel": Channel.app.value,
        "digest": row["digest"],
        "not_applied": None,
    }


async def known_referrals(session: WriteSession, rows: Sequence[Row]) -> dict[tuple[UUID, UUID], tuple[bytes, UUID]]:
    """Return {(organisation, id): (digest, team)} of those rows' referrals that are already there."""
    return await queries.known(session, {row["org_id"] for row in rows}, {row["id"] for row in rows})


async def open_referrals(session: WriteSession, rows: Sequence[Row], position: int) -> None:
    """Store new referrals with their first events, and let the events that waited for them take effect."""
    if not rows:
        return
    await queries.add_referrals(session, rows)
    await queries.add_events(session, [first_event_row(row) for row in rows])
    slips = {row["slip_digest"] for row in rows if row["slip_digest"] is not None}
    held = await queries.held_for(session, {row["id"] for row in rows}, slips)
    if held:
        await attach(session, held, position)


async def attach(session: WriteSession, held: Collection[Held], position: int | None = None) -> int:
    """Move held events to the referrals they name, where their senders may answer those; return how many moved."""
    by_id = {
        standing.id: standing
        for standing in await queries.by_ids(session, {h.referral_id for h in held if h.referral_id})
    }
    digests = {digest for h in held for digest in (h.slip_digest, h.slip_digest_before) if digest}
    by_slip = dict(await queries.by_slips(session, digests))
    moved: list[tuple[Held, Standing]] = []
    for event in held:
        found = by_id.get(event.referral_id) if event.referral_id else None
        slip = next((by_slip[d] for d in (event.slip_digest, event.slip_digest_before) if d and d in by_slip), None)
        standing = found or slip
        sender = Sender(event.org_id, event.sender_id, event.facility_id, event.kind)
        if standing is not None and sender.may_answer(standing, by_slip=slip is not None):
            moved.append((event, standing))
    if not moved:
        return 0
    await queries.add_events(session, [_moved_row(event, standing) for event, standing in moved])
    await queries.remove_held(session, [event for event, _ in moved])
    at = position if position is not None else await commit_position(await session.connection())
    await folding.refold(session, {(s.org_id, s.id): s for _, s in moved}.values(), at)
    return len(moved)


def _moved_row(held: Held, standing: Standing) -> Row:
    return {
        "org_id": standing.org_id,
        "id": held.id,
        "referral_id": standing.id,
        "step": held.step,
        "reason": held.reason,
        "destination": held.destination,
        "occurred_at": held.occurred_at,
        "recorded_at": held.recorded_at,
        "received_at": held.received_at,
        "sender_id": held.sender_id,
        "channel": held.channel,
        "digest": held.digest,
        "not_applied": None,
    }
