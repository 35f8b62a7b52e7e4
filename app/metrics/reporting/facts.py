"""The facts of reporting health: tallies by day, week and month, and territory."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, text, union_all

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span, cohort_of
from app.metrics.counting import within
from app.metrics.facts import EVERYWHERE, begun_from
from app.metrics.indicator import Period
from app.metrics.reporting.models import ReportingFact
from app.metrics.reporting.queries import by_day
from app.metrics.reporting.tallies import ANSWERED, SAID, Tally, listing

_FACT: Final = table_of(ReportingFact)
Session = ReadSession | WriteSession
_LONGER: Final = (Span.week, Span.month)
_CHECKED_DAYS: Final = 31
_CHECKED_COHORTS: Final = 6
Tallies = defaultdict[tuple[date, str], Tally]
"""By first day and territory."""


class ReportingFacts:
    """Keeps the tallies; the same hands as `app.metrics.facts.Facts`."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute the tallies of an organisation's days anew, and of the weeks and months they lie in."""
        await _store(session, org_id, Span.day, days, await _counted(session, org_id, days))
        for span in _LONGER:
            cohorts = {cohort_of(day, span) for day in days}
            covered = or_(*(within(_FACT.c.first_day, cohort) for cohort in cohorts))
            longer = _added_up(await _kept(session, org_id, Span.day, covered), span)
            await _store(session, org_id, span, [cohort.since for cohort in cohorts], longer)

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all; they must be marked in the same transaction."""
        await session.execute(delete(_FACT).where(*begun_from(_FACT.c.first_day, since)))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the table has become, so that it plans well."""
        await session.execute(text(f"ANALYZE {_FACT.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many tallies of an organisation's clean days a recount finds different.

        Weeks and months are held against the days they add up.
        """
        wrong = 0
        for run in clean:
            for start in range(0, run.days, _CHECKED_DAYS):
                since = run.since + timedelta(days=start)
                part = Period(since, min(since + timedelta(days=_CHECKED_DAYS), run.until))
                days = [part.since + timedelta(days=n) for n in range(part.days)]
                kept = await _kept(session, org_id, Span.day, within(_FACT.c.first_day, part))
                wrong += _unlike(await _counted(session, org_id, days), kept)
        return wrong + await _wrong_sums(session, org_id)


FACTS: Final = ReportingFacts()


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


async def _counted(session: Session, org_id: UUID, days: Collection[date]) -> Tallies:
    """Count an organisation's days from the records."""
    found: Tallies = defaultdict(Tally)
    for add in (_encounters, _patrols, _referrals):
        await add(found, session, org_id, days)
    return found


def _of(found: Tallies, day: date, territories: Collection[str]) -> list[Tally]:
    return [found[day, place] for place in {*territories, EVERYWHERE}]


async def _encounters(found: Tallies, session: Session, org_id: UUID, days: Collection[date]) -> None:
    for day, where, hours, number, *rest in await by_day.encounters(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.count(SAID, [number, *rest])
            tally.sum("encounter_lags", hours, number)
    for day, where, team in await by_day.teams(session, org_id, days):
        for tally in _of(found, day, [where]):
            tally.teams[team.hex] = 1


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


async def _store(
    session: WriteSession,
    org_id: UUID,
    span: Span,
    first_days: Collection[date],
    tallies: Mapping[tuple[date, str], Tally],
) -> None:
    """Put these tallies in place of all that a span had for these days."""
    fact = _FACT.c
    old = (fact.org_id == org_id, fact.span == span.value, fact.first_day.in_(sorted(first_days)))
    await session.execute(delete(_FACT).where(*old))
    rows = [
        {"org_id": org_id, "span": span.value, "first_day": day, "territory": territory, **tally.columns()}
        for (day, territory), tally in tallies.items()
    ]
    if rows:
        await insert_all_new(session, _FACT, rows)


async def _kept(session: Session, org_id: UUID, span: Span, *conditions: ColumnElement[bool]) -> Tallies:
    fact = _FACT.c
    chosen = select(_FACT).where(fact.org_id == org_id, fact.span == span.value, *conditions)
    found = await session.execute(chosen)
    return defaultdict(Tally, {(row["first_day"], row["territory"]): Tally.of({**row}) for row in found.mappings()})


def _added_up(days: Tallies, span: Span) -> Tallies:
    """Return the tallies of the weeks or months of these days."""
    found: Tallies = defaultdict(Tally)
    begins = {day: cohort_of(day, span).since for day in {day for day, _ in days}}
    for (day, territory), tally in days.items():
        found[begins[day], territory].add(tally, (day - begins[day]).days)
    return found


async def _wrong_sums(session: ReadSession, org_id: UUID) -> int:
    """Return how many tallies of weeks and months are not what their days add up to."""
    fact, wrong = _FACT.c, 0
    for span in _LONGER:
        there = select(fact.first_day).where(fact.org_id == org_id, fact.span.in_([Span.day.value, span.value]))
        listed = sorted({cohort_of(day, span).since for day in await session.scalars(there.distinct())})
        for start in range(0, len(listed), _CHECKED_COHORTS):
            last = listed[start : start + _CHECKED_COHORTS][-1]
            chosen = within(fact.first_day, Period(listed[start], cohort_of(last, span).until))
            days = await _kept(session, org_id, Span.day, chosen)
            wrong += _unlike(_added_up(days, span), await _kept(session, org_id, span, chosen))
    return wrong


def _unlike(one: Mapping[tuple[date, str], Tally], other: Mapping[tuple[date, str], Tally]) -> int:
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())
