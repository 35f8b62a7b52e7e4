"""Since when a KPI has been off its target."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

from app.directory.vocabulary import Label
from app.metrics.indicator import Period
from app.monitoring import released
from app.monitoring.alerts.judging import begin_of_run
from app.monitoring.alerts.records import Alert
from app.monitoring.alerts.vocabulary import AlertKind, Severity
from app.monitoring.definitions import LIVE
from app.monitoring.kpis.definitions import OF_PLAN
from app.monitoring.kpis.published import published_of
from app.monitoring.kpis.records import Held, Value
from app.monitoring.kpis.register import register_values
from app.monitoring.kpis.seen import Seen
from app.monitoring.kpis.service import live_series
from app.monitoring.kpis.targets import days_of
from app.monitoring.kpis.vocabulary import KpiStatus
from app.monitoring.periods import month_of, months_until
from app.plan.records.steering import Target
from app.plan.steering.targets import judge
from app.plan.vocabulary import TargetStatus

_OFF = {KpiStatus.watch: Severity.watch, KpiStatus.off_target: Severity.alarm}
_DAY = timedelta(days=1)
_MOST_MONTHS = 120


async def off_target(seen: Seen, held: Sequence[Held]) -> list[Alert]:
    """Return the alerts of KPIs on the wrong side of their target's thresholds."""
    found = []
    for one in held:
        value, target = one.value, one.target
        if one.status not in _OFF or target is None:
            continue
        name = f"{value.kpi.code}.{value.key}" if value.key else value.kpi.code
        since = await _since(seen, value, target)
        severity = _OFF[one.status]
        found.append(Alert(AlertKind.off_target, name, _label(value), since, severity, value.value, target.watch))
    return found


def _label(value: Value) -> Label:
    key, label = value.key_label, value.kpi.label
    return Label(f"{label.fr} : {key.fr}", f"{label.en}: {key.en}") if key else label


async def _since(seen: Seen, value: Value, target: Target) -> date:
    if value.kpi.code in OF_PLAN or value.period is None:
        return _first_day(seen, value, target)
    live = value.kpi.code in LIVE
    return _after_first(target, await (_months(seen, value, target) if live else _releases(seen, value)))


def _is_off(target: Target, value: float | None, days: Period) -> bool:
    status = judge(target, value, days.since, days.until).status
    return status in {TargetStatus.watch, TargetStatus.off_target}


def _after_first(target: Target, values: Mapping[Period, float | None]) -> date:
    """Return the first day after the first of the periods in a row that are off: it could not be known earlier."""
    by_day = {period.since: period for period in sorted(values, key=lambda one: one.since)}
    begins = begin_of_run(list(by_day), lambda day: _is_off(target, values[by_day[day]], by_day[day]))
    return by_day[begins or max(by_day)].until


async def _months(seen: Seen, value: Value, target: Target) -> Mapping[Period, float | None]:
    last = days_of(value, seen.at)
    months = months_until(last, max(target.valid_from, seen.plan.valid_from), _MOST_MONTHS)
    [figures] = (await live_series(seen, months, [value.kpi.code], value.territory)).values()
    return {Period(one.since, one.until): one.value for one in figures}


async def _releases(seen: Seen, value: Value) -> Mapping[Period, float | None]:
    every = await released.of_plan(seen.session, seen.perimeter, seen.plan.valid_from, seen.plan.valid_to)
    [length] = [one.span for one in every if one.id == value.source]
    return {
        Period(one.period_from, one.period_to): published_of(
            value.kpi.code, await released.told(seen.session, one, value.territory), value.territory
        ).value
        for one in every
        if one.span == length
    }


def _first_day(seen: Seen, value: Value, target: Target) -> date:
    """Return the first day of the run of days on which a figure of the register was off, by what is known now.

    Ends of months first, then the days of the month in which it began: a day between two of those may have been better.
    """

    @cache
    def off(day: date) -> bool:
        then = register_values(seen.recorded, seen.plan, day)
        own = [one.value for one in then if (one.kpi.code, one.key) == (value.kpi.code, value.key)]
        return bool(own) and _is_off(target, own[0], Period(day, day + _DAY))

    months = months_until(month_of(seen.at), target.valid_from, _MOST_MONTHS)
    ends = [month.until - _DAY for month in months if month.until <= seen.at]
    run = begin_of_run([*ends, seen.at], off) or seen.at
    before = max((day for day in ends if day < run), default=target.valid_from - _DAY)
    days = [before + timedelta(days=number) for number in range(1, (run - before).days + 1)]
    return begin_of_run(days, off) or run
