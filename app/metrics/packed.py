"""Facts that hold more than sums: one packed value a span, organisation and place.

Days are computed whole from the records, weeks and months from the facts of days. The same hands as `Facts`.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, or_, select, text

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.metrics.adding import LONGER
from app.metrics.cohorts import Span, cohort_of
from app.metrics.counting import within
from app.metrics.facts import begun_from
from app.metrics.indicator import Granularity, Period

Place = tuple[Any, ...]
"""A first day, and the values of the table's other columns that say where."""
_CHECKED: Final = 6
"""Cohorts whose sums are held against their days at a time."""


class Value(Protocol):
    """What one fact holds; equal values have equal columns."""

    def plus(self, other: Self, days_later: int) -> None:
        """Add what began so many days later."""

    def columns(self) -> Mapping[str, Any]:
        """Return the columns of the fact."""


V = TypeVar("V", bound=Value)


class PackedFacts(ABC, Generic[V]):
    """One table: org_id, span, first_day, the columns that say where, and those of the value."""

    beside: ClassVar[Sequence[Table]] = ()
    """Tables that go with it, for `analyse`."""

    def __init__(
        self, table: Table, where: Sequence[str], empty: Callable[[], V], read: Callable[[Mapping[str, Any]], V]
    ) -> None:
        """Name the columns that say where, and how a value is begun and read from a row."""
        self._table = table
        self._where = ("first_day", *where)
        self._empty = empty
        self._read = read

    @abstractmethod
    async def counted(
        self, session: ReadSession | WriteSession, org_id: UUID, days: Sequence[date]
    ) -> Mapping[Place, V]:
        """Count an organisation's days from the records, by place."""

    async def known(self, session: ReadSession, org_id: UUID, days: Sequence[date]) -> Sequence[date]:  # noqa: ARG002 - some know more
        """Return those of an organisation's clean days whose facts must be what a recount finds."""
        return days

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute an organisation's days anew, and the weeks and months they lie in."""
        await self._store(session, org_id, Span.day, days, await self.counted(session, org_id, sorted(days)))
        for span in LONGER:
            cohorts = {cohort_of(day, span) for day in days}
            covered = or_(*(within(self._table.c.first_day, cohort) for cohort in cohorts))
            longer = self._added_up(await self._kept(session, org_id, Span.day, covered), span)
            await self._store(session, org_id, span, {cohort.since for cohort in cohorts}, longer)

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all; they must be marked in the same transaction."""
        await session.execute(delete(self._table).where(*begun_from(self._table.c.first_day, since)))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the tables have become, so that it plans well."""
        for table in (self._table, *self.beside):
            await session.execute(text(f"ANALYZE {table.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many facts of clean days a recount finds different; of weeks and months, their days."""
        wrong, day = 0, self._table.c.first_day
        for part in (part for run in clean for part in run.split(Granularity.month)):
            days = await self.known(session, org_id, [one.since for one in part.split(Granularity.day)])
            if days:
                recount = await self.counted(session, org_id, days)
                wrong += _unlike(recount, await self._kept(session, org_id, Span.day, day.in_(days)))
        for span in LONGER:
            wrong += await self._wrong_sums(session, org_id, span)
        return wrong

    async def _wrong_sums(self, session: ReadSession, org_id: UUID, span: Span) -> int:
        fact, wrong = self._table.c, 0
        there = select(fact.first_day).where(fact.org_id == org_id, fact.span.in_([Span.day.value, span.value]))
        listed = sorted({cohort_of(day, span).since for day in await session.scalars(there.distinct())})
        for start in range(0, len(listed), _CHECKED):
            some = listed[start : start + _CHECKED]
            chosen = within(fact.first_day, Period(some[0], cohort_of(some[-1], span).until))
            days = await self._kept(session, org_id, Span.day, chosen)
            wrong += _unlike(self._added_up(days, span), await self._kept(session, org_id, span, chosen))
        return wrong

    def _added_up(self, days: Mapping[Place, V], span: Span) -> Mapping[Place, V]:
        """Return the values of the weeks or months of these days."""
        found: defaultdict[Place, V] = defaultdict(self._empty)
        begins = {day: cohort_of(day, span).since for day in {day for day, *_ in days}}
        for (day, *where), value in days.items():
            found[begins[day], *where].plus(value, (day - begins[day]).days)
        return found

    async def _kept(
        self, session: ReadSession | WriteSession, org_id: UUID, span: Span, chosen: ColumnElement[bool]
    ) -> dict[Place, V]:
        """Return the values of a span by place."""
        fact = self._table.c
        statement = select(self._table).where(fact.org_id == org_id, fact.span == span.value, chosen)
        found = (await session.execute(statement)).mappings()
        return {tuple(row[name] for name in self._where): self._read({**row}) for row in found}

    async def _store(
        self, session: WriteSession, org_id: UUID, span: Span, first_days: Collection[date], values: Mapping[Place, V]
    ) -> None:
        """Put these values in place of all that a span had for these days."""
        fact = self._table.c
        old = (fact.org_id == org_id, fact.span == span.value, fact.first_day.in_(sorted(first_days)))
        await session.execute(delete(self._table).where(*old))
        shared = {"org_id": org_id, "span": span.value}
        rows = [
            {**shared, **dict(zip(self._where, place, strict=True)), **value.columns()}
            for place, value in values.items()
        ]
        if rows:
            await insert_all_new(session, self._table, rows)


def _unlike(one: Mapping[Place, Value], other: Mapping[Place, Value]) -> int:
    """Return how many places do not have the same value in both."""
    return sum(_columns(one.get(place)) != _columns(other.get(place)) for place in one.keys() | other.keys())


def _columns(value: Value | None) -> Mapping[str, Any] | None:
    return None if value is None else value.columns()
