"""Computing admissions per place declared vacant."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from app.directory.service import Directory
from app.directory.vocabulary import SuccessState
from app.metrics.asking import Compute, Question
from app.metrics.indicator import Figure, Period, Ratio, Split
from app.metrics.vacancies import queries
from app.metrics.vacancies.records import DayOfKind
from app.metrics.walltime import EPOCH

_NO_ADMISSIONS: Final = "where arriving is enough there are no admissions to count"
_NO_REPORT: Final = "no facility declared a free place"


def _admitting(directory: Directory, kind: str | None) -> frozenset[str]:
    """Return the kinds whose success is an admission; only the one asked for when there is one."""
    kinds = {one.rule.code for one in directory.kinds if one.rule.success is SuccessState.admitted}
    return frozenset(kinds if kind is None else kinds & {kind})


async def _admissions_per_vacant_place(
    question: Question, periods: Sequence[Period], split: Split | None
) -> list[Figure]:
    kinds = _admitting(question.directory, question.kind)
    seen = question.view.territories
    facilities = [
        facility.ref
        for facility in question.directory.facilities.values()
        if facility.ref.kind in kinds and (seen is None or facility.ref.territory_code in seen)
    ]
    whole = Period(periods[0].since, periods[-1].until)
    days = [
        *await queries.filled(question.session, question.view, facilities, whole),
        *await queries.admissions(question.session, question.view, kinds, whole),
    ]
    nothing = _NO_REPORT if kinds else _NO_ADMISSIONS
    sums = _sums(periods, split, days)
    return [_figure(period, kind, sums[period.since, kind], nothing) for period, kind in _cells(periods, split, sums)]


_Sums = Mapping[tuple[date, str | None], DayOfKind]


def _sums(periods: Sequence[Period], split: Split | None, days: Sequence[DayOfKind]) -> _Sums:
    """Add the days up by (first day of their period, kind when split); without a split every period is there."""
    starts = [(period.since - EPOCH).days for period in periods]
    sums: dict[tuple[date, str | None], DayOfKind] = {}
    if split is None:
        sums = {(period.since, None): DayOfKind(start, "") for period, start in zip(periods, starts, strict=True)}
    for day in days:
        index = bisect_right(starts, day.day) - 1
        key = periods[index].since, day.kind if split else None
        sums[key] = sums.get(key, DayOfKind(starts[index], day.kind)).plus(day)
    return sums


def _cells(periods: Sequence[Period], split: Split | None, sums: _Sums) -> list[tuple[Period, str | None]]:
    """Return the figures wanted: one a period, or one for each kind that occurs in it."""
    if split is None:
        return [(period, None) for period in periods]
    kinds = sorted({kind or "" for _, kind in sums})
    return [(period, kind) for period in periods for kind in kinds if (period.since, kind) in sums]


def _figure(period: Period, kind: str | None, counts: DayOfKind, nothing: str) -> Figure:
    return Figure(
        since=period.since,
        until=period.until,
        key=kind,
        value=Ratio(counts.filled, counts.vacant).value,
        n=counts.filled,
        denominator=counts.vacant,
        unknown=counts.admitted - counts.filled,
        base=counts.admitted,
        late=counts.late,
        reason=None if counts.vacant else nothing,
    )


COMPUTED: Final[Mapping[str, Compute]] = {"admissions_per_vacant_place": _admissions_per_vacant_place}
