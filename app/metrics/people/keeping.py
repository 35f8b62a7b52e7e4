"""Persons of a key period as numbers, kept when what links them goes: how many, and nothing about who.

Months, quarters and the year, for each organisation and all together: everywhere, in each perimeter, in each territory
with what lies below it, and in each territory by itself. They are counted from the sets of months, which are exact; the
records are coarse by then, so of teams, which have no sets, nothing is kept. Other questions about a closed period have
no answer left.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pyroaring import BitMap
from sqlalchemy import delete, select

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.directory.service import Directory
from app.keyring import seals_of
from app.marks.queries import everybody
from app.metrics.cohorts import Span
from app.metrics.counting import within
from app.metrics.facts import EVERYWHERE
from app.metrics.indicator import Granularity, Period
from app.metrics.people.models import AloneFact, PeopleFact, PersonNumber, PersonsKept
from app.metrics.people.vocabulary import KeptSpan

_KEPT: Final = table_of(PersonsKept)
_PEOPLE: Final = table_of(PeopleFact)
_ALONE: Final = table_of(AloneFact)
_NUMBER: Final = table_of(PersonNumber)
_MONTHS: Final = {1: KeptSpan.month, 3: KeptSpan.quarter, 12: KeptSpan.year}
Where = frozenset[str] | None
"""Territories, or None for everywhere."""


def scope_of(org_id: UUID | None, territories: Where) -> bytes:
    """Return the name under which the persons of an organisation (None: of all) in some territories are kept."""
    listed = "*" if territories is None else " ".join(sorted(territories))
    return hashlib.sha256(f"{org_id or '*'}|{listed}".encode()).digest()[:16]


def span_of(period: Period) -> KeptSpan | None:
    """Return whether a period is a calendar month, quarter or year; None when it is none of them."""
    if (period.since.day, period.until.day) != (1, 1):
        return None
    months = (period.until.year - period.since.year) * 12 + period.until.month - period.since.month
    span = _MONTHS.get(months)
    return span if span and (period.since.month - 1) % months == 0 else None


def _cohorts(year: int) -> dict[KeptSpan, Sequence[Period]]:
    whole = Period(date(year, 1, 1), date(year + 1, 1, 1))
    months = whole.split(Granularity.month)
    quarters = [Period(months[n].since, months[n + 2].until) for n in range(0, 12, 3)]
    return {KeptSpan.month: months, KeptSpan.quarter: quarters, KeptSpan.year: [whole]}


async def keep(session: WriteSession, year: int, directory: Directory) -> int:
    """Count the persons of a year and keep the numbers in place of any there are; return how many numbers.

    Its days are all computed, and nobody computes any meanwhile.
    """
    cohorts = _cohorts(year)
    sets = await _sets(session, year)
    rows = [
        {"scope": scope_of(org_id, where), "span": span.value, "first_day": day, "persons": n}
        for org_id in [None, *sorted(await everybody(session))]
        for where in _wheres(directory)
        for span, day, n in _counted(sets.get(org_id, {}), where, cohorts)
    ]
    starts = {period.since for periods in cohorts.values() for period in periods}
    await session.execute(delete(_KEPT).where(_KEPT.c.first_day.in_(sorted(starts))))
    if rows:
        await insert_all_new(session, _KEPT, rows)
    return len(rows)


def _wheres(directory: Directory) -> set[Where]:
    """Return every set of territories that somebody may ask about."""
    perimeters = [directory.within(one.code) for one in directory.perimeters]
    found: set[Where] = {None, *perimeters}
    for territory in directory.all_territories:
        below = directory.descendants(territory.place.code)
        found |= {below, frozenset([territory.place.code]), *(below & perimeter for perimeter in perimeters)}
    return {where for where in found if where is None or where}


async def _sets(session: WriteSession, year: int) -> Mapping[UUID | None, Mapping[tuple[int, str], BitMap]]:
    """Return {organisation, None for all: {(month, territory): who was met}}."""
    whole = Period(date(year, 1, 1), date(year + 1, 1, 1))
    fact = _PEOPLE.c
    chosen = select(fact.org_id, fact.first_day, fact.territory, fact.people).where(
        fact.span == Span.month.value, within(fact.first_day, whole)
    )
    found: defaultdict[UUID | None, defaultdict[tuple[int, str], BitMap]] = defaultdict(lambda: defaultdict(BitMap))
    for org_id, day, territory, people in await session.execute(chosen):
        met = BitMap.deserialize(people)
        for owner in (org_id, None):
            found[owner][day.month, territory] |= met
    return found


def _counted(
    sets: Mapping[tuple[int, str], BitMap], where: Where, cohorts: Mapping[KeptSpan, Sequence[Period]]
) -> Iterable[tuple[KeptSpan, date, int]]:
    """Return how many persons there are in each period: the year always, what is shorter where there are any."""
    places = {EVERYWHERE} if where is None else where
    months = [
        BitMap().union(*(met for (of, place), met in sets.items() if of == month and place in places))
        for month in range(1, 13)
    ]
    for span, periods in cohorts.items():
        length = 12 // len(periods)
        for n, period in enumerate(periods):
            persons = len(BitMap().union(*months[n * length : (n + 1) * length]))
            if persons or span is KeptSpan.year:
                yield span, period.since, persons


async def kept(
    session: ReadSession, scopes: Collection[bytes], years: Collection[int]
) -> dict[tuple[bytes, KeptSpan, date], int]:
    """Return {(scope, span, first day): persons} of these years."""
    if not scopes or not years:
        return {}
    whole = Period(date(min(years), 1, 1), date(max(years) + 1, 1, 1))
    found = await session.execute(
        select(_KEPT).where(_KEPT.c.scope.in_(sorted(scopes)), within(_KEPT.c.first_day, whole))
    )
    return {(bytes(scope), KeptSpan(span), day): persons for scope, span, day, persons in found}


async def forget(session: WriteSession, year: int) -> None:
    """Throw away every set of people of a year's days, and every number of a card sealed for it."""
    whole = Period(date(year, 1, 1), date(year + 1, 1, 1))
    least, greatest = seals_of(year)
    await session.execute(delete(_PEOPLE).where(within(_PEOPLE.c.first_day, whole)))
    await session.execute(delete(_ALONE).where(within(_ALONE.c.day, whole)))
    await session.execute(delete(_NUMBER).where(_NUMBER.c.link_id.between(least, greatest)))
