"""The facts about the time to success: outcomes by day after the making, packed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, null, select

from app.audit.service import SERVICE
from app.clock import DAY_MS
from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import NUMBERING, hold
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.facts import EVERYWHERE
from app.metrics.packed import PackedFacts
from app.metrics.time_to_success import queries
from app.metrics.time_to_success.cells import Cells, Gathered
from app.metrics.time_to_success.definitions import Ending, TimeGroupBy
from app.metrics.time_to_success.models import KindNumber, TimeFact
from app.metrics.time_to_success.queries import TimeQuestion
from app.metrics.time_to_success.records import Group, Tally

_FACT: Final = table_of(TimeFact)
_NUMBER: Final = table_of(KindNumber)
Places = dict[tuple[date, str], Cells]
"""The referrals of each (first day, territory)."""


class TimeFacts(PackedFacts[Cells]):
    """Keeps packed outcomes."""

    beside = (_NUMBER,)

    async def counted(self, session: ReadSession | WriteSession, org_id: UUID, days: Sequence[date]) -> Places:
        """Count an organisation's days from the referrals, numbering kinds where that can be written down."""
        rows = await queries.by_day(session, org_id, days)
        if isinstance(session, WriteSession):
            return _places(rows, await _numbered(session, {row[2] for row in rows}))
        return _places(rows, defaultdict(int, await _numbers(session)))


FACTS: Final = TimeFacts(_FACT, ["territory"], Cells, Cells.of)


async def add(
    session: ReadSession,
    view: View,
    question: TimeQuestion,
    cohorts: Mapping[Span, Sequence[date]],
    tally: Tally,
) -> None:
    """Add what facts know of these cohorts to a tally: outcomes as if each of them counted already.

    Reads a row for each cohort, organisation and territory seen.
    """
    kinds = {number: kind for kind, number in (await _numbers(session)).items()}
    groups: dict[Group, int] = {}
    gathered = Gathered()
    for first_day, territory, *packed in await _chosen(session, view, question, cohorts):
        by_key: Group = (_period(question, first_day), _key(question.group_by, first_day, territory))
        gathered.add(groups.setdefault(by_key, len(groups)), *packed)
    listed = list(groups)
    for number, kind, ending, day, n in gathered.counts(to_milliseconds(question.as_of)):
        if question.kind not in {None, kinds[kind]}:
            continue
        period, key = listed[number]
        group = (period, kinds[kind] if question.group_by is TimeGroupBy.kind else key)
        if ending is None:
            tally.add_late(group, n)
        else:
            tally.add(group, ending, day, n)


def _key(group_by: TimeGroupBy | None, first_day: date, territory: str) -> str | None:
    match group_by:
        case TimeGroupBy.territory:
            return territory
        case TimeGroupBy.month:
            return f"{first_day:%Y-%m}"
        case _:
            return None


def _period(question: TimeQuestion, day: date) -> int:
    return bisect_right(question.periods, day, key=lambda period: period.since) - 1


async def _chosen(
    session: ReadSession, view: View, question: TimeQuestion, cohorts: Mapping[Span, Sequence[date]]
) -> Sequence[Any]:
    """Return (first day, territory, cells, counts, opened) of these cohorts.

    Makings are left out where all were followed beyond the horizon: for those the count of them says it all.
    """
    fact = _FACT.c
    conditions: list[ColumnElement[bool]] = [fact.org_id == view.org_id] if view.org_id is not None else []
    if view.territories is not None:
        conditions.append(fact.territory.in_(sorted(view.territories)))
    elif question.group_by is TimeGroupBy.territory:
        conditions.append(fact.territory != EVERYWHERE)
    else:
        conditions.append(fact.territory == EVERYWHERE)
    last = to_milliseconds(question.as_of) - (question.horizon_days + 1) * DAY_MS
    opened = case((fact.last_open_at > last, fact.opened), else_=null())
    found: list[Any] = []
    for span, first_days in cohorts.items():
        if first_days:
            statement = select(fact.first_day, fact.territory, fact.cells, fact.counts, opened)
            chosen = statement.where(fact.span == span.value, fact.first_day.in_(first_days), *conditions)
            found += (await session.execute(chosen)).all()
    return found


async def _numbers(session: ReadSession | WriteSession) -> dict[str, int]:
    """Return {kind: number}."""
    found = await session.execute(select(_NUMBER.c.kind, _NUMBER.c.number))
    return {kind: number for kind, number in found}  # noqa: C416 - rows are no pairs to the types


async def _numbered(session: WriteSession, kinds: Collection[str]) -> dict[str, int]:
    """Return {kind: number} of all kinds, numbering those that have none."""
    numbers = await _numbers(session)
    if numbers.keys() >= set(kinds):
        return numbers
    await hold(await session.connection(), NUMBERING, [SERVICE])
    numbers = await _numbers(session)
    given = {
        kind: n for n, kind in enumerate(sorted(set(kinds) - numbers.keys()), max(numbers.values(), default=0) + 1)
    }
    if given:
        await insert_all_new(session, _NUMBER, [{"kind": kind, "number": n} for kind, n in given.items()])
    return numbers | given


def _places(rows: Iterable[Any], numbers: Mapping[str, int]) -> Places:
    """Return the cells of each day and territory, and of each day everywhere."""
    found: Places = defaultdict(Cells)
    for day, territory, kind, ending, value, n, late in rows:
        for place in (territory, EVERYWHERE):
            found[day, place].add(numbers[kind], Ending(ending), value, n, late)
    return found
