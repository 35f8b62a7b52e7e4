"""Years that were closed: no referral of theirs takes up another, and none takes up theirs (decision 0024)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from app.db.bulk import Row
from app.db.engine import WriteSession
from app.ingest.coarse import coarse_id
from app.keyring import Keyring
from app.marks.queries import forget_waiting_for, mark_days, unlinked_before
from app.referrals import queries

Key = tuple[UUID, UUID]
"""An organisation, and a referral of it."""


async def part_new(session: WriteSession, keyring: Keyring, listed: Sequence[list[Row]]) -> bool:
    """Let new referrals take up none where either is of a closed year, in place; say whether one was parted."""
    named = {(row["org_id"], row["previous_referral_id"]) for rows in listed for row in rows if _takes_up(row)}
    if not named:
        return False
    before = await unlinked_before(session)
    if before is None:
        return False
    over = await _over(session, keyring, named, before)
    some = False
    for rows in listed:
        for place, row in enumerate(rows):
            if _takes_up(row) and (row["cohort_day"] < before or (row["org_id"], row["previous_referral_id"]) in over):
                rows[place] = {**row, "previous_referral_id": None}
                some = True
    return some


def _takes_up(row: Row) -> bool:
    return row["previous_referral_id"] is not None


async def _over(session: WriteSession, keyring: Keyring, named: Collection[Key], before: date) -> set[Key]:
    """Return which of these are of days before one, by the id they were sent with or the one they have once coarse."""
    coarse = {(org_id, key): (org_id, coarse_id(keyring, key)) for org_id, key in named}
    keys = {*named, *coarse.values()}
    days = await queries.days_of(session, {org_id for org_id, _ in keys}, {key for _, key in keys})
    return {key for key in named for one in (key, coarse[key]) if days.get(one, before) < before}


async def part_stored(session: WriteSession, stored: Iterable[tuple[Key, date, datetime]]) -> None:
    """Part the referrals among those just stored or moved, each with its day and when it was received, that came late.

    One of a year that was closed may have been waited for by one that takes it up.
    """
    late = {key: day for key, day, received_at in stored if day.year < received_at.year}
    before = await unlinked_before(session) if late else None
    over = {key for key, day in late.items() if before is not None and day < before}
    if over:
        org_ids, ids = {org_id for org_id, _ in over}, {key for _, key in over}
        await mark_days(session, await queries.part(session, org_ids, ids))
        await forget_waiting_for(session, org_ids, ids)
