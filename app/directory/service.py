"""The directory as the rest of the service knows it: one snapshot in memory, exact whenever it is asked to be."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from app.db.engine import Database, ReadSession, WriteSession
from app.directory import queries, seeds
from app.directory.records import Facility, FacilityRef, Kind, Perimeter, Territory, Version
from app.directory.rules import KindRule, Tree, kind_at
from app.directory.vocabulary import RECORDABLE, TerritoryLevel

_log: Final = logging.getLogger("maraude.directory")
_OLDEST: Final = timedelta(seconds=5)
_NEVER_SEEDED: Final = Version(0, datetime.min.replace(tzinfo=UTC))


class Directory:
    """Everything the directory holds except what facilities report of themselves, as of one version."""

    def __init__(
        self,
        version: Version,
        territories: Sequence[Territory],
        perimeters: Sequence[Perimeter],
        kinds: Sequence[Kind],
        facilities: Sequence[Facility],
        perimeter: str,
    ) -> None:
        """Prepare the look-ups; `perimeter` is the code of the one that marks records as outside."""
        self.version: Final = version
        self.all_territories: Final = tuple(territories)
        self.perimeters: Final = tuple(perimeters)
        self.kinds: Final = tuple(kinds)
        self.facilities: Final = {facility.ref.id: facility for facility in facilities}
        self.tree: Final = Tree(territory.place for territory in territories)
        self.territories: Final = frozenset(t.place.code for t in territories if t.place.level in RECORDABLE)
        self._quarters: Final = frozenset(t.place.code for t in territories if t.place.level is TerritoryLevel.quarter)
        self._rules: Final[defaultdict[str, list[KindRule]]] = defaultdict(list)
        for kind in kinds:
            self._rules[kind.rule.code].append(kind.rule)
        self._on_day: Final[dict[tuple[str, date], KindRule]] = {}
        self._inside: Final = self.within(perimeter)

    def within(self, perimeter: str) -> frozenset[str]:
        """Return every territory of a perimeter, with all below them; empty for an unknown perimeter."""
        roots = [code for found in self.perimeters if found.code == perimeter for code in found.territories]
        return self.tree.covered(roots)

    def outside(self, territory: str) -> bool:
        """Say whether a territory lies outside the plan's perimeter."""
        return territory not in self._inside

    def coarse_place(self, territory: str) -> str:
        """Return where a record of a territory is once coarse: a quarter's parent; what is coarser stays."""
        above = self.ancestors(territory)
        return above[0] if above and territory in self._quarters else territory

    def ancestors(self, territory: str) -> tuple[str, ...]:
        """Return the codes above a territory, nearest first."""
        return self.tree.ancestors(territory)

    def descendants(self, territory: str) -> frozenset[str]:
        """Return a territory and everything below it; empty for an unknown code."""
        return self.tree.descendants(territory)

    def kind(self, code: str, day: date) -> KindRule | None:
        """Return what holds for a kind on a day, or None when it is not offered then."""
        try:
            return self._on_day[code, day]
        except KeyError:
            found = kind_at(self._rules.get(code, ()), code, day)
            if found is not None:  # codes that do not exist are not worth remembering
                self._on_day[code, day] = found
            return found

    def facility(self, facility_id: UUID) -> FacilityRef | None:
        """Return a facility, or None."""
        found = self.facilities.get(facility_id)
        return found.ref if found else None


@dataclass(frozen=True, slots=True)
class _Held:
    directory: Directory
    checked_at: datetime


_HELD: Final[WeakKeyDictionary[Database, _Held]] = WeakKeyDictionary()


async def current_directory(
    database: Database, session: ReadSession | WriteSession, now: datetime, *, fresh: bool = False
) -> Directory:
    """Return the directory as it was at most 5 seconds ago, or as it is now when `fresh`.

    Costs nothing within 5 seconds of the last look, else one statement, and six more when something changed. Ask for a
    fresh one before refusing a code: it may have been entered a second ago. Not for a transaction that itself changes
    the directory: if that were rolled back, others would go on seeing it.
    """
    held = _HELD.get(database)
    if held is not None and not fresh and timedelta(0) <= now - held.checked_at < _OLDEST:
        return held.directory
    version = await queries.version(session) or _NEVER_SEEDED
    if held is not None and held.directory.version == version:
        directory = held.directory
    else:
        directory = await _load(session, version, database.settings.perimeter)
    _HELD[database] = _Held(directory, now)
    return directory


async def directory_version(session: ReadSession | WriteSession) -> int:
    """Return how often the directory changed; the same number means the same content."""
    return (await queries.version(session) or _NEVER_SEEDED).number


async def read_directory(session: ReadSession | WriteSession, perimeter: str | None = None) -> Directory:
    """Return the directory as it is in this transaction, past every cache; for commands and upkeep.

    Without a perimeter it cannot say what is outside.
    """
    return await _load(session, await queries.version(session) or _NEVER_SEEDED, perimeter)


async def _load(session: ReadSession | WriteSession, version: Version, perimeter: str | None) -> Directory:
    perimeters = await queries.perimeters(session)
    if perimeter is not None and perimeter not in {found.code for found in perimeters}:
        _log.error("MARAUDE_PERIMETER names no perimeter of the directory: every record will be marked as outside")
    return Directory(
        version,
        await queries.territories(session),
        perimeters,
        await queries.kinds(session),
        await queries.facilities(session),
        perimeter or "",
    )


async def seed(session: WriteSession, now: datetime) -> bool:
    """Add what every installation starts with and is missing; say whether anything was.

    What is there stays as it is, also where an administrator changed it.
    """
    await queries.start_counters(session, now)
    new = await queries.add(session, queries.TERRITORY, seeds.territories())
    new |= await queries.add(session, queries.BORDER, seeds.borders())
    new |= await queries.add(session, queries.KIND, seeds.kinds())
    shipped = seeds.perimeters()
    added = await queries.add(session, queries.PERIMETER, [row for row, _ in shipped])
    members = [
        {"perimeter_code": row["code"], "territory_code": code}
        for row, codes in shipped
        if (row["code"],) in added
        for code in codes
    ]
    await queries.add(session, queries.PERIMETER_TERRITORY, members)
    if new | added:
        await queries.count_change(session, now)
    return bool(new | added)


__all__ = ["Directory", "FacilityRef", "KindRule", "current_directory", "directory_version", "read_directory", "seed"]
