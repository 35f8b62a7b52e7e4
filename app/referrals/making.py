"""Making referrals: their rows, their first events, and the events that were waiting for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app import errors
from app.db.bulk import Row
from app.db.engine import NotAllNewError, WriteSession
from app.db.portability import FOLDING, commit_position, hold
from app.directory.service import Directory
from app.ingest.coarse import slot_began
from app.keyring import Keyring
from app.marks.queries import mark_days, mark_trails
from app.marks.trails import Trail
from app.referrals import folding, queries
from app.referrals.parting import part_stored
from app.referrals.records import Held, Sender, Standing, folded_columns
from app.referrals.rules import First, Terms, made
from app.referrals.schemas import ReferralIn
from app.referrals.vocabulary import State


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
    """The hour it was received in."""
    link_id: bytes | None


def referral_row(
    item: ReferralIn,
    making: Making,
    directory: Directory,
    keyring: Keyring,
    *,
    slip_digest: bytes | None,
    digest: bytes,
) -> Row:
    """Return the row of a new referral, which nobody has answered yet; its kind is known on that day."""
    kind = directory.kind(item.kind, making.cohort_day)
    if kind is None:
        raise errors.invalid()
    first = First(State(item.state.value), making.created_at, item.reason)
    terms = Terms(kind.success, item.accompanied, kind.expires_after)
    return {
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
        "created_at": slot_began(making.created_at),
        "made_at": making.created_at,
        "received_at": making.received_at,
        "first_state": first.state.value,
        "first_reason": first.reason.value if first.reason else None,
        "success": kind.success.value,
        "expires_after_s": int(kind.expires_after.total_seconds()),
        "rk": record_key(keyring, item.id),
        "digest": digest,
        **folded_columns(made(first), terms),
    }


def record_key(keyring: Keyring, record_id: UUID) -> int:
    """Return the record key of the disclosure control (uint32)."""
    return int.from_bytes(keyring.mark("sdc", record_id.bytes)[:4], "big")


async def known_referrals(session: WriteSession, rows: Sequence[Row]) -> dict[tuple[UUID, UUID], tuple[bytes, UUID]]:
    """Return {(organisation, id): (digest, team)} of those rows' referrals that are already there."""
    return await queries.known(session, {row["org_id"] for row in rows}, {row["id"] for row in rows})


async def previous_not_here(session: WriteSession, rows: Sequence[Row]) -> set[tuple[UUID, UUID]]:
    """Return the (organisation, id) of referrals that these rows take up and that are not stored."""
    named = {(row["org_id"], row["previous_referral_id"]) for row in rows if row["previous_referral_id"] is not None}
    if not named:
        return set()
    return named - (await queries.known(session, {org for org, _ in named}, {key for _, key in named})).keys()


async def open_referrals(session: WriteSession, rows: Sequence[Row]) -> None:
    """Store new referrals, and let the events that waited for them take effect."""
    if rows:
        await queries.add_referrals(session, rows)
        await mark_days(session, {(row["org_id"], row["cohort_day"]) for row in rows})
        await welcome(session, rows)


async def open_all_new(session: WriteSession, rows: Sequence[Row]) -> None:
    """Do the same when none of the referrals is there yet; raises NotAllNewError when one was.

    Their days are the caller's to mark, with those of their encounters.
    """
    if rows:
        if not await queries.add_all_new_referrals(session, rows):
            raise NotAllNewError
        await welcome(session, rows)


async def welcome(session: WriteSession, rows: Sequence[Row]) -> None:
    """Let the events that waited for these referrals take effect; note which referrals they take up."""
    await mark_trails(session, [waiting(row) for row in rows if row["previous_referral_id"] is not None])
    await part_stored(session, (((row["org_id"], row["id"]), row["cohort_day"], row["received_at"]) for row in rows))
    slips = {row["slip_digest"] for row in rows if row["slip_digest"] is not None}
    held = await queries.held_for(session, {row["id"] for row in rows}, slips)
    if held:
        await attach(session, held)


def waiting(row: Row) -> Trail:
    """Return the mark of a new referral that takes up another, which may arrive after it."""
    return Trail(row["org_id"], row["id"], waits_for=row["previous_referral_id"])


async def attach(session: WriteSession, held: Collection[Held]) -> int:
    """Move held events to the referrals they name, where their senders may answer those; return how many moved."""
    named = await queries.named(session, {event.referral_id for event in held})
    digests = {digest for h in held for digest in (h.slip_digest, h.slip_digest_beside) if digest}
    by_slip = dict(await queries.by_slips(session, digests))
    moved: list[tuple[Held, Standing]] = []
    for event in held:
        slip = next((by_slip[d] for d in (event.slip_digest, event.slip_digest_beside) if d and d in by_slip), None)
        sender = Sender(event.org_id, event.sender_id, event.facility_id, event.kind)
        standing = slip or sender.answerable(named.get(event.referral_id, ()))
        if standing is not None:
            moved.append((event, standing))
    if not moved:
        return 0
    await hold(await session.connection(), FOLDING, {standing.org_id for _, standing in moved})
    await queries.add_events(session, [_moved_row(event, standing) for event, standing in moved])
    await queries.remove_held(session, [event for event, _ in moved])
    at = await commit_position(await session.connection())
    touched = {(standing.org_id, standing.id) for _, standing in moved}
    # Read again: another worker may have folded the same referrals before the lock was ours.
    standings = await queries.by_ids(session, {key for _, key in touched})
    await folding.refold(session, [s for s in standings if (s.org_id, s.id) in touched], at)
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
