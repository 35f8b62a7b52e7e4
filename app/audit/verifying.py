"""Writing the heads of all chains down outside the database, and verifying every chain against them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit import anchors, queries
from app.audit.anchors import Kept, Written
from app.audit.rules import Anchor, Anchored, Finding, Follower
from app.audit.service import SERVICE, Act, append, is_beginning, mac_of
from app.audit.vocabulary import Tampering
from app.db.engine import Database
from app.keyring import Keyring

_ANCHOR: Final = "audit.anchor"
_TELL_EVERY: Final = 10_000
Progress = Callable[[int], None]
"""Told how many entries were followed so far."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How one chain stands: its entries, its anchors, and what was done to it."""

    org_id: UUID
    entries: int
    anchors: int
    findings: Sequence[Finding]


async def anchor(
    database: Database, keyring: Keyring, folder: Path, now: datetime, *, once_a_day: bool = False
) -> Written | None:
    """Write the head of every chain down in `folder`, then say so on the service's own chain.

    Returns None when that was done today and once is enough. The service's entry holds how long the file is and its
    last seal, so that lines cut off its end are missed.
    """
    heads: dict[UUID, tuple[int, bytes]] = {}
    async with database.analysing() as session:
        for org_id in await queries.chains(session):
            found = await queries.head(session, org_id)
            if found is not None:
                heads[org_id] = found
    written = await asyncio.to_thread(anchors.write, folder, keyring, heads, now, once_a_day=once_a_day)
    if written is not None:
        detail = {"lines": written.total, "seal": written.seal.hex()}
        async with database.writing() as session:
            await append(session, keyring, [Act(SERVICE, SERVICE, _ANCHOR, now, detail)])
    return written


async def verify_anchors(database: Database, kept: Kept) -> Sequence[Finding]:
    """Return what was done to the file of anchors; the numbers are those of its lines."""
    if kept.broken is not None:
        return [Finding(Tampering.anchors_changed, kept.broken, kept.broken)]
    async with database.analysing() as session:
        said = await queries.latest(session, SERVICE, _ANCHOR)
    if said is None:
        return []
    lines, seal = said.detail.get("lines"), said.detail.get("seal")
    if not isinstance(lines, int) or lines < 1:  # somebody changed the entry: its chain tells
        return []
    if lines > len(kept.seals):
        return [Finding(Tampering.anchors_shortened, len(kept.seals) + 1, lines)]
    if kept.seals[lines - 1].hex() != seal:
        return [Finding(Tampering.anchors_changed, lines, lines)]
    return []


async def verify(
    database: Database,
    keyring: Keyring,
    anchored: Mapping[UUID, Sequence[Anchor]],
    only: UUID | None = None,
    begun_by: Mapping[UUID, str] | None = None,
    progress: Progress = lambda _: None,
) -> AsyncIterator[Verified]:
    """Yield how each chain stands, one chain after the other; a chain that is gone but anchored is there too.

    `begun_by` is {organisation: the act that every chain of it begins with}: such a chain is missed without an anchor.
    """
    beginnings = begun_by or {}
    async with database.analysing() as session:
        present = await queries.chains(session)
    followed = 0
    for org_id in sorted({*present, *anchored, *beginnings} if only is None else {only}):
        known = _Known(anchored.get(org_id, ()), beginnings.get(org_id))
        found = await _follow(database, keyring, org_id, known, partial(_add, progress, followed))
        followed += found.entries
        yield found


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a chain from elsewhere: heads it had, and the act it began with."""

    anchors: Sequence[Anchor]
    begun_by: str | None


async def _follow(database: Database, keyring: Keyring, org_id: UUID, known: _Known, progress: Progress) -> Verified:
    follower, outside = Follower(mac_of(keyring, org_id)), Anchored(known.anchors)
    entries, begun = 0, known.begun_by is None
    async with database.analysing() as session:
        async for entry in queries.stored(session, org_id):
            begun = begun or (entries == 0 and is_beginning(entry, known.begun_by))
            follower.follow(entry)
            outside.look(entry)
            entries += 1
            if entries % _TELL_EVERY == 0:
                progress(entries)
    follower.finish()
    found = [*follower.findings, *outside.findings(follower.reached, follower.findings)]
    if not begun and not any(finding.first == 1 for finding in found):
        found.insert(0, Finding(Tampering.removed, 1, 1))
    return Verified(org_id, entries, len(known.anchors), found)


def _add(progress: Progress, before: int, done: int) -> None:
    progress(before + done)
