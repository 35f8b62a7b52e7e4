"""Facts: counts by organisation, span of days and two dimensions, computed from records and read in their place.

A day's facts are computed whole from its records; weeks and months, and sums over a dimension, from the facts of days.
Nothing is ever added in passing: what is stale is computed anew (`app.metrics.refreshing`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    union_all,
)

from app.db.engine import ReadSession, WriteSession
from app.db.portability import month_of, week_of
from app.marks.queries import marked, not_final
from app.metrics.adding import LONGER, Adding
from app.metrics.asking import View
from app.metrics.cohorts import Judge, Parts, Span, cut, runs, widened
from app.metrics.counting import within
from app.metrics.indicator import Period

EVERYWHERE: Final = "*"
"""Stands for all codes of a dimension."""
EVERYBODY: Final = UUID(int=0)
"""Stands for all identifiers of a dimension."""


class Kept(Protocol):
    """What is computed by days and read in place of records."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute an organisation's days anew, and what is added up of them."""

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or everything; they must be marked in the same transaction."""

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the tables have become, so that it plans well."""

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how much of an organisation's clean days a recount finds different."""


@dataclass(frozen=True, slots=True)
class Source:
    """The records behind facts.

    `days(period, variant)` gives the statement that counts them: columns org_id, those of the variant, 'day', the day,
    the dimensions, the counters; grouped, not yet limited. `given(variant)` are its parameters. Records of days at most
    `around` days off bear on a day's facts: when one changes, they are computed anew as well.
    """

    org_id: ColumnElement[UUID]
    day: ColumnElement[date]
    days: Callable[[Period, Mapping[str, Any]], Select[Any]]
    given: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    around: int = 0


