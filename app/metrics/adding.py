"""The statements that add facts of days up: over dimensions, and to weeks and months.

Written once for each table of facts: building and hashing a statement costs more than running it on the few rows of a
day, and upkeep runs dozens of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, Insert, Select, String, Table, bindparam, delete, func, insert, literal
from sqlalchemy import select as chosen_from

from app.db.engine import WriteSession
from app.db.types import Day, Key
from app.metrics.cohorts import Span, cohort_of

LONGER: Final = (Span.week, Span.month)
_ORG: Final = bindparam("of_org", type_=Key)
_DAYS: Final = bindparam("of_days", type_=Day, expanding=True)
_FIRST: Final = bindparam("of_cohort", type_=Day)
_SINCE: Final = bindparam("of_since", type_=Day)
_UNTIL: Final = bindparam("of_until", type_=Day)


@dataclass(frozen=True, slots=True)
class Rollup:
    """What adds facts of days up over one dimension or several: rows `picked` are what `added_up` gives."""

    picked: Sequence[ColumnElement[bool]]
    added_up: Select[Any]


class Adding:
    """The statements of one table whose columns are org_id, those `fixed`, span, first_day, dimensions, counters."""

    def __init__(self, table: Table, fixed: Sequence[str], every: Mapping[str, Any], counters: Sequence[str]) -> None:
        """Write them: `every` names the dimensions with what stands for all of each."""
        fact = table.c
        self._table = table
        self._fixed = [fact[name] for name in fixed]
        self._every = every
        self._counted = [func.sum(fact[name]) for name in counters]
        self.names: Final = ["org_id", *fixed, "span", "first_day", *every, *counters]
        self.rollups: Final = list(self._rollups())
        of_days = (fact.org_id == _ORG, fact.first_day.in_(_DAYS))
        self._rolling: Final = [self._insert(one.added_up.where(*of_days)) for one in self.rollups]
        self._longer: Final = {span: self._insert(self._lengthened(span)) for span in LONGER}
        self._clearing: Final[Delete] = delete(table).where(*of_days, fact.span == bindparam("of_span", type_=String))

    def detailed(self) -> list[ColumnElement[bool]]:
        """Return the conditions that leave out what is added up already."""
        return [self._table.c[name] != every for name, every in self._every.items()]

    async def clear(self, session: WriteSession, org_id: UUID, span: Span, first_days: Collection[date]) -> None:
        """Throw an organisation's facts of these spans away."""
        given = {_ORG.key: org_id, _DAYS.key: sorted(first_days), "of_span": span.value}
        await session.execute(self._clearing, given)

    async def add_up(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Add the detailed facts of these days up, and compute the weeks and months they lie in anew."""
        for statement in self._rolling:
            await session.execute(statement, {_ORG.key: org_id, _DAYS.key: sorted(days)})
        for span, statement in self._longer.items():
            cohorts = sorted({cohort_of(day, span) for day in days}, key=lambda one: one.since)
            await self.clear(session, org_id, span, [cohort.since for cohort in cohorts])
            for cohort in cohorts:
                given = {_FIRST.key: cohort.since, _SINCE.key: cohort.since, _UNTIL.key: cohort.until}
                await session.execute(statement, {_ORG.key: org_id, **given})

    def _insert(self, chosen: Select[Any]) -> Insert:
        return insert(self._table).from_select(self.names, chosen)

    def _rollups(self) -> Iterator[Rollup]:
        fact = self._table.c
        cohort = [fact.org_id, *self._fixed, fact.span, fact.first_day]
        for over in product((False, True), repeat=len(self._every)):
            if not any(over):
                continue
            picked, shown, grouped = [], [], []
            for (name, every), rolled in zip(self._every.items(), over, strict=True):
                picked.append(fact[name] == every if rolled else fact[name] != every)
                shown.append(literal(every, fact[name].type) if rolled else fact[name])
                grouped += [] if rolled else [fact[name]]
            added_up = chosen_from(*cohort, *shown, *self._counted).where(fact.span == Span.day.value, *self.detailed())
            yield Rollup(picked, added_up.group_by(*cohort, *grouped))

    def _lengthened(self, span: Span) -> Select[Any]:
        """Return the statement that adds the facts of a week's or month's days up."""
        fact = self._table.c
        names = [fact[name] for name in self._every]
        whole = (fact.first_day >= _SINCE, fact.first_day < _UNTIL)
        return (
            chosen_from(fact.org_id, *self._fixed, literal(span.value, String), _FIRST, *names, *self._counted)
            .where(fact.org_id == _ORG, fact.span == Span.day.value, *whole)
            .group_by(fact.org_id, *self._fixed, *names)
        )
