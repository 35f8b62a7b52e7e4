"""Sets of people as Roaring bitmaps: distinct persons over any days are a union, not a look at every encounter.

Roaring bitmaps: Chambi, Lemire, Kaser and Godin, Software: Practice and Experience 46(5), 2016.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from pyroaring import BitMap
from sqlalchemy import Table, delete, select, text

from app.audit.service import SERVICE
from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import NUMBERING, hold
from app.db.table import table_of
from app.metrics.cohorts import Span, cohort_of
from app.metrics.counting import within
from app.metrics.facts import EVERYWHERE, begun_from
from app.metrics.indicator import Period
from app.metrics.people import queries
from app.metrics.people.models import AloneFact, PeopleFact, PersonNumber
from app.metrics.people.queries import Shown

_PEOPLE: Final = table_of(PeopleFact)
_ALONE: Final = table_of(AloneFact)
_CHECKED_DAYS: Final = 31
Place = tuple[date, str]
"""A first day and a territory."""
People = dict[Place, BitMap]


@dataclass(slots=True)
class Alone:
    """The encounters with one person of a day in a territory; `people` showed a card of the day's own year."""

    encounters: int = 0
    with_card: int = 0
    late: int = 0
    people: BitMap = field(default_factory=BitMap)


class PeopleFacts:
    """Keeps bitmaps of who was met, and of who was met alone; the same hands as `app.metrics.facts.Facts`."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute the sets of an organisation's days anew, and of the months they lie in."""
        await hold(await session.connection(), NUMBERING, [SERVICE])
        shown = await queries.shown(session, org_id, days)
        numbers = await queries.number(session, {one.card: one.year for one in shown})
        await _store_people(session, org_id, Span.day, days, _people(shown, numbers))
        await _store_alone(
            session, org_id, days, _alone(await queries.met_alone(session, org_id, days), shown, numbers)
        )
        months = {cohort_of(day, Span.month) for day in days}
        together: People = defaultdict(BitMap)
        for month in months:
            for (day, territory), people in (await _kept_people(session, org_id, Span.day, month)).items():
                together[day.replace(day=1), territory] |= people
        await _store_people(session, org_id, Span.month, {month.since for month in months}, together)

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all; they must be marked in the same transaction.

        Numbers stay.
        """
        await session.execute(delete(_PEOPLE).where(*begun_from(_PEOPLE.c.first_day, since)))
        await session.execute(delete(_ALONE).where(*begun_from(_ALONE.c.day, since)))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the tables have become, so that it plans well."""
        for table in (_PEOPLE, _ALONE, table_of(PersonNumber)):
            await session.execute(text(f"ANALYZE {table.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many sets of an organisation's clean days a recount finds different, those of months included."""
        wrong = 0
        for run in clean:
            for start in range(0, run.days, _CHECKED_DAYS):
                since = run.since + timedelta(days=start)
                part = Period(since, min(since + timedelta(days=_CHECKED_DAYS), run.until))
                days = [part.since + timedelta(days=n) for n in range(part.days)]
                shown = await queries.shown(session, org_id, days)
                numbers = await queries.numbers(session, {one.card for one in shown})
                wrong += _unequal(_people(shown, numbers), await _kept_people(session, org_id, Span.day, part))
                recounted = _alone(await queries.met_alone(session, org_id, days), shown, numbers)
                wrong += _unequal(recounted, await _kept_alone(session, org_id, part))
        return wrong + await _wrong_months(session, org_id)


async def coarsen(session: WriteSession, before: date) -> None:
    """Let sets of days before one no longer tell the day: one set a month is left of them, at the month's first day.

    So months are what they were, and the sum of days that are left. Of who was met alone nothing is left: it was asked
    for by days. Nobody computes facts of these days any more.
    """
    fact = _PEOPLE.c
    days = select(fact.org_id, fact.first_day).where(fact.span == Span.day.value, fact.first_day < before)
    found = (await session.execute(days.distinct())).all()
    for org_id, month in {(org_id, cohort_of(day, Span.month)) for org_id, day in found if day.day != 1}:
        part = Period(month.since, min(month.until, before))
        together: People = defaultdict(BitMap)
        for (_, territory), people in (await _kept_people(session, org_id, Span.day, part)).items():
            together[part.since, territory] |= people
        merged = [part.since + timedelta(days=n) for n in range(part.days)]
        await _store_people(session, org_id, Span.day, merged, together)
    await session.execute(delete(_ALONE).where(_ALONE.c.day < before))


FACTS: Final = PeopleFacts()


def _people(shown: Iterable[Shown], numbers: Mapping[bytes, int]) -> People:
    sets: People = defaultdict(BitMap)
    for one in shown:
        for place in (one.territory, EVERYWHERE):
            sets[one.day, place].add(numbers[one.card])
    return sets


def _alone(
    counts: Mapping[Place, tuple[int, int, int]], shown: Iterable[Shown], numbers: Mapping[bytes, int]
) -> dict[Place, Alone]:
    found: dict[Place, Alone] = defaultdict(Alone)
    for (day, territory), (encounters, with_card, late) in counts.items():
        for place in (territory, EVERYWHERE):
            one = found[day, place]
            one.encounters += encounters
            one.with_card += with_card
            one.late += late
    for card in shown:
        if card.alone and card.year == card.day.year:
            for place in (card.territory, EVERYWHERE):
                found[card.day, place].people.add(numbers[card.card])
    return found


def _unequal(one: Mapping[Place, Any], other: Mapping[Place, Any]) -> int:
    return sum(one.get(place) != other.get(place) for place in one.keys() | other.keys())


async def _store_people(
    session: WriteSession, org_id: UUID, span: Span, first_days: Collection[date], people: People
) -> None:
    """Put these sets in place of all that a span had for these days."""
    rows = [
        {"org_id": org_id, "span": span.value, "first_day": day, "territory": territory, "people": met.serialize()}
        for (day, territory), met in people.items()
    ]
    old = delete(_PEOPLE).where(
        _PEOPLE.c.org_id == org_id, _PEOPLE.c.span == span.value, _PEOPLE.c.first_day.in_(sorted(first_days))
    )
    await session.execute(old)
    await _insert(session, _PEOPLE, rows)


async def _store_alone(
    session: WriteSession, org_id: UUID, days: Collection[date], alone: Mapping[Place, Alone]
) -> None:
    """Put these in place of all that there was of these days."""
    rows = [
        {
            "org_id": org_id,
            "day": day,
            "territory": territory,
            "encounters": one.encounters,
            "with_card": one.with_card,
            "late": one.late,
            "people": one.people.serialize(),
        }
        for (day, territory), one in alone.items()
    ]
    await session.execute(delete(_ALONE).where(_ALONE.c.org_id == org_id, _ALONE.c.day.in_(sorted(days))))
    await _insert(session, _ALONE, rows)


async def _insert(session: WriteSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await insert_all_new(session, table, rows)


async def _kept_people(
    session: ReadSession | WriteSession, org_id: UUID, span: Span, period: Period | None = None
) -> People:
    """Return the sets of a span, all of them or those that begin in a period."""
    fact = _PEOPLE.c
    chosen = select(fact.first_day, fact.territory, fact.people).where(fact.org_id == org_id, fact.span == span.value)
    if period is not None:
        chosen = chosen.where(within(fact.first_day, period))
    return {(day, place): BitMap.deserialize(people) for day, place, people in await session.execute(chosen)}


async def _kept_alone(session: ReadSession, org_id: UUID, period: Period) -> dict[Place, Alone]:
    fact = _ALONE.c
    chosen = select(fact.day, fact.territory, fact.encounters, fact.with_card, fact.late, fact.people).where(
        fact.org_id == org_id, within(fact.day, period)
    )
    return {
        (day, place): Alone(encounters, with_card, after, BitMap.deserialize(people))
        for day, place, encounters, with_card, after, people in await session.execute(chosen)
    }


async def _wrong_months(session: ReadSession, org_id: UUID) -> int:
    """Return how many sets of months are not the union of their days'."""
    together: People = defaultdict(BitMap)
    for (day, territory), people in (await _kept_people(session, org_id, Span.day)).items():
        together[day.replace(day=1), territory] |= people
    return _unequal(together, await _kept_people(session, org_id, Span.month))
