"""The facts about flows: kept for each look-up that somebody may have, computed whole by marked days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update

from app.db.bulk import insert_all_new, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import REFRESHING, hold
from app.db.table import table_of
from app.directory.service import Directory, directory_version, read_directory
from app.marks.queries import everybody, followed, mark_everything
from app.metrics.asking import View
from app.metrics.cohorts import Parts, Span, cohort_of
from app.metrics.counting import within
from app.metrics.facts import EVERYWHERE, begun_from
from app.metrics.flows.models import FlowFact, FlowLookup
from app.metrics.flows.queries import flows_by_day
from app.metrics.flows.records import Flow, Lookup, Matrix
from app.metrics.indicator import Period

_FACT: Final = table_of(FlowFact)
_LOOKUP: Final = table_of(FlowLookup)
_LONGER: Final = (Span.week, Span.month)
_CHECKED_DAYS: Final = 31
Matrices = dict[tuple[bytes, date, str], Matrix]
"""The matrix of each (look-up, first day, territory)."""


class FlowFacts:
    """Keeps matrices of flows; the same hands as `app.metrics.facts.Facts`."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute the matrices of an organisation's days anew, and of the weeks and months they lie in."""
        lookups = await _lookups(session)
        await _store(session, org_id, Span.day, days, await _counted(session, org_id, lookups, sorted(days)))
        for span in _LONGER:
            cohorts = {cohort_of(day, span) for day in days}
            first_days = {day: cohort.since for cohort in cohorts for day in _days(cohort)}
            kept = await _kept(session, org_id, Span.day, cohorts)
            await _store(session, org_id, span, {cohort.since for cohort in cohorts}, _summed(kept, first_days))

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all; they must be marked in the same transaction."""
        await session.execute(delete(_FACT).where(*begun_from(_FACT.c.first_day, since)))
        await session.execute(delete(_LOOKUP))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the table has become, so that it plans well."""
        await session.execute(text(f"ANALYZE {_FACT.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many matrices of clean days a recount finds different, those of weeks and months included.

        Days that look back at referrals that have just changed are not clean.
        """
        lookups, wrong = await _lookups(session), 0
        for run in clean:
            behind = await followed(session, org_id, run.since, run.until)
            for start in range(0, run.days, _CHECKED_DAYS):
                since = run.since + timedelta(days=start)
                part = Period(since, min(since + timedelta(days=_CHECKED_DAYS), run.until))
                days = [day for day in _days(part) if day not in behind]
                counted = await _counted(session, org_id, lookups, days) if days else {}
                kept = await _kept(session, org_id, Span.day, [part])
                wrong += _different(counted, {key: one for key, one in kept.items() if key[1] in set(days)})
        for span in _LONGER:
            everything = await _kept(session, org_id, Span.day, None)
            first_days = {day: cohort_of(day, span).since for _, day, _ in everything}
            wrong += _different(_summed(everything, first_days), await _kept(session, org_id, span, None))
        return wrong


FACTS: Final = FlowFacts()


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
                found[places[span.value, day]].plus(Matrix(packed))
    return [flow for place, matrix in sorted(found.items()) for flow in matrix.flows(place)]


def _territories(view: View, lookup: Lookup) -> list[str]:
    """Return the territories to add up: `*` where the view is as wide as the look-up."""
    everywhere = view.territories is None or view.territories == lookup.territories
    return [EVERYWHERE] if everywhere else sorted(view.territories or ())


def _days(period: Period) -> list[date]:
    return [period.since + timedelta(days=n) for n in range(period.days)]


async def _lookups(session: ReadSession | WriteSession) -> list[Lookup]:
    found = await session.execute(select(_LOOKUP.c.content).order_by(_LOOKUP.c.lookup))
    return [Lookup.read(content) for content in found.scalars()]


async def _counted(
    session: ReadSession | WriteSession, org_id: UUID, lookups: Sequence[Lookup], days: Sequence[date]
) -> Matrices:
    """Return the matrices of days, counted from the records: one statement a look-up."""
    matrices: Matrices = defaultdict(Matrix)
    for lookup in lookups:
        name = lookup.name
        for day, territory, cell, referrals, late in await flows_by_day(session, org_id, lookup, days):
            matrices[name, day, territory].add(cell, referrals, late)
            matrices[name, day, EVERYWHERE].add(cell, referrals, late)
    return matrices


def _summed(matrices: Mapping[tuple[bytes, date, str], Matrix], first_days: Mapping[date, date]) -> Matrices:
    """Return the matrices of longer cohorts, {day: first day of its cohort}."""
    summed: Matrices = defaultdict(Matrix)
    for (lookup, day, territory), matrix in matrices.items():
        summed[lookup, first_days[day], territory].plus(matrix)
    return summed


async def _kept(
    session: ReadSession | WriteSession, org_id: UUID, span: Span, periods: Iterable[Period] | None
) -> Matrices:
    """Return the kept matrices of a span that begin in these periods, or all."""
    fact = _FACT.c
    chosen = select(fact.lookup, fact.first_day, fact.territory, fact.flows).where(
        fact.org_id == org_id, fact.span == span.value
    )
    if periods is not None:
        chosen = chosen.where(or_(*(within(fact.first_day, period) for period in periods)))
    found = await session.execute(chosen)
    return {(bytes(lookup), day, territory): Matrix(flows) for lookup, day, territory, flows in found}


async def _store(
    session: WriteSession, org_id: UUID, span: Span, first_days: Collection[date], matrices: Matrices
) -> None:
    """Put these matrices in place of all that a span had for these days."""
    fact = _FACT.c
    old = (fact.org_id == org_id, fact.span == span.value, fact.first_day.in_(sorted(first_days)))
    await session.execute(delete(_FACT).where(*old))
    shared: dict[str, Any] = {"org_id": org_id, "span": span.value}
    rows = [
        {**shared, "first_day": day, "lookup": lookup, "territory": territory, "flows": matrix.packed()}
        for (lookup, day, territory), matrix in matrices.items()
    ]
    if rows:
        await insert_all_new(session, _FACT, rows)


def _different(one: Mapping[tuple[bytes, date, str], Matrix], other: Mapping[tuple[bytes, date, str], Matrix]) -> int:
    """Return how many matrices are not the same in both."""
    none = Matrix()
    return sum(one.get(key, none).packed() != other.get(key, none).packed() for key in one.keys() | other.keys())
