"""The facts about flows: kept for each look-up that somebody may have, computed whole by marked days."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update

from app.db.bulk import insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import REFRESHING, hold
from app.db.table import table_of
from app.directory.service import Directory, directory_version, read_directory
from app.marks.queries import everybody, followed, mark_everything
from app.metrics.asking import View
from app.metrics.cohorts import Parts, Span
from app.metrics.facts import EVERYWHERE
from app.metrics.flows.models import FlowFact, FlowLookup
from app.metrics.flows.queries import flows_by_day
from app.metrics.flows.records import Flow, Lookup, Matrix
from app.metrics.packed import PackedFacts

_FACT: Final = table_of(FlowFact)
_LOOKUP: Final = table_of(FlowLookup)
Matrices = dict[tuple[date, bytes, str], Matrix]
"""The matrix of each (first day, look-up, territory)."""


class FlowFacts(PackedFacts[Matrix]):
    """Keeps matrices of flows: an organisation's for each look-up and territory."""

    async def counted(self, session: ReadSession | WriteSession, org_id: UUID, days: Sequence[date]) -> Matrices:
        """Count an organisation's days from the records: one statement a look-up."""
        matrices: Matrices = defaultdict(Matrix)
        for lookup in await _lookups(session):
            name = lookup.name
            for day, territory, cell, referrals, late in await flows_by_day(session, org_id, lookup, days):
                for place in (territory, EVERYWHERE):
                    matrices[day, name, place].add(cell, referrals, late)
        return matrices

    async def known(self, session: ReadSession, org_id: UUID, days: Sequence[date]) -> Sequence[date]:
        """Leave out days that look back at referrals that have just changed."""
        behind = await followed(session, org_id, days[0], days[-1] + timedelta(days=1))
        return [day for day in days if day not in behind]

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all, and which look-ups there were."""
        await super().clear(session, since)
        await session.execute(delete(_LOOKUP))


FACTS: Final = FlowFacts(_FACT, ["lookup", "territory"], Matrix, Matrix.of)


async def prepare(session: WriteSession) -> None:
    """See to it that the look-ups of the directory are the ones facts are kept of.

    Where one is new, every day is marked: its facts are counted from the records until they are computed.
    """
    version = await directory_version(session)
    known = {bytes(row.lookup): row.version for row in await session.execute(select(_LOOKUP))}
    if known and set(known.values()) == {version}:
        return
    # Whoever is computing days does so for the look-ups there were, and is waited for.
    await hold(await session.connection(), REFRESHING, await everybody(session))
    wanted = {one.name: one for one in _wanted(await read_directory(session))}
    await session.execute(delete(_LOOKUP).where(_LOOKUP.c.lookup.not_in(wanted)))
    await session.execute(delete(_FACT).where(_FACT.c.lookup.not_in(wanted)))
    await session.execute(update(_LOOKUP).values(version=version))
    rows = [{"lookup": name, "version": version, "content": one.document()} for name, one in wanted.items()]
    if await insert_new(session, _LOOKUP, rows):
        await mark_everything(session)


def _wanted(directory: Directory) -> Iterable[Lookup]:
    """Return every look-up that a coordinator may have: the own organisation, and it or everybody in a perimeter."""
    rules = [kind.rule for kind in directory.kinds]
    yield Lookup.of(rules, None, own=True)
    for perimeter in directory.perimeters:
        for own in (False, True):
            yield Lookup.of(rules, directory.within(perimeter.code), own=own)


async def are_kept(session: ReadSession, lookup: Lookup) -> bool:
    """Say whether facts of this look-up are kept."""
    found = await session.execute(select(_LOOKUP.c.version).where(_LOOKUP.c.lookup == lookup.name))
    return found.first() is not None


async def reach_before(session: ReadSession, lookup: Lookup, day: date) -> bool:
    """Say whether facts of this look-up are kept of days before one, as far as there are any of such days."""
    earlier = _FACT.c.first_day < day
    for chosen in (earlier & (_FACT.c.lookup == lookup.name), earlier):
        found = (await session.execute(select(_FACT.c.lookup).where(chosen).limit(1))).first()
        if found is not None:
            return bytes(found.lookup) == lookup.name and await are_kept(session, lookup)
    return True


async def sums(session: ReadSession, view: View, lookup: Lookup, parts: Sequence[Parts]) -> list[Flow]:
    """Return the flows of the clean cohorts of each period."""
    places = {
        (span.value, day): place
        for place, part in enumerate(parts)
        for span, first_days in part.settled.items()
        for day in first_days
    }
    conditions = [_FACT.c.lookup == lookup.name, _FACT.c.territory.in_(_territories(view, lookup))]
    if view.org_id is not None:
        conditions.append(_FACT.c.org_id == view.org_id)
    found: dict[int, Matrix] = defaultdict(Matrix)
    for span in Span:
        first_days = [day for of, day in places if of == span.value]
        if first_days:
            chosen = select(_FACT.c.first_day, _FACT.c.flows).where(
                _FACT.c.span == span.value, _FACT.c.first_day.in_(first_days), *conditions
            )
            for day, packed in await session.execute(chosen):
                found[places[span.value, day]].plus(Matrix(packed), 0)
    return [flow for place, matrix in sorted(found.items()) for flow in matrix.flows(place)]


def _territories(view: View, lookup: Lookup) -> list[str]:
    """Return the territories to add up: `*` where the view is as wide as the look-up."""
    everywhere = view.territories is None or view.territories == lookup.territories
    return [EVERYWHERE] if everywhere else sorted(view.territories or ())


async def _lookups(session: ReadSession | WriteSession) -> list[Lookup]:
    found = await session.execute(select(_LOOKUP.c.content).order_by(_LOOKUP.c.lookup))
    return [Lookup.read(content) for content in found.scalars()]
