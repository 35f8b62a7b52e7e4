"""Asking for the time to success, and its indicators."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Final

from app.directory.schemas import LabelSent
from app.directory.service import Directory
from app.metrics.asking import Compute, Question, limits
from app.metrics.figures import CountSent, RateSent, kind_labels, territory_labels
from app.metrics.indicator import Figure, Period, Split, any_small
from app.metrics.time_to_success import counting
from app.metrics.time_to_success.definitions import (
    CAUSES,
    MARKS,
    RATE_RULES,
    SHARES,
    TEST_RULE,
    TIME_RULE,
    TIME_VERSION,
    Ending,
    TimeGroupBy,
    why_not_compared,
)
from app.metrics.time_to_success.indicators import INCIDENCES, LONGEST_DAYS, QUANTILES
from app.metrics.time_to_success.queries import TimeQuestion
from app.metrics.time_to_success.records import Cohort, Ended, cohort_of
from app.metrics.time_to_success.schemas import (
    ComparisonSent,
    EndingSent,
    IncidenceCurveSent,
    IncidenceSent,
    QuantileSent,
    TimeGroupSent,
    TimeSent,
)
from app.metrics.time_to_success.statistics.curve import Curve, Reading
from app.metrics.time_to_success.statistics.gray import gray_test
from app.metrics.time_to_success.statistics.incidence import band

Labels = Callable[[str | None], LabelSent | None]
_BY_SPLIT: Final = {Split.kind: TimeGroupBy.kind, Split.territory: TimeGroupBy.territory}


async def ask_time(question: Question, horizon_days: int, group_by: TimeGroupBy | None) -> TimeSent:
    """Return the time to success of a cohort, after writing down who asked for it."""
    await question.write_down("metrics.time_to_success", horizon_days=horizon_days, group_by=group_by)
    asked = TimeQuestion([question.period], horizon_days, question.as_of, question.kind, group_by)
    [counts] = await counting.days_to_ending(question.session, question.view, asked)
    groups = _cohorts(counts, horizon_days) if group_by else []
    label = _labels(question.directory, group_by)
    return TimeSent(
        definition="time_to_success",
        definition_version=TIME_VERSION,
        rule=LabelSent.of(TIME_RULE),
        **limits(question),
        horizon_days=horizon_days,
        unit="days",
        kind=question.kind,
        group_by=group_by,
        groups=[_group(cohort, label(cohort.key)) for cohort in groups],
        total=_group(cohort_of(None, horizon_days, counts), None),
        comparison=_comparison(groups) if group_by else None,
    )


def _cohorts(counts: Sequence[Ended], horizon_days: int) -> list[Cohort]:
    return [cohort_of(key, horizon_days, group) for key, group in groupby(counts, attrgetter("key"))]


def _labels(directory: Directory, group_by: TimeGroupBy | None) -> Labels:
    match group_by:
        case TimeGroupBy.kind:
            return kind_labels(directory)
        case TimeGroupBy.territory:
            return territory_labels(directory)
        case _:
            return lambda _key: None


def _group(cohort: Cohort, label: LabelSent | None) -> TimeGroupSent:
    curve = Curve.of(cohort.days, cohort.horizon)
    marks = sorted({day for day in MARKS if day < cohort.horizon} | {cohort.horizon})
    return TimeGroupSent(
        key=cohort.key,
        label=label,
        made=CountSent.of(cohort.made),
        late=CountSent.of(cohort.late),
        endings=[EndingSent(ending=ending, count=CountSent.of(n)) for ending, n in cohort.endings.items()],
        rates=[
            RateSent.of("censored_share", RATE_RULES["censored_share"], cohort.censored, cohort.made),
            RateSent.of("unknown_share", RATE_RULES["unknown_share"], cohort.endings[Ending.expired], cohort.made),
        ],
        known_until=curve.known_until,
        curve=_curve(curve),
        quantiles=[_quantile(share, curve.quantile(share)) for share in SHARES],
        incidences=[_incidence(day, cohort, curve.at(day)) for day in marks],
    )


def _curve(curve: Curve) -> IncidenceCurveSent:
    steps = curve.steps
    limits_95 = [band(step.incidence[0], step.variance) for step in steps]
    by_cause = {cause.value: [step.incidence[n] for step in steps] for n, cause in enumerate(CAUSES)}
    return IncidenceCurveSent(
        day=[step.day for step in steps],
        at_risk=[step.at_risk for step in steps],
        small=any_small(*(step.at_risk for step in steps)),
        success_low=[low for low, _high in limits_95],
        success_high=[high for _low, high in limits_95],
        waiting=[step.waiting for step in steps],
        **by_cause,
    )


def _quantile(share: float, reading: Reading) -> QuantileSent:
    value, low, high = (None if day is None else int(day) for day in (reading.value, reading.low, reading.high))
    return QuantileSent(share=share, value=value, low=low, high=high, unit="days", reason=reading.reason)


def _incidence(day: int, cohort: Cohort, reading: Reading) -> IncidenceSent:
    return IncidenceSent(
        day=day,
        value=reading.value,
        low=reading.low,
        high=reading.high,
        n=cohort.successes_until(day),
        small=any_small(cohort.successes_until(day)),
        unit="ratio",
        reason=reading.reason,
    )


def _comparison(cohorts: Sequence[Cohort]) -> ComparisonSent:
    """Test the groups against each other, when there are enough referrals and successes in each."""
    reason = why_not_compared([(cohort.made, cohort.endings[Ending.success]) for cohort in cohorts])
    found = None if reason else gray_test([cohort.days for cohort in cohorts])
    return ComparisonSent(
        test="gray",
        rule=LabelSent.of(TEST_RULE),
        groups=len(cohorts),
        statistic=found.statistic if found else None,
        degrees_of_freedom=found.degrees if found else None,
        p_value=found.p if found else None,
        reason=None if found else reason or "the groups leave no variance to compare them by",
    )


async def _figures(
    horizon_days: int,
    read: Callable[[Curve], Reading],
    question: Question,
    periods: Sequence[Period],
    split: Split | None,
) -> list[Figure]:
    """Return what is read off the curve of every period and, when split, of every group in it."""
    group_by = _BY_SPLIT[split] if split else None
    asked = TimeQuestion(periods, horizon_days, question.as_of, question.kind, group_by)
    counted = await counting.days_to_ending(question.session, question.view, asked)
    figures = []
    for period, counts in zip(periods, counted, strict=True):
        cohorts = _cohorts(counts, horizon_days) if split else [cohort_of(None, horizon_days, counts)]
        figures += [_figure(period, cohort, read(Curve.of(cohort.days, horizon_days))) for cohort in cohorts]
    return figures


def _figure(period: Period, cohort: Cohort, reading: Reading) -> Figure:
    return Figure(
        since=period.since,
        until=period.until,
        key=cohort.key,
        value=reading.value,
        n=cohort.endings[Ending.success],
        denominator=cohort.made,
        unknown=cohort.censored,
        base=cohort.made,
        late=cohort.late,
        low=reading.low,
        high=reading.high,
        reason=reading.reason,
    )


def _read_quantile(share: float) -> Callable[[Curve], Reading]:
    return lambda curve: curve.quantile(share)


def _read_at(day: int) -> Callable[[Curve], Reading]:
    return lambda curve: curve.at(day)


COMPUTED: Final[Mapping[str, Compute]] = {
    **{code: partial(_figures, LONGEST_DAYS, _read_quantile(share)) for code, share in QUANTILES.items()},
    **{code: partial(_figures, days, _read_at(days)) for code, days in INCIDENCES.items()},
}
"""What computes each indicator of the room, by code."""
