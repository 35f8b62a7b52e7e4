"""Putting the KPIs of a plan together: nothing is asked of the caller, so everybody gets the same."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final

from app.db.engine import ReadSession
from app.http.context import Context
from app.identity.service import list_organisations
from app.metrics.indicator import Figure, Period
from app.metrics.indicators.catalogue import CATALOGUE
from app.monitoring import live, released
from app.monitoring.definitions import ABOUT_PEOPLE, LIVE
from app.monitoring.kpis.definitions import PUBLISHED, Kpi
from app.monitoring.kpis.records import Sheet, Value, Withheld
from app.monitoring.kpis.register import register_values
from app.monitoring.kpis.targets import held_against
from app.monitoring.kpis.vocabulary import Gap, gap, not_live, unpublished
from app.monitoring.periods import last_of_plan
from app.plan.records import Plan, Recorded
from app.plan.records.steering import Target
from app.plan.register import queries
from app.plan.standing import standing
from app.plan.steering.targets import lines
from app.plan.vocabulary import EntryType
from app.releases.vocabulary import WHOLE, Dimension, Measure, Span, Stage

_TYPES = frozenset(EntryType) - {EntryType.series, EntryType.observation, EntryType.acknowledgement}
"""What figures of the register are made of."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan as monitoring looks at it: what was recorded, and on which day one looks."""

    context: Context
    session: ReadSession
    plan: Plan
    recorded: Sequence[Recorded]
    now: datetime
    at: date

    @property
    def targets(self) -> list[Target]:
        """Its targets as they stand."""
        return [line.target for line in lines(standing(self.recorded, self.at))]

    @property
    def perimeter(self) -> str:
        """Code of its perimeter."""
        return self.plan.perimeter or self.context.settings.perimeter


async def see(context: Context, session: ReadSession, plan: Plan, now: datetime, at: date) -> Seen:
    """Return a plan with everything recorded of it that figures are made of."""
    return Seen(context, session, plan, await queries.load(session, plan.plan, _TYPES), now, at)


async def sheet(seen: Seen) -> Sheet:
    """Return every KPI of a plan: the register's, the live ones, those of the newest releases."""
    values = [
        *register_values(seen.recorded, seen.plan, seen.at),
        *await live_values(seen),
        *await published_values(seen),
    ]
    return Sheet(held_against(values, seen.targets, seen.at), withheld())


async def live_values(seen: Seen) -> list[Value]:
    """Return the indicators about no person, of the plan's last month that is over."""
    month = last_of_plan(seen.plan, seen.now)
    if month is None:
        return [Value(kpi, None, None, gap(Gap.plan_not_begun)) for kpi in live_kpis().values()]
    if not await was_there(seen.session, month):
        return [Value(kpi, month, None, gap(Gap.before_service)) for kpi in live_kpis().values()]
    found = await live_series(seen, [month])
    return [of_figure(live_kpis()[code], figures[0]) for code, figures in found.items()]


async def live_series(
    seen: Seen, months: Sequence[Period], codes: Collection[str] = LIVE
) -> Mapping[str, Sequence[Figure]]:
    """Return live indicators, all or some, for each of several months."""
    question = await live.whole_view(seen.context, seen.session, seen.perimeter, months[-1], seen.now)
    return await live.figures(question, months, codes)


async def was_there(session: ReadSession, month: Period) -> bool:
    """Say whether anybody could record in the service before a month was over: no month before is full of zeros."""
    return any(one.created_at.date() < month.until for one in await list_organisations(session))


@cache
def live_kpis() -> Mapping[str, Kpi]:
    """Return the live indicators as KPIs, by code: their rule is their definition."""
    return {
        code: Kpi(code, one.label, one.rule, one.unit.value, one.version) for code, one in live.LIVE_INDICATORS.items()
    }


def of_figure(kpi: Kpi, figure: Figure) -> Value:
    """Return a figure of the catalogue as the value of a KPI."""
    return Value(
        kpi,
        Period(figure.since, figure.until),
        figure.value,
        not_live(figure.reason) if figure.value is None else None,
        unknown=figure.unknown,
        base=figure.base,
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    """Which cell of which releases a KPI is."""

    span: Span
    measure: Measure
    dimension: Dimension = Dimension.total
    category: str = WHOLE
    share: bool = False


_CELLS: Final[Mapping[str, _Cell]] = {
    "published_encounters": _Cell(Span.month, Measure.encounters),
    "published_referrals": _Cell(Span.month, Measure.referrals),
    "published_arrived": _Cell(Span.quarter, Measure.referrals, Dimension.stage, Stage.arrived.value),
    "published_admitted": _Cell(Span.quarter, Measure.referrals, Dimension.stage, Stage.admitted.value),
    "published_admitted_share": _Cell(
        Span.quarter, Measure.referrals, Dimension.stage, Stage.admitted.value, share=True
    ),
    "published_first_contacts": _Cell(Span.year, Measure.first_contacts),
}


async def published_values(seen: Seen) -> list[Value]:
    """Return the figures about people of the newest release of each span that lies within the plan."""
    every = await released.of_plan(seen.session, seen.perimeter, seen.plan.valid_from, seen.plan.valid_to)
    newest = {span: released.newest(every, span) for span in Span}
    told = {span: await released.told(seen.session, one) if one else None for span, one in newest.items()}
    return [published_of(code, told[_CELLS[code].span]) for code in PUBLISHED]


def published_of(code: str, told: released.Told | None) -> Value:
    """Return a figure about people as a release tells it."""
    which = _CELLS[code]
    cell = told.cell(which.measure, which.dimension, which.category) if told else None
    if told is None or cell is None:
        return Value(PUBLISHED[code], None, None, gap(Gap.no_release))
    value, why = (cell.share, cell.share_missing) if which.share else (cell.value, cell.value_missing)
    return Value(PUBLISHED[code], _period(told), value, unpublished(why) if why else None, source=told.release.id)


def _period(told: released.Told) -> Period:
    return Period(told.release.period_from, told.release.period_to)


@cache
def withheld() -> Sequence[Withheld]:
    """Return the indicators about people, which nobody outside gets live."""
    return [Withheld(code, entry.indicator.label) for code, entry in CATALOGUE.items() if code in ABOUT_PEOPLE]
