"""Timers that ran out: facts know how many referrals have which timer, and a calendar says which have run out.

A cohort counts with a timer once the timer of its last referral has run out, and does not count while none has. A week
or month in between is looked at by its weeks and days, and a day in between, of which each timer has two at most, by
its referrals.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import orjson

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_DAY, BY_WEEK, Parts, Span, Standing, cohort_of, cut, followed_by
from app.metrics.indicator import Period
from app.metrics.reporting import facts
from app.metrics.reporting.queries import from_records
from app.metrics.reporting.records import Part

_DAY: Final = timedelta(days=1)
_SHORTER: Final = {Span.month: BY_WEEK, Span.week: BY_DAY}
Cohort = tuple[Span, date]
Timers = Mapping[str, int]


@dataclass(slots=True)
class _Finding:
    """What is known so far of each period of a series, and what must be looked at."""

    as_of: datetime
    found: list[Part]
    number: dict[Cohort, int]
    """Of the period a cohort lies in."""
    wanted: defaultdict[Cohort, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Shorter cohorts, with the timers that have all run out."""
    running: defaultdict[int, defaultdict[int, list[Period]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By period and timer, days that are counted from the records."""
    standings: dict[tuple[Cohort, str], Standing | None] = field(default_factory=dict)

    def judge(self, cohort: Cohort, timer: str) -> Standing | None:
        """Say whether the timers of a cohort have run out, asking only once what is hard to come by."""
        key = cohort, timer
        if key not in self.standings:
            judge = followed_by(timedelta(seconds=int(timer)), self.as_of)
            self.standings[key] = judge(_days(cohort))
            if self.standings[key] is None:
                self._look_closer(cohort, timer)
        return self.standings[key]

    def _look_closer(self, cohort: Cohort, timer: str) -> None:
        number, seconds = self.number[cohort], int(timer)
        if cohort[0] is Span.day:
            self.running[number][seconds].append(_days(cohort))
            return
        parts = cut(_days(cohort), (), followed_by(timedelta(seconds=seconds), self.as_of), _SHORTER[cohort[0]])
        for span, first_days in parts.settled.items():
            for first_day in first_days:
                self.number[span, first_day] = number
                self.wanted[span, first_day].add(timer)
        self.running[number][seconds] += parts.counted

    def add(self, cohort: Cohort, due: int, closed: int) -> None:
        """Count referrals of a cohort whose timers have run out."""
        number = self.number[cohort]
        self.found[number] = self.found[number].plus(Part(due, closed))


async def closed_in_time(session: ReadSession, view: View, parts: Sequence[Parts], as_of: datetime) -> list[Part]:
    """Return how many referrals' timers ran out, and how many had a known outcome by then, in the clean days."""
    number = {
        (span, first_day): n for n, one in enumerate(parts) for span, days in one.settled.items() for first_day in days
    }
    finding = _Finding(as_of, [Part() for _ in parts], number)
    for cohort, due, closed in await _timers(session, view, list(number)):
        for timer, referrals in due.items():
            if finding.judge(cohort, timer) is Standing.settled:
                finding.add(cohort, referrals, closed[timer])
    for cohort, due, closed in await _timers(session, view, list(finding.wanted)):
        for timer in finding.wanted[cohort] & due.keys():
            finding.add(cohort, due[timer], closed[timer])
    for n, running in finding.running.items():
        some = await from_records.closed_with_timers(session, view, running, as_of)
        finding.found[n] = finding.found[n].plus(some)
    return finding.found


async def _timers(session: ReadSession, view: View, cohorts: Sequence[Cohort]) -> list[tuple[Cohort, Timers, Timers]]:
    """Return (cohort, referrals by timer, those closed) of each territory."""
    listed: defaultdict[Span, list[date]] = defaultdict(list)
    for span, first_day in cohorts:
        listed[span].append(first_day)
    rows = await facts.read(session, view, ["due", "closed"], listed, view.territories)
    return [((Span(span), first_day), orjson.loads(due), orjson.loads(closed)) for span, first_day, due, closed in rows]


def _days(cohort: Cohort) -> Period:
    span, first_day = cohort
    return Period(first_day, first_day + _DAY) if span is Span.day else cohort_of(first_day, span)
