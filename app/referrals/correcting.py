"""When an encounter is corrected or withdrawn, the referrals made in it follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.db.engine import WriteSession
from app.db.portability import commit_position
from app.ingest.coarse import slot_began
from app.ingest.service import to_the_hour
from app.keyring import fingerprint
from app.marks.queries import mark_days, mark_trails
from app.marks.trails import Trail
from app.referrals import folding, queries
from app.referrals.making import Making
from app.referrals.parting import part_stored
from app.referrals.records import SERVICE, Standing
from app.referrals.rules import withdrawal_id
from app.referrals.vocabulary import Step


@dataclass(frozen=True, slots=True)
class EncounterChange:
    """Where and when the encounter now says it was, and whether it was withdrawn."""

    making: Making
    withdrawn: bool


async def follow_encounters(session: WriteSession, changes: Sequence[EncounterChange], now: datetime) -> None:
    """Give the referrals of changed encounters their new place and time; enter those of withdrawn ones in error.

    A withdrawn referral never was, so its withdrawal counts from the instant of its making. An encounter brought back
    brings its referrals back: their withdrawal is the service's own note, and goes. Of several revisions of one
    encounter the last one counts.
    """
    by_encounter = {(change.making.org_id, change.making.encounter_id): change for change in changes}
    if not by_encounter:
        return
    position = await commit_position(await session.connection())
    found = await queries.of_encounters(
        session, {org for org, _ in by_encounter}, [key for _, key in by_encounter if key is not None]
    )
    pairs = [(by_encounter[s.org_id, key], s) for key, s in found if (s.org_id, key) in by_encounter and not s.coarse]
    await queries.set_referrals(session, [_place(change, standing, position) for change, standing in pairs])
    days = [(s.org_id, day) for change, s in pairs for day in (s.cohort_day, change.making.cohort_day)]
    await mark_days(session, days)
    await mark_trails(session, [trail for change, s in pairs for trail in _trails(change.making, s)])
    moved_to = (((s.org_id, s.id), c.making.cohort_day, c.making.received_at) for c, s in pairs)
    await part_stored(session, moved_to)
    await queries.add_events(session, [_withdrawal(c, s, now) for c, s in pairs if c.withdrawn])
    await queries.remove_events(session, [(s.org_id, withdrawal_id(s.id)) for c, s in pairs if not c.withdrawn])
    moved = await queries.by_ids(session, {standing.id for _, standing in pairs})
    await folding.refold(session, moved, position)


def _place(change: EncounterChange, standing: Standing, position: int) -> dict[str, Any]:
    making = change.making
    stays = (making.territory, making.cohort_day) == (standing.territory, standing.cohort_day)
    return {
        "org_id": standing.org_id,
        "id": standing.id,
        "territory": making.territory,
        "outside_perimeter": making.outside_perimeter,
        "cohort_day": making.cohort_day,
        "created_at": slot_began(making.created_at),
        "made_at": None if standing.made_at is None else making.created_at,
        "link_id": making.link_id,
        "position": standing.position if stays else position,
    }


def _trails(making: Making, standing: Standing) -> list[Trail]:
    """Return what later referrals must know: that it was made elsewhere, on another day, or under another card."""
    old = (standing.territory, standing.cohort_day, standing.link_id)
    if old == (making.territory, making.cohort_day, making.link_id):
        return []
    succeeded_at = standing.succeeded_at()
    links = {standing.link_id, making.link_id} if succeeded_at is not None else {None}
    return [Trail(standing.org_id, standing.id, link, succeeded_at if link else None) for link in links]


def _withdrawal(change: EncounterChange, standing: Standing, now: datetime) -> dict[str, Any]:
    event_id = withdrawal_id(standing.id)
    at = change.making.created_at
    return {
        "org_id": standing.org_id,
        "id": event_id,
        "referral_id": standing.id,
        "step": Step.entered_in_error.value,
        "reason": None,
        "destination": None,
        "occurred_at": at,
        "recorded_at": at,
        "received_at": to_the_hour(now),
        "sender_id": SERVICE,
        "channel": None,
        "digest": fingerprint(event_id.bytes),
        "not_applied": None,
    }
