"""Millions of encounters: the demo city once through the API, then copies of it with other people by direct inserts.

The copies bypass the API. They are valid rows all the same: referrals with their events, folded as the originals are,
with ids of their own that follow from the originals'. Digests of content stand for nothing, for nobody sent it.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from app.audit.service import SERVICE, Act, append
from app.clock import utc_now
from app.db.bulk import Row, insert_new
from app.db.engine import Database, WriteSession
from app.db.portability import commit_position
from app.db.types import to_instant
from app.demo import queries
from app.keyring import SEAL_BYTES, Keyring, fingerprint
from app.marks.queries import mark_days, mark_trails
from app.marks.trails import Trail
from app.referrals.making import record_key, waiting
from app.referrals.rules import expiry_id, succeeded_at, withdrawal_id
from app.settings import Settings

_MOST_ORIGINALS: Final = 50_000
_PAGE: Final = 400
_CHUNK: Final = 2_000
_RANDOM: Final = 0xFFF << 64 | (1 << 62) - 1
"""The bits of a version 7 identifier that say nothing."""
_INSTANT_AND_SHAPE: Final = (1 << 128) - 1 ^ _RANDOM
_DERIVED: Final = 5
"""The version of identifiers that follow from others."""
_WRITE_TIMEOUT_S: Final = 600.0


class Copier:
    """Makes rows of one copy; the same original always becomes the same row."""

    def __init__(self, seed: int, number: int, keyring: Keyring, position: int) -> None:
        """Make copy `number`; its rows take this place in the feeds."""
        self._salt = f"{seed}/{number}".encode()[:SEAL_BYTES]
        self._keyring = keyring
        self._position = position

    def id(self, original: UUID | None) -> UUID | None:
        """Return the id that stands for an original: of the same instant, with other random bits."""
        return None if original is None else self._other(original)

    def patrol(self, row: Row) -> Row:
        """Return a patrol's copy."""
        return self._new(row)

    def encounter(self, row: Row) -> Row:
        """Return an encounter's copy."""
        link_id = self._seal(row["link_id"])
        return self._keyed(self._new(row)) | {"patrol_id": self.id(row["patrol_id"]), "link_id": link_id}

    def referral(self, row: Row) -> Row:
        """Return a referral's copy."""
        return self._keyed(self._new(row)) | {
            "encounter_id": self.id(row["encounter_id"]),
            "previous_referral_id": self.id(row["previous_referral_id"]),
            "slip_digest": self._seal(row["slip_digest"]),
            "link_id": self._seal(row["link_id"]),
            "position": self._position,
        }

    def event(self, row: Row) -> Row:
        """Return an event's copy; the ids of the service's own events follow from their referral's."""
        referral_id = self._other(row["referral_id"])
        event_id = self._event_id(row, referral_id)
        return {**row, "id": event_id, "referral_id": referral_id, "digest": fingerprint(event_id.bytes)}

    def _event_id(self, row: Row, referral_id: UUID) -> UUID:
        original: UUID = row["id"]
        if row["sender_id"] == SERVICE:
            return expiry_id(referral_id, to_instant(row["occurred_at"]))
        return withdrawal_id(referral_id) if original.version == _DERIVED else self._other(original)

    def _other(self, original: UUID) -> UUID:
        noise = int.from_bytes(blake2b(original.bytes, digest_size=10, salt=self._salt).digest(), "big")
        return UUID(int=original.int & _INSTANT_AND_SHAPE | noise & _RANDOM)

    def _seal(self, digest: bytes | None) -> bytes | None:
        if digest is None:
            return None
        # The first byte is the key period, which a copy shares.
        return digest[:1] + blake2b(digest, digest_size=SEAL_BYTES - 1, salt=self._salt).digest()

    def _new(self, row: Row) -> dict[str, Any]:
        made = self._other(row["id"])
        return {**row, "id": made, "digest": fingerprint(made.bytes)}

    def _keyed(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"rk": record_key(self._keyring, row["id"])}


async def copy_city(settings: Settings, encounters: int, seed: int, progress: Callable[[int], None]) -> int:
    """Copy what is there until there are about that many encounters; return how many there are then.

    `progress` hears how many there are so far.
    """
    fast = settings.model_copy(update={"sqlite_synchronous": "OFF", "write_timeout_s": _WRITE_TIMEOUT_S})
    database, keyring = Database(fast), Keyring(settings.keys_dir)
    try:
        async with database.reading() as session:
            there = await queries.count_encounters(session)
            originals = await queries.encounter_ids(session, _MOST_ORIGINALS)
        copies = -(-(encounters - there) // max(1, len(originals)))
        if copies > 0:
            for start in range(0, len(originals), _PAGE):
                there += await _copy_page(database, keyring, originals[start : start + _PAGE], seed, copies)
                progress(there)
            async with database.writing() as session:
                await (await session.connection()).exec_driver_sql("ANALYZE")
        return there
    finally:
        await database.close()


async def _copy_page(database: Database, keyring: Keyring, ids: Sequence[UUID], seed: int, copies: int) -> int:
    """Copy some encounters with all that belongs to them, in one transaction; return how many were made."""
    async with database.reading() as session:
        encounters = await queries.rows_with(session, queries.ENCOUNTER.c.id, ids)
        patrol_ids = {row["patrol_id"] for row in encounters} - {None}
        patrols = await queries.rows_with(session, queries.PATROL.c.id, sorted(patrol_ids))
        referrals = await queries.rows_with(session, queries.REFERRAL.c.encounter_id, ids)
        events = await queries.rows_with(session, queries.EVENT.c.referral_id, [row["id"] for row in referrals])
    async with database.writing() as session:
        position = await commit_position(await session.connection())
        copiers = [Copier(seed, number, keyring, position) for number in range(1, copies + 1)]
        await _insert(session, queries.PATROL, (c.patrol(row) for c in copiers for row in patrols))
        made = await _insert(session, queries.ENCOUNTER, (c.encounter(row) for c in copiers for row in encounters))
        copied = [c.referral(row) for c in copiers for row in referrals]
        await _insert(session, queries.REFERRAL, iter(copied))
        await mark_trails(session, [trail for row in copied for trail in _trails(row)])
        await _insert(session, queries.EVENT, (c.event(row) for c in copiers for row in events))
        days = {(row["org_id"], row["service_day"]) for row in (*patrols, *encounters)}
        await mark_days(session, days | {(row["org_id"], row["cohort_day"]) for row in referrals})
        await append(session, keyring, [Act(SERVICE, SERVICE, "demo.copy", utc_now(), {"encounters": made})])
    return made


def _trails(row: Row) -> Iterator[Trail]:
    """Give what referrals that were copied before must know of a copy."""
    reached = (None if row[name] is None else to_instant(row[name]) for name in ("arrived_at", "admitted_at"))
    at = succeeded_at(row["success"], row["state"], *reached)
    if at is not None and row["link_id"] is not None:
        yield Trail(row["org_id"], row["id"], row["link_id"], at)
    if row["previous_referral_id"] is not None:
        yield waiting(row)


async def _insert(session: WriteSession, table: Table, rows: Iterator[Row]) -> int:
    """Insert rows in chunks; return how many were new."""
    made = 0
    while chunk := list(islice(rows, _CHUNK)):
        made += len(await insert_new(session, table, chunk))
    return made
