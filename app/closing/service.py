"""Ending a key period: numbers are kept, links taken away, the key destroyed; each step can be begun again.

1. freeze: every fact is computed, what needs links is counted, and the facts of the period's days are final.
2. null: nothing is sealed for the period any more; links go, those from referral to referral too, and sets of people.
3. destroy: the key goes; whatever a straggler still stored goes; the database's files are written anew.
"""

import asyncio
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from app import errors
from app.audit.service import SERVICE, Act, append
from app.clock import Clock
from app.closing import queries
from app.closing.queries import SEALS, Ending, Seals
from app.closing.rules import FIRST_YEAR, may_create, state_of, why_not_close
from app.closing.vocabulary import PeriodState
from app.db.engine import Database, WriteSession
from app.db.portability import REFRESHING, hold
from app.db.scrubbing import scrub
from app.directory.service import read_directory
from app.keyring import KeyDestroyedError, Keyring, UnsafeKeyError
from app.marks.queries import (
    everybody,
    forget_waiting_before,
    mark_days,
    mark_trails,
    not_final,
    set_unlinked_before,
)
from app.marks.trails import Trail
from app.metrics.people import keeping
from app.metrics.refreshing import finish_before

STEP_RECORDS: Final = 2_000
"""Records changed in one transaction: few enough to leave SQLite's writer to phones in between."""
GRACE_S: Final = 6.0
"""After the marker, how long a worker that had already sealed something may take to begin writing it.

It seals when its turn to write has come; SQLite gives it 5 s to get the writer.
"""
_PAUSE_S: Final = 0.2
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A period as `keys list` shows it."""

    year: int
    state: PeriodState
    since: datetime | None
    mode: int | None
    """Permission bits of the key's file; None without one."""
    encounters: int
    referrals: int
    held_events: int


