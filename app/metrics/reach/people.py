"""Sets of people as Roaring bitmaps: distinct persons over any days are a union, not a look at every encounter.

Roaring bitmaps: Chambi, Lemire, Kaser and Godin, Software: Practice and Experience 46(5), 2016.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from pyroaring import BitMap
from sqlalchemy import ColumnElement, delete, func, or_, select, text

from app.audit.service import SERVICE
from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import NUMBERING, among, hold
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Parts, Span, cohort_of
from app.metrics.counting import seen_by, within
from app.metrics.facts import EVERYWHERE
from app.metrics.indicator import Period
from app.metrics.meetings import under_next_key
from app.metrics.reach.models import PeopleFact, PersonNumber
from app.metrics.reach.queries import ENCOUNTER, TEAM, cell, number
from app.metrics.reach.records import Cell

_FACT: Final = table_of(PeopleFact)
_NUMBER: Final = table_of(PersonNumber)
SPANS: Final = (Span.month, Span.day)
_CHUNK: Final = 5_000
_CHECKED_DAYS: Final = 31
People = dict[tuple[date, str], BitMap]
"""The people of each (first day, territory)."""


class PeopleFacts:
    """Keeps bitmaps of who was met; the same hands as `app.metrics.facts.Facts`."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute the sets of an organisation's days anew, and of the months they lie in."""
        await hold(await session.connection(), NUMBERING, [SERVICE])
        met = await _met(session, org_id, days)
        numbers = await _numbered(session, met)
        await _store(session, org_id, Span.day, days, _sets(met, numbers))
        months = {cohort_of(day, Span.month) for day in days}
        together: People = defaultdict(BitMap)
        for month in months:
            for first_day, territory, people in await _kept(session, org_id, month):
                together[first_day.replace(day=1), territory] |= BitMap.deserialize(people)
        await _store(session, org_id, Span.month, {month.since for month in months}, together)

    async def clear(self, session: WriteSession) -> None:
        """Throw all sets away; their days must be marked in the same transaction. Numbers stay."""
        await session.execute(delete(_FACT))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the tables have become, so that it plans well."""
        for table in (_FACT, _NUMBER):
            await session.execute(text(f"ANALYZE {table.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many sets of an organisation's clean days a recount finds different, those of months included."""
        wrong = 0
        for run in clean:
            for start in range(0, run.days, _CHECKED_DAYS):
                since = run.since + timedelta(days=start)
                part = Period(since, min(since + timedelta(days=_CHECKED_DAYS), run.until))
                days = [part.since + timedelta(days=n) for n in range(part.days)]
                met = await _met(session, org_id, days)
                expected = _sets(met, await _numbers(session, {link for *_, link, _ in met}))
                kept = {
                    (day, place): BitMap.deserialize(people)
                    for day, place, people in await _kept(session, org_id, part)
                }
                wrong += sum(expected.get(key) != kept.get(key) for key in expected.keys() | kept.keys())
        return wrong + await _wrong_months(session, org_id)


FACTS: Final = PeopleFacts()


async def distinct(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts], *, by_territory: bool
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period, and in each of its territories when asked for.

    Cards of stale days are looked up among the encounters; one that has no number yet was not met on any other day.
    """
    sets: dict[Cell, BitMap] = defaultdict(BitMap)
    unnumbered: dict[Cell, set[bytes]] = defaultdict(set)
    for row in await _chosen(session, view, periods, parts, by_territory=by_territory):
        sets[cell(row[0], row[1] if by_territory else None)] |= BitMap.deserialize(row[2])
    met = await _met_lately(session, view, periods, parts)
    numbers = await _numbers(session, {link for _, _, link in met})
    for period, territory, link in met:
        where = cell(period, territory if by_territory else None)
        if link in numbers:
            sets[where].add(numbers[link])
        else:
            unnumbered[where].add(link)
    cells = sets.keys() | unnumbered.keys()
    return {where: len(sets.get(where, ())) + len(unnumbered.get(where, ())) for where in cells}


async def _chosen(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts], *, by_territory: bool
) -> Sequence[Any]:
    """Return (number of the period, territory, bitmap) of the clean days and months."""
    fact = _FACT.c
    conditions: list[ColumnElement[bool]] = [fact.org_id == view.org_id] if view.org_id is not None else []
    if view.territories is not None:
        conditions.append(fact.territory.in_(sorted(view.territories)))
    else:
        conditions.append(fact.territory != EVERYWHERE if by_territory else fact.territory == EVERYWHERE)
    found: list[Any] = []
    for span in SPANS:
        first_days = [day for part in parts for day in part.settled[span]]
        if first_days:
            statement = select(number(fact.first_day, periods), fact.territory, fact.people).where(
                fact.span == span.value, fact.first_day.in_(first_days), *conditions
            )
            found += (await session.execute(statement)).all()
    return found


async def _met_lately(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts]
) -> Sequence[tuple[int, str, bytes]]:
    """Return (number of the period, territory, card) of the days that are counted from encounters."""
    runs = [run for part in parts for run in part.counted]
    if not runs:
        return []
    encounter = ENCOUNTER.c
    statement = select(number(encounter.service_day, periods), encounter.territory, encounter.link_id).distinct()
    found = await session.execute(
        statement.where(
            or_(*(within(encounter.service_day, run) for run in runs)),
            encounter.link_id.is_not(None),
            ~encounter.withdrawn,
            *seen_by(view, ENCOUNTER),
        )
    )
    return [(period, territory, link) for period, territory, link in found]


async def _met(
    session: ReadSession | WriteSession, org_id: UUID, days: Collection[date]
) -> list[tuple[date, str, bytes, int]]:
    """Return (service day, territory, card, key period) of an organisation's encounters with a card, each once."""
    encounter = ENCOUNTER.c
    later = or_(*(under_next_key(ENCOUNTER, TEAM, year) for year in sorted({day.year for day in days})))
    found = await session.execute(
        select(encounter.service_day, encounter.territory, encounter.link_id, later)
        .distinct()
        .where(
            encounter.org_id == org_id,
            encounter.service_day.in_(days),
            encounter.link_id.is_not(None),
            ~encounter.withdrawn,
        )
    )
    return [(day, territory, link, day.year + bool(next_year)) for day, territory, link, next_year in found]


