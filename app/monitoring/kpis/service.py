"""Putting the KPIs of a plan together: nothing is asked of the caller, so everybody gets the same."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from app.db.engine import ReadSession
from app.directory.service import current_directory
from app.identity.service import list_organisations
from app.metrics.indicator import Figure, Period
from app.metrics.indicators.catalogue import CATALOGUE
from app.monitoring import live
from app.monitoring.definitions import ABOUT_PEOPLE, LIVE
from app.monitoring.kpis.definitions import Kpi
from app.monitoring.kpis.published import published_values
from app.monitoring.kpis.records import Sheet, Value, Withheld
from app.monitoring.kpis.register import register_values
from app.monitoring.kpis.seen import Seen, named
from app.monitoring.kpis.targets import held_against
from app.monitoring.kpis.vocabulary import Gap, Why, gap, not_live
from app.monitoring.periods import last_of_plan


async def sheet(seen: Seen) -> Sheet:
    """Return every KPI of a plan: the register's, the live ones, those of the newest releases."""
    values = [
        *register_values(seen.recorded, seen.plan, seen.at),
        *await live_values(seen),
        *await published_values(seen),
    ]
    return Sheet(held_against(values, seen.targets, seen.at), withheld())


async def live_values(seen: Seen) -> list[Value]:
    """Return the indicators about no person, of the plan's last month that is over.

    First of the perimeter, then those for which the plan set a target for a territory.
    """
    month = last_of_plan(seen.plan, seen.now)
    if month is None:
        return [Value(kpi, None, None, gap(Gap.plan_not_begun)) for kpi in live_kpis().values()]
    why = await _why_not_live(seen, month)
    found = await _live_of(seen, month, LIVE, None, why)
    directory = await current_directory(seen.context.database, seen.session, seen.now)
    for place, codes in seen.places(live_kpis(), month.until).items():
        found += named(directory, place, await _live_of(seen, month, codes, place, why))
    return found


async def _live_of(
    seen: Seen, month: Period, codes: Collection[str], place: str | None, why: Why | None
) -> list[Value]:
    if why is not None:
        return [Value(kpi, month, None, why) for code, kpi in live_kpis().items() if code in codes]
    found = await live_series(seen, [month], codes, place)
    return [of_figure(live_kpis()[code], figures[0]) for code, figures in found.items()]


async def _why_not_live(seen: Seen, month: Period) -> Why | None:
    if not await was_there(seen.session, month):
        return gap(Gap.before_service)
    return gap(Gap.taken_late) if seen.late else None


async def live_series(
    seen: Seen, months: Sequence[Period], codes: Collection[str] = LIVE, territory: str | None = None
) -> Mapping[str, Sequence[Figure]]:
    """Return live indicators, all or some, for each of several months; of a territory, or of the perimeter."""
    question = await live.whole_view(
        seen.context, seen.session, seen.perimeter, months[-1], seen.now, territory=territory
    )
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


@cache
def withheld() -> Sequence[Withheld]:
    """Return the indicators about people, which nobody outside gets live."""
    return [Withheld(code, entry.indicator.label) for code, entry in CATALOGUE.items() if code in ABOUT_PEOPLE]
