"""Appending to the chains, and checking that nobody changed them since."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.audit import queries
from app.db.engine import ReadSession, WriteSession
from app.db.types import to_milliseconds
from app.keyring import Keyring

SERVICE: Final = UUID(int=0)
"""Stands for the service: as an organisation, its own chain; as an actor, its own acts."""

_FIRST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Act:
    """Something worth remembering. `detail` holds counts, ids and digests, never content."""

    org_id: UUID
    actor: UUID
    action: str
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


def _mac(keyring: Keyring, previous: bytes, number: int, act: Act) -> bytes:
    entry = {
        "org_id": act.org_id,
        "number": number,
        "at": to_milliseconds(act.at),
        "actor": act.actor,
        "action": act.action,
        "detail": act.detail,
    }
    return keyring.mark("audit", previous + orjson.dumps(entry, option=orjson.OPT_SORT_KEYS))


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
        number, previous = heads.get(act.org_id, (0, _FIRST))
        mac = _mac(keyring, previous, number + 1, act)
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
    previous = _FIRST
    for expected, entry in enumerate(await queries.chain(session, org_id), start=1):
        act = Act(entry.org_id, entry.actor, entry.action, entry.at, entry.detail)
        if entry.number != expected or not hmac.compare_digest(entry.mac, _mac(keyring, previous, expected, act)):
            return expected
        previous = entry.mac
    return None