@dataclass(frozen=True, slots=True)
class Closer:
    """What ending a period works with."""

    database: Database
    keyring: Keyring
    clock: Clock

    async def list_periods(self) -> list[Listed]:
        """Return every period that has a key, records with links, or an end."""
        files = {found.year: found for found in self.keyring.periods()}
        async with self.database.analysing() as session:
            ends = await queries.endings(session)
            years = range(FIRST_YEAR, self.clock().year + 2)
            links = {year: await queries.count_links(session, year) for year in years}
        found = []
        for year in sorted({*files, *ends, *(year for year, counts in links.items() if any(counts.values()))}):
            end, counts = ends.get(year), links.get(year, {})
            found.append(
                Listed(
                    year,
                    _state(end),
                    _since(end),
                    files[year].mode if year in files else None,
                    counts.get("encounter.link_id", 0),
                    max((count for name, count in counts.items() if name.startswith("referral.")), default=0),
                    max(counts.get("held_event.slip_digest", 0), counts.get("held_event.slip_digest_beside", 0)),
                )
            )
        return found

    async def create(self, year: int) -> bool:
        """Make the key of this year or the next ahead of time; return False when it is there.

        Raises `conflict` for another year, an ended one, or a folder or file that others may read.
        """
        now = self.clock()
        if not may_create(year, now):
            raise errors.conflict("A key is made for this year or the next, no other.")
        try:
            made = self.keyring.create_period(year)
        except KeyDestroyedError as error:
            raise errors.conflict(f"The period {year} has ended: it gets no key again.") from error
        except UnsafeKeyError as error:
            raise errors.conflict(str(error)) from error
        if made:
            await self._write_down("keys.create", year)
        return made

    async def close(self, year: int, *, early: str | None = None) -> int:
        """Do steps 1 and 2, or what is left of them; return how many links were taken away in all.

        `early` is the reason for not waiting for late records. Raises `conflict` when the period may not be closed.
        """
        end = await self._begun(year, early)
        if end.frozen_at is None:
            await finish_before(self.database, date(year + 1, 1, 1), lambda session: self._freeze(session, year))
        if end.nulled_at is None:
            self.keyring.close_period(year)
            await self._forget_people(year)
            await self._take_away(year)
            async with self.database.writing() as session:
                await queries.note(session, year, nulled_at=self.clock())
                unlinked = (await queries.endings(session))[year].unlinked
                await self._append(session, "keys.closed", {"period": year, "unlinked": unlinked})
        return (await self._ending(year) or end).unlinked

    async def destroy(
        self, year: int, *, grace_s: float | None = None, progress: Callable[[str], None] = lambda _step: None
    ) -> Sequence[str]:
        """Do step 3, or what is left of it; return what only the operator can do, as sentences.

        Raises `conflict` for a period that is not closed. Running it again after it was done does it all again.
        """
        end = await self._ending(year)
        if end is None or end.nulled_at is None:
            raise errors.conflict(f"Close the period first: maraude keys close {year}.")
        progress("destroying the key")
        self.keyring.destroy_period(year)
        progress("waiting for whoever was writing")
        await self._stragglers_end(GRACE_S if grace_s is None else grace_s)
        await self._forget_people(year)
        await self._take_away(year)
        progress("writing the database's files anew")
        left = await scrub(self.database.settings, queries.TABLES)
        async with self.database.writing() as session:
            await queries.note(session, year, destroyed_at=self.clock())
            await self._append(session, "keys.destroyed", {"period": year})
        return left

    async def _begun(self, year: int, early: str | None) -> Ending:
        """Return how far the end has come, beginning it when it may begin."""
        async with self.database.writing() as session:
            ends = await queries.endings(session)
            if year in ends:
                return ends[year]
            now = self.clock()
            earlier = await self._with_links_before(session, year, ends.keys())
            late_data = self.database.settings.late_data
            why_not = why_not_close(year, now, late_data, earlier, early=early is not None)
            if why_not is not None:
                raise errors.conflict(why_not)
            await queries.begin(session, year, now)
            detail: dict[str, object] = {"period": year}
            if early is not None:
                detail["early"] = early
            await self._append(session, "keys.close", detail)
            return (await queries.endings(session))[year]

    async def _with_links_before(self, session: WriteSession, year: int, ended: Container[int]) -> list[int]:
        """Return the earlier periods that have a key or links and have not begun to end."""
        keys = {found.year for found in self.keyring.periods() if found.mode is not None}
        left = []
        for earlier in range(FIRST_YEAR, year):
            if earlier in ended:
                continue
            if earlier in keys and any((await queries.count_links(session, earlier)).values()):
                left.append(earlier)
        return left

    async def _freeze(self, session: WriteSession, year: int) -> None:
        await keeping.keep(session, year, await read_directory(session))
        await set_unlinked_before(session, date(year + 1, 1, 1))
        await queries.note(session, year, frozen_at=self.clock())

    async def _forget_people(self, year: int) -> None:
        async with self.database.writing(long=True) as session:
            await hold(await session.connection(), REFRESHING, await everybody(session))
            await keeping.forget(session, year)

    async def _take_away(self, year: int) -> None:
        """Take the period's seals off all records, and what leads from one to another; some in each transaction.

        Where one is of a day that is still computed (a phone's clock was wrong at New Year), the day is marked.
        """
        for seals in SEALS:
            while await self._take_some_away(year, seals):
                pass
        while await self._part_some(year):
            pass

    async def _take_some_away(self, year: int, seals: Seals) -> int:
        async with self.database.writing(long=True) as session:
            taken, days = await queries.take_away(session, year, seals, STEP_RECORDS)
            still = await not_final(session, {day for _, day in days}) if days else set()
            await mark_days(session, {(org_id, day) for org_id, day in days if day in still})
        return taken

    async def _part_some(self, year: int) -> int:
        """Part referrals; one of a day that is still computed bears on those that take it up, whose days are too."""
        async with self.database.writing(long=True) as session:
            parted = await queries.part_some(session, year, STEP_RECORDS)
            await forget_waiting_before(session, date(year + 1, 1, 1))
            still = await not_final(session, {day for *_, day in parted}) if parted else set()
            await mark_trails(session, [Trail(org_id, key) for org_id, key, day in parted if day in still])
        return len(parted)

    async def _stragglers_end(self, grace_s: float) -> None:
        """Wait until every transaction that may have sealed something before the marker has ended."""
        await asyncio.sleep(grace_s)
        async with self.database.writing() as session:
            position = await queries.take_position(session)
        for _ in range(int(_PATIENCE_S / _PAUSE_S)):
            async with self.database.reading() as session:
                if await queries.is_passed(session, position):
                    return
            await asyncio.sleep(_PAUSE_S)
        raise errors.unavailable("A transaction has been open for two minutes; end it, and try again.")

    async def _ending(self, year: int) -> Ending | None:
        async with self.database.reading() as session:
            return (await queries.endings(session)).get(year)

    async def _write_down(self, action: str, year: int) -> None:
        async with self.database.writing() as session:
            await self._append(session, action, {"period": year})

    async def _append(self, session: WriteSession, action: str, detail: dict[str, object]) -> None:
        await append(session, self.keyring, [Act(SERVICE, SERVICE, action, self.clock(), detail)])


def _state(end: Ending | None) -> PeriodState:
    return state_of(
        began=end is not None,
        nulled=end is not None and end.nulled_at is not None,
        destroyed=end is not None and end.destroyed_at is not None,
    )


def _since(end: Ending | None) -> datetime | None:
    return (end.destroyed_at or end.nulled_at or end.began_at) if end else None
