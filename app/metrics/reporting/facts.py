"""The facts of reporting health: tallies by day, week and month, and territory."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, union_all

from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.facts import EVERYWHERE
from app.metrics.packed import PackedFacts
from app.metrics.reporting.models import ReportingFact
from app.metrics.reporting.queries import by_day
from app.metrics.reporting.tallies import ANSWERED, SAID, Tally, listing

_FACT: Final = table_of(ReportingFact)
Session = ReadSession | WriteSession
Tallies = defaultdict[tuple[date, str], Tally]
"""By first day and territory."""


class ReportingFacts(PackedFacts[Tally]):
    """Keeps the tallies."""

    async def counted(self, session: Session, org_id: UUID, days: Sequence[date]) -> Tallies:
        """Count an organisation's days from the records."""
        found: Tallies = defaultdict(Tally)
        for add in (_encounters, _patrols, _referrals):
            await add(found, session, org_id, days)
        return found


FACTS: Final = ReportingFacts(_FACT, ["territory"], Tally, Tally.of)


async def read(
    session: ReadSession,
    view: View,
    names: Collection[str],
    cohorts: Mapping[Span, Collection[date]],
    territories: frozenset[str] | None,
) -> Sequence[Sequence[Any]]:
    """Return these columns of the facts of cohorts, with span and first day: a row a territory, or one of everywhere.

    At most a row a cohort, organisation and territory.
    """
    fact = _FACT.c
    conditions: list[ColumnElement[bool]] = [fact.org_id == view.org_id] if view.org_id is not None else []
    conditions.append(fact.territory == EVERYWHERE if territories is None else fact.territory.in_(sorted(territories)))
    chosen = select(fact.span, fact.first_day, *(fact[name] for name in names)).where(*conditions)
    # One select a span: a disjunction of spans would have SQLite read every fact there is.
    parts = [
        chosen.where(fact.span == span.value, fact.first_day.in_(sorted(first_days)))
        for span, first_days in cohorts.items()
        if first_days
    ]
    return [tuple(row) for row in await session.execute(union_all(*parts))] if parts else []


def _of(found: Tallies, day: date, territories: Collection[str]) -> list[Tally]:
    return [found[day, place] for place in {*territories, EVERYWHERE}]


async def _encounters(found: Tallies, session: Session, org_id: UUID, days: Collection[date]) -> None:
    for day, where, hours, number, *rest in await by_day.encounters(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.count(SAID, [number, *rest])
            tally.sum("encounter_lags", hours, number)


async def _patrols(found: Tallies, session: Session, org_id: UUID, days: Collection[date]) -> None:
    for day, listed, team, hours, number, off in await by_day.patrols(session, org_id, days):
        for tally in _of(found, day, listed):
            tally.teams[team.hex] = 1
        found[day, EVERYWHERE].patrol(listing(listed), hours, number, off)


async def _referrals(found: Tallies, session: Session, org_id: UUID, days: Collection[date]) -> None:
    for day, where, hours, number in await by_day.referrals(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.sum("referral_lags", hours, number)
    for day, where, timer, due, closed in await by_day.timers(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.sum("due", timer, due)
            tally.sum("closed", timer, closed)
    for day, where, *numbers in await by_day.answers(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.count(ANSWERED, numbers)
