"""Referrals of months ago, named by what is sent late or again: they are found by their keyed ids."""

from collections.abc import Sequence
from uuid import UUID

from app.db.bulk import Row
from app.db.engine import WriteSession
from app.ingest.coarse import coarse_digest, coarse_id
from app.keyring import Keyring
from app.referrals import queries


async def recognise_referrals(session: WriteSession, keyring: Keyring, listed: Sequence[list[Row]]) -> None:
    """Give rows of referrals that are stored coarse the id and digest they have there, in place.

    A new one stays as it is, however old: it is open until an answer or its silence ends it, and upkeep makes it coarse
    then. One that takes up a coarse referral names it as it is now.
    """
    rows = [row for rows in listed for row in rows]
    named = {row[name] for row in rows for name in ("id", "previous_referral_id")} - {None}
    if not named:
        return
    renamed = {key: coarse_id(keyring, key) for key in named}
    there = await queries.known(session, {row["org_id"] for row in rows}, set(renamed.values()))
    for some in listed:
        some[:] = [_known_as(keyring, row, renamed, there) for row in some]


def _known_as(
    keyring: Keyring, row: Row, renamed: dict[UUID, UUID], there: dict[tuple[UUID, UUID], tuple[bytes, UUID]]
) -> Row:
    changed = dict(row)
    previous = renamed.get(row["previous_referral_id"])
    if previous is not None and (row["org_id"], previous) in there:
        changed["previous_referral_id"] = previous
    if (row["org_id"], renamed[row["id"]]) in there:
        changed |= {"id": renamed[row["id"]], "digest": coarse_digest(keyring, row["digest"])}
    return changed