class Facts:
    """One table of facts.

    Its columns: org_id, those of the variants, span, first_day, the dimensions, the counters.
    """

    def __init__(
        self,
        table: Table,
        source: Source,
        every: Mapping[str, Any],
        counters: Sequence[str],
        variants: Sequence[Mapping[str, Any]] = ({},),
    ) -> None:
        """Name the dimensions with what stands for all of each, the counters, and the variants that are kept."""
        self.columns: Final = table.c
        self._table = table
        self._source = source
        self._every = every
        self._variants = variants
        self._counters = counters
        self._fixed = [table.c[name] for name in variants[0]]
        self._adding = Adding(table, list(variants[0]), every, counters)
        self._names = self._adding.names
        self.keys: Final = {Span.week: week_of(table.c.first_day), Span.month: month_of(table.c.first_day)}
        self._sums = {name: func.coalesce(func.sum(table.c[name]), 0) for name in counters}

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute the facts of an organisation's days anew, and of the weeks and months they lie in."""
        days = widened(days, self._source.around)
        if self._source.around:
            days = await not_final(session, days)
        if not days:
            return
        await self._adding.clear(session, org_id, Span.day, days)
        whole = Period(min(days), max(days) + timedelta(days=1))
        for variant in self._variants:
            chosen = self._source.days(whole, variant).where(self._source.org_id == org_id, self._source.day.in_(days))
            counting = insert(self._table).from_select(self._names, chosen)
            await session.execute(counting, self._source.given(variant))
        await self._adding.add_up(session, org_id, days)

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away the facts of days from `since` on, or all; they must be marked in the same transaction."""
        await session.execute(delete(self._table).where(*begun_from(self.columns.first_day, since)))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the table has become, so that it plans well."""
        await session.execute(text(f"ANALYZE {self._table.name}"))

    async def sums(
        self,
        session: ReadSession,
        keys: Sequence[ColumnElement[Any]],
        names: Sequence[str],
        conditions: Sequence[ColumnElement[bool]],
        cohorts: Mapping[Span, Sequence[date]],
    ) -> Sequence[Row[Any]]:
        """Return rows of the keys and the summed counters of these cohorts: one row a key and span."""
        if not any(cohorts.values()):
            return []
        chosen = select(*keys, *(self._sums[name] for name in names)).where(*conditions)
        if keys:
            chosen = chosen.group_by(*keys)
        # One select a span: a disjunction of spans would have SQLite read every fact there is.
        parts = [
            chosen.where(self.columns.span == span.value, self.columns.first_day.in_(first_days))
            for span, first_days in cohorts.items()
            if first_days
        ]
        return (await session.execute(union_all(*parts))).all()

    def only(self, dimension: str, wanted: Collection[Any] | None, *, grouped: bool) -> ColumnElement[bool]:
        """Return the condition on a dimension: those wanted; else each, when grouped; else what is added up already."""
        column: ColumnElement[Any] = self.columns[dimension]
        every = self._every[dimension]
        if wanted is not None:
            return column.in_(sorted(wanted))
        return not_(column == every) if grouped else and_(column == every)

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many facts of an organisation's clean days a recount does not find, or finds beside them.

        What is added up over dimensions, weeks and months is held against what it adds up.
        """
        fact, wrong = self.columns, 0
        clean = await self._untouched(session, org_id, clean)
        kept = select(*(fact[name] for name in self._names)).where(fact.org_id == org_id)
        days = kept.where(fact.span == Span.day.value)
        if clean:
            whole = Period(clean[0].since, clean[-1].until)
            for variant in self._variants:
                recount = self._source.days(whole, variant).where(
                    self._source.org_id == org_id, or_(*(within(self._source.day, run) for run in clean))
                )
                detailed = days.where(
                    *(fact[name] == value for name, value in variant.items()),
                    *self._adding.detailed(),
                    or_(*(within(fact.first_day, run) for run in clean)),
                )
                wrong += await _difference(session, recount, detailed, self._source.given(variant))
        for one in self._adding.rollups:
            wrong += await _difference(session, one.added_up.where(fact.org_id == org_id), days.where(*one.picked))
        for span in LONGER:
            names = [*self._fixed, self.keys[span], *(fact[name] for name in self._every)]
            longer = select(*names, *(fact[name] for name in self._counters)).where(
                fact.org_id == org_id, fact.span == span.value
            )
            summed = select(*names, *(func.sum(fact[name]) for name in self._counters)).where(
                fact.org_id == org_id, fact.span == Span.day.value
            )
            wrong += await _difference(session, summed.group_by(*names), longer)
        return wrong

    async def _untouched(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> Sequence[Period]:
        """Return the runs of these days on whose facts no marked day bears."""
        if not clean or not self._source.around:
            return clean
        days = [run.since + timedelta(days=number) for run in clean for number in range(run.days)]
        stale = await _stale(session, org_id, Period(clean[0].since, clean[-1].until), self._source.around)
        return runs(day for day in days if day not in stale)


async def parts_of(
    session: ReadSession, view: View, periods: Sequence[Period], judge: Judge, spans: Sequence[Span], around: int = 0
) -> list[Parts]:
    """Return each period of a series cut by what is marked within the view, and by `judge`.

    `around` is that of the facts' source.
    """
    stale = await _stale(session, view.org_id, Period(periods[0].since, periods[-1].until), around)
    return [cut(period, stale, judge, spans) for period in periods]


async def _stale(session: ReadSession, org_id: UUID | None, period: Period, around: int) -> set[date]:
    """Return the marked days of a period and those marked days bear on."""
    since = max(period.since.toordinal() - around, date.min.toordinal())
    until = min(period.until.toordinal() + around, date.max.toordinal())
    stale = widened(await marked(session, org_id, date.fromordinal(since), date.fromordinal(until)), around)
    return await not_final(session, stale) if stale and around else stale


def begun_from(day: ColumnElement[date], since: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement to days from `since` on; none without it."""
    return [] if since is None else [day >= since]


async def _difference(
    session: ReadSession, one: Select[Any], other: Select[Any], given: Mapping[str, Any] | None = None
) -> int:
    """Return how many rows either statement gives that the other does not."""
    found = 0
    for left, right in ((one, other), (other, one)):
        counted = select(func.count()).select_from(left.except_(right).subquery())
        found += int((await session.execute(counted, given or {})).scalar_one())
    return found
