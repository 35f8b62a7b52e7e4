"""Cohorts of days: which part of a period facts can answer, and which part only the records. Pure Python."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from app.metrics.indicator import Granularity, Period

_DAY: Final = timedelta(days=1)
_WEEK_DAYS: Final = 7
_BEGINS: Final = timedelta(hours=-2)
"""No service day begins earlier than this before 00:00 UTC: midnight in Paris in summer."""
_ENDS: Final = timedelta(hours=35)
"""None ends later than this after 00:00 UTC of its day: noon in Paris in winter, the day after."""


class Span(StrEnum):
    """How many days one fact covers; weeks begin on Monday."""

    day = "day"
    week = "week"
    month = "month"


BY_MONTH: Final = (Span.month, Span.week, Span.day)
BY_WEEK: Final = (Span.week, Span.day)
BY_DAY: Final = (Span.day,)
"""The spans a question can use, longest first."""


class Standing(StrEnum):
    """What of a cohort's facts holds."""

    settled = "settled"
    """All of it."""
    fresh = "fresh"
    """Only how many there are: what became of none of them counts yet."""


Judge = Callable[[Period], Standing | None]
"""Says what holds of a cohort's facts; None where some of it counts and some does not."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A period cut into parts, each day in exactly one of them; cohorts by their span and first day."""

    settled: Mapping[Span, Sequence[date]]
    fresh: Mapping[Span, Sequence[date]]
    counted: Sequence[Period]
    """Days whose facts are stale, or hold in part."""


def always_settled(_cohort: Period) -> Standing:
    """Return the judgement on facts that hold as soon as they are computed."""
    return Standing.settled


def followed_by(horizon: timedelta, as_of: datetime) -> Judge:
    """Return the judgement on cohorts of referrals that are each followed for `horizon`."""

    def judge(cohort: Period) -> Standing | None:
        if _midnight(cohort.until - _DAY) <= as_of - horizon - _ENDS:
            return Standing.settled
        return Standing.fresh if _midnight(cohort.since) > as_of - horizon - _BEGINS else None

    return judge


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def cut(period: Period, stale: Collection[date], judge: Judge, spans: Sequence[Span]) -> Parts:
    """Cut a period into what facts answer, of the longest of these spans that fit, and what the records answer.

    `spans` come longest first and end with the day.
    """
    found: dict[Standing, dict[Span, list[date]]] = {one: {span: [] for span in spans} for one in Standing}
    counted: list[date] = []
    waiting = [(period, 0)]
    while waiting:
        part, depth = waiting.pop()
        span = spans[depth]
        for cohort in part.split(Granularity(span.value)):
            usable = _is_whole(cohort, span) and not any(cohort.since <= day < cohort.until for day in stale)
            standing = judge(cohort) if usable else None
            if standing is not None:
                found[standing][span].append(cohort.since)
            elif span is Span.day:
                counted.append(cohort.since)
            else:
                waiting.append((cohort, depth + 1))
    return Parts(found[Standing.settled], found[Standing.fresh], runs(sorted(counted)))


def widened(days: Iterable[date], around: int) -> set[date]:
    """Return days with those that lie at most so many days before or after one of them."""
    return {
        date.fromordinal(number)
        for day in days
        for number in range(day.toordinal() - around, day.toordinal() + around + 1)
        if date.min.toordinal() <= number <= date.max.toordinal()
    }


def _is_whole(cohort: Period, span: Span) -> bool:
    match span:
        case Span.month:
            return cohort.since.day == 1 and cohort.until.day == 1
        case Span.week:
            return cohort.days == _WEEK_DAYS
        case Span.day:
            return True


def cohort_of(day: date, span: Span) -> Period:
    """Return the week or month that a day lies in."""
    first = day.replace(day=1) if span is Span.month else day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=31)).split(Granularity(span.value))[0]


def runs(days: Iterable[date]) -> list[Period]:
    """Return ascending days as periods without gaps."""
    found: list[Period] = []
    for day in days:
        if found and found[-1].until == day:
            found[-1] = Period(found[-1].since, day + _DAY)
        else:
            found.append(Period(day, day + _DAY))
    return found