def _sets(met: Iterable[tuple[date, str, bytes, int]], numbers: Mapping[bytes, int]) -> People:
    sets: People = defaultdict(BitMap)
    for day, territory, link, _year in met:
        person = numbers[link]
        sets[day, territory].add(person)
        sets[day, EVERYWHERE].add(person)
    return sets


async def _numbers(session: ReadSession | WriteSession, links: Collection[bytes]) -> dict[bytes, int]:
    """Return {card: number} of the cards that have one."""
    found: dict[bytes, int] = {}
    listed = sorted(links)
    for start in range(0, len(listed), _CHUNK):
        chosen = among(session, _NUMBER.c.link_id, listed[start : start + _CHUNK])
        rows = await session.execute(select(_NUMBER.c.link_id, _NUMBER.c.number).where(chosen))
        found |= {link: person for link, person in rows}  # noqa: C416 - rows are no pairs to the types
    return found


async def _numbered(session: WriteSession, met: Iterable[tuple[date, str, bytes, int]]) -> dict[bytes, int]:
    """Return {card: number} of all these cards, numbering those that have none; the caller holds the numbering."""
    years = {link: year for _, _, link, year in met}
    numbers = await _numbers(session, years)
    new = sorted(years.keys() - numbers.keys())
    if new:
        last = (await session.execute(select(func.coalesce(func.max(_NUMBER.c.number), 0)))).scalar_one()
        given = {link: n for n, link in enumerate(new, int(last) + 1)}
        rows = [{"link_id": link, "year": years[link], "number": n} for link, n in given.items()]
        await insert_all_new(session, _NUMBER, rows)
        numbers |= given
    return numbers


async def _store(
    session: WriteSession,
    org_id: UUID,
    span: Span,
    first_days: Collection[date],
    people: Mapping[tuple[date, str], BitMap],
) -> None:
    """Put these sets in place of all that a span had for these days."""
    fact = _FACT.c
    old = (fact.org_id == org_id, fact.span == span.value, fact.first_day.in_(sorted(first_days)))
    await session.execute(delete(_FACT).where(*old))
    rows = [
        {"org_id": org_id, "span": span.value, "first_day": day, "territory": territory, "people": met.serialize()}
        for (day, territory), met in people.items()
    ]
    if rows:
        await insert_all_new(session, _FACT, rows)


async def _kept(session: ReadSession | WriteSession, org_id: UUID, period: Period) -> Sequence[tuple[date, str, bytes]]:
    fact = _FACT.c
    found = await session.execute(
        select(fact.first_day, fact.territory, fact.people).where(
            fact.org_id == org_id, fact.span == Span.day.value, within(fact.first_day, period)
        )
    )
    return [(day, territory, people) for day, territory, people in found]


async def _wrong_months(session: ReadSession, org_id: UUID) -> int:
    """Return how many sets of months are not the union of their days'."""
    fact = _FACT.c
    found = await session.execute(
        select(fact.first_day, fact.territory, fact.people).where(fact.org_id == org_id, fact.span == Span.month.value)
    )
    kept = {(day, territory): BitMap.deserialize(people) for day, territory, people in found}
    days = await session.execute(
        select(fact.first_day, fact.territory, fact.people).where(fact.org_id == org_id, fact.span == Span.day.value)
    )
    together: People = defaultdict(BitMap)
    for day, territory, people in days:
        together[day.replace(day=1), territory] |= BitMap.deserialize(people)
    return sum(together.get(key) != kept.get(key) for key in together.keys() | kept.keys())
