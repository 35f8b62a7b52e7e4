"""Appending to the chains, and checking that nobody changed them since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.audit import queries
from app.audit.rules import FIRST, Entry, Follower, MacOf
from app.db.engine import ReadSession, WriteSession
from app.db.types import to_milliseconds
from app.keyring import Keyring

SERVICE: Final = UUID(int=0)
"""Stands for the service: as an organisation, its own chain; as an actor, its own acts."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something worth remembering. `detail` holds counts, ids and digests, never content."""

    org_id: UUID
    actor: UUID
    action: str
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


def _mac(keyring: Keyring, org_id: UUID, previous: bytes, number: int, entry: Entry) -> bytes:
    said = {
        "org_id": org_id,
        "number": number,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "detail": entry.detail,
    }
    return keyring.mark("audit", previous + orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


def mac_of(keyring: Keyring, org_id: UUID) -> MacOf:
    """Return what makes the codes of one chain's entries as they are stored, whatever somebody put there."""

    def made(previous: bytes, number: int, stored: Entry) -> bytes | None:
        try:
            return _mac(keyring, org_id, previous, number, _read(stored))
        except (TypeError, ValueError):
            return None

    return made


def _read(stored: Entry) -> Entry:
    """Return an entry with its actor as a UUID and its detail as JSON; SQLite holds 16 bytes and text."""
    actor = UUID(bytes=stored.actor) if isinstance(stored.actor, bytes) else stored.actor
    detail = orjson.loads(stored.detail) if isinstance(stored.detail, str) else stored.detail
    return Entry(stored.number, stored.at, actor, stored.action, detail, stored.mac)


def is_beginning(stored: Entry, action: str | None) -> bool:
    """Say whether a stored entry is the act that something began with: of this kind, and nothing was before it."""
    if stored.action != action:
        return False
    try:
        detail = _read(stored).detail
    except ValueError:
        return False
    return isinstance(detail, Mapping) and detail.get("was") is None


async def has_begun(session: ReadSession | WriteSession, org_id: UUID) -> bool:
    """Say whether a chain has any entry."""
    return await queries.head(session, org_id) is not None


async def append(session: WriteSession, keyring: Keyring, acts: Iterable[Act]) -> None:
    """Add the acts to their organisations' chains, in order, in the caller's transaction.

    Call it last: the chains stay held until commit.
    """
    listed = list(acts)
    if not listed:
        return
    heads = await queries.heads(session, (act.org_id for act in listed))
    rows = []
    for act in listed:
        number, previous = heads.get(act.org_id, (0, FIRST))
        entry = Entry(number + 1, to_milliseconds(act.at), act.actor, act.action, act.detail, None)
        mac = _mac(keyring, act.org_id, previous, number + 1, entry)
        heads[act.org_id] = (number + 1, mac)
        rows.append(
            {
                "org_id": act.org_id,
                "number": number + 1,
                "at": act.at,
                "actor": act.actor,
                "action": act.action,
                "detail": dict(act.detail),
                "mac": mac,
            }
        )
    await queries.add(session, rows)


async def first_broken(session: ReadSession, keyring: Keyring, org_id: UUID) -> int | None:
    """Return the number of the first entry that does not follow from the one before it, or None when all do."""
    follower = Follower(mac_of(keyring, org_id))
    async for entry in queries.stored(session, org_id):
        follower.follow(entry)
    follower.finish()
    return follower.findings[0].first if follower.findings else None
