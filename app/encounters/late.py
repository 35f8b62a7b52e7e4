"""Encounters of months ago, sent late or again: recognised by their keyed ids, and stored coarse at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import FOLDING, hold
from app.encounters import queries
from app.ingest.coarse import coarse_digest, coarse_id, monday_of
from app.ingest.queries import coarse_before
from app.ingest.revised import Candidate
from app.keyring import Keyring
from app.referrals.late import recognise_referrals


@dataclass(slots=True)
class Late:
    """An encounter that may be stored coarse, with the referrals made in it and the place it has then."""

    candidate: Candidate
    referrals: list[Row]
    place: str


async def recognise(session: WriteSession, keyring: Keyring, late: Sequence[Late]) -> set[int]:
    """Give encounters and referrals that are coarse, or should be, the rows they have then.

    An encounter that is there as it was sent stays so: upkeep has not come to it. Returns the positions in `late` of
    those that are coarse now. Holds their organisations, as upkeep does: what is looked for is not made coarse
    meanwhile.
    """
    if not late:
        return set()
    await hold(await session.connection(), FOLDING, {one.candidate.key[0] for one in late})
    before = await coarse_before(session)
    if before is None:
        return set()
    keys = [one.candidate.key for one in late]
    renamed = {key: (key[0], coarse_id(keyring, key[1])) for key in keys}
    there = await queries.present(session, {*keys, *renamed.values()})
    found: set[int] = set()
    for number, (one, key) in enumerate(zip(late, keys, strict=True)):
        fine = key in there and renamed[key] not in there
        if not fine and (renamed[key] in there or one.candidate.row["service_day"] < before):
            one.candidate.row = coarse_row(keyring, one.candidate.row, one.place)
            found.add(number)
    for one in late:
        rows = [row | {"encounter_id": one.candidate.row["id"]} for row in map(dict, one.referrals)]
        one.referrals[:] = rows
    await recognise_referrals(session, keyring, [one.referrals for one in late])
    return found


def coarse_row(keyring: Keyring, row: Row, place: str) -> dict[str, Any]:
    """Return an encounter's row once coarse: its week and the quarter's parent, and nothing that tells more."""
    return dict(row) | {
        "id": coarse_id(keyring, row["id"]),
        "patrol_id": None,
        "service_day": monday_of(row["service_day"]),
        "slot": None,
        "territory": place,
        "skew_s": 0,
        "first_received_at": None,
        "received_at": None,
        "digest": coarse_digest(keyring, row["digest"]),
    }
