"""A value held against the plan's target for it. Pure Python."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from app.metrics.indicator import Period
from app.monitoring.kpis.records import Held, Value
from app.monitoring.kpis.vocabulary import KpiStatus, lacking
from app.plan.records.steering import Target
from app.plan.steering.targets import judge, targets_for


def held_against(values: Iterable[Value], targets: Sequence[Target], at: date) -> list[Held]:
    """Return each value with the target for it: of its territory or perimeter, set last where there are several."""
    return [_held(value, targets, at) for value in values]


def places_judged(targets: Sequence[Target], code: str, until: date) -> list[str]:
    """Return the territories with a target for an indicator's value over days that end before `until`, by code."""
    places = {one.territory for one in targets if one.indicator == code and one.territory is not None}
    return sorted(place for place in places if targets_for(targets, code, place, until))


def days_of(value: Value, at: date) -> Period:
    """Return the days a value is about; a state is about the day one looks."""
    return value.period or Period(at, at + timedelta(days=1))


def _held(value: Value, targets: Sequence[Target], at: date) -> Held:
    days = days_of(value, at)
    found = targets_for(targets, value.kpi.code, value.territory, days.until)
    if not found:
        return Held(value, None, KpiStatus.no_target, None)
    target = max(found, key=lambda one: (one.on, one.code))
    judged = judge(target, value.value, days.since, days.until)
    reason = lacking(judged.reason) if judged.reason else None
    return Held(value, target, KpiStatus(judged.status.value), reason)
