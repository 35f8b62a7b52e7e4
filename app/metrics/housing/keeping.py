"""Keeping the figures of housing when the records behind them become coarse (decision 0032).

Stays are counted into what is kept by the transaction that makes them coarse, and are a stay no longer for any
statement from then on: every stay is counted once, at whatever moment one asks. Blocked stays depend on several
records, so they are counted day by day before any of these becomes coarse.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement

from app.db.engine import Database, ReadSession, WriteSession
from app.directory.service import Directory
from app.directory.vocabulary import Rung, SuccessState
from app.metrics.asking import View
from app.metrics.housing import past, queries
from app.metrics.housing.definitions import BLOCKED_AFTER_DAYS
from app.metrics.housing.past import Row
from app.metrics.housing.queries import BlockedQuestion, blocked_days, kept, waiting
from app.metrics.housing.rules import midnight

_EVERYBODY: Final = View(None, None)
_DAY: Final = timedelta(days=1)


def kinds_by_rung(directory: Directory) -> dict[Rung, list[str]]:
    """Return the kinds of each rung, on whatever day, where an admission opens a stay."""
    found: dict[Rung, set[str]] = {rung: set() for rung in Rung}
    for kind in directory.kinds:
        if kind.rule.success is SuccessState.admitted:
            found[kind.rule.rung].add(kind.rule.code)
    return {rung: sorted(codes) for rung, codes in found.items()}


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where referrals to later rungs are looked up: in some territories (None: all), or one's own organisation's."""

    own: bool
    territories: frozenset[str] | None

    @classmethod
    def of(cls, view: View) -> "Lookup":
        """Return the look-up of somebody who may see this much."""
        return cls(view.org_id is not None, view.territories)

    @property
    def name(self) -> bytes:
        """What its counts are kept under."""
        listed = "*" if self.territories is None else " ".join(sorted(self.territories))
        return hashlib.sha256(f"{'own' if self.own else 'all'}|{listed}".encode()).digest()[:16]


def _lookups(directory: Directory) -> Iterable[Lookup]:
    """Return every look-up that a coordinator may have."""
    perimeters = (directory.within(perimeter.code) for perimeter in directory.perimeters)
    for territories in {None, *perimeters}:
        for own in (False, True):
            yield Lookup(own, territories)


async def keep_blocked_days(database: Database, directory: Directory, before: date) -> None:
    """Count the blocked stays of the days before one, as far as they are not counted; a day in each transaction.

    Their records are all fine. What is reported of these days later changes nothing in them.
    """
    async with database.analysing() as session:
        first, last = await blocked_days.first_stay(session), await blocked_days.last_kept(session)
    # Nobody has been there for long on the days before.
    day = last + _DAY if last is not None else first and first + BLOCKED_AFTER_DAYS * _DAY
    while day is not None and day < before:
        async with database.analysing() as session:
            lasted = await blocked_days.any_open(session, midnight(day))
            found = {
                lookup.name: await _blocked(session, directory, lookup, day) if lasted else ()
                for lookup in _lookups(directory)
            }
        async with database.writing(long=True) as session:
            for name, rows in found.items():
                await blocked_days.keep(session, day, name, rows)
        day += _DAY


async def _blocked(session: ReadSession, directory: Directory, lookup: Lookup, day: date) -> Sequence[queries.Placed]:
    where = View(None, lookup.territories)
    kinds = kinds_by_rung(directory)
    asked = BlockedQuestion(_EVERYBODY, where, midnight(day), BLOCKED_AFTER_DAYS, None, kinds, own=lookup.own)
    return await queries.blocked_by_place(session, asked)


@dataclass(frozen=True, slots=True)
class Holding:
    """What must become coarse together, or not yet."""

    transfers: Collection[str]
    """Kinds between which a move is no exit."""
    waiting: Collection[UUID]
    """Referrals that stay fine: a stay that goes on needs them."""
    parts: Mapping[tuple[UUID, UUID], Sequence[UUID]]
    """The referrals of the whole stay, of each (organisation, referral) that is one of several."""

    def beside(self, org_id: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Return the other referrals of the stays that these belong to."""
        return {part for key in ids for part in self.parts.get((org_id, key), ())} - set(ids)


async def holding(session: ReadSession, directory: Directory, due: ColumnElement[bool], now: datetime) -> Holding:
    """Return what of the referrals `due` must become coarse together, or not yet.

    A stay moved to another emergency housing is one stay. It stays fine until all of it has ended, and with it what it
    may be blocked by: referrals of its person that were refused for want of a place since it began.
    """
    transfers = kinds_by_rung(directory)[Rung.emergency_housing]
    chains = await waiting.chains(session, due, transfers, now)
    held = await waiting.refusals(session, due, chains)
    moved = {key for key in chains.going_on if key in chains.parts}
    return Holding(transfers, {key for _, key in moved | held}, chains.parts)


async def keep_stays(session: WriteSession, org_id: UUID, rows: Iterable[Row], holding: Holding) -> None:
    """Count the stays among an organisation's referrals that become coarse in this transaction."""
    stays = past.stays_of(rows)
    if stays:
        reported = await kept.reports_of(session, past.nights_touched(stays))
        await kept.add(session, org_id, past.past_of(stays, holding.transfers, reported))


async def keep_met(session: WriteSession, encounters: Iterable[Row]) -> None:
    """Note which encounters that become coarse in this transaction are returns to the street."""
    await kept.note_met(session, past.slept_outside(encounters))


async def forget_unlinked(session: WriteSession) -> None:
    """Delete what followed exits by cards that are gone."""
    await kept.forget_unlinked(session)
