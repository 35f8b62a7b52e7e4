"""Asking how teams report, and computing its indicators."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from app.directory.rules import local_day, service_day
from app.directory.schemas import LabelSent
from app.identity.records import Team
from app.metrics.asking import Compute, Question, limits
from app.metrics.figures import MeasureSent, TermSent
from app.metrics.indicator import LATE_AFTER_HOURS, Figure, Period, Split
from app.metrics.reporting import counting
from app.metrics.reporting.definitions import (
    FACTS,
    INDICATORS,
    LIMITS,
    LOOKED_BACK_DAYS,
    NO_EVENTS,
    NO_PLAN,
    NO_RECORDS,
    NO_TEAM_DAYS,
    NONE_DUE,
    NOT_OF_A_PLACE,
    QUANTILES,
    REPORTING_RULE,
    REPORTING_VERSION,
    Aspect,
    Kept,
)
from app.metrics.reporting.queries import from_records
from app.metrics.reporting.records import Report
from app.metrics.reporting.schemas import ReportingSent, TeamReportingSent
from app.metrics.reporting.statistics import Histogram, quantile, within

Figures = dict[str, Figure]
Reading = Callable[[Report, Period], Figures]
Computing = Callable[[Question, Sequence[Period]], Awaitable[list[Figure]]]


@dataclass(frozen=True, slots=True)
class TeamDays:
    """The days of a period on which a team was expected, and those of which it sent something."""

    team: Team
    until: date
    """First day that is not expected."""
    expected: int
    reported: frozenset[date]

    @property
    def silent(self) -> int:
        """Expected days of which nothing was received."""
        return self.expected - len(self.reported)


def _share(
    period: Period, n: int, base: int, reason: str, *, key: str | None = None, late: int | None = None
) -> Figure:
    """Return the share n / base, null for the reason given when the base is 0."""
    value = n / base if base else None
    return Figure(period.since, period.until, key, value, n, base, late=late, reason=None if base else reason)


def _timeliness(kept: Kept, report: Report, period: Period) -> Figures:
    lags: Histogram = report.lags[kept]
    total = sum(lags.values())
    late = total - within(lags, LATE_AFTER_HOURS)
    found = {}
    for name, part in QUANTILES.items():
        value, reason = quantile(lags, part), None if total else NO_RECORDS
        found[f"{kept.value}_{name}"] = Figure(
            period.since, period.until, None, value, total, total, late=late, reason=reason
        )
    for name, limit in LIMITS.items():
        found[f"{kept.value}_{name}"] = _share(period, within(lags, limit), total, NO_RECORDS, late=late)
    return found


def _completeness(report: Report, period: Period) -> Figures:
    said = report.described
    facts = {f"{fact}_unknown": _share(period, getattr(said, fact), said.single, NO_RECORDS) for fact in FACTS}
    return facts | {"encounters_with_patrol": _share(period, said.linked, said.encounters, NO_RECORDS)}


def _closed(report: Report, period: Period) -> Figures:
    return {"referrals_closed_in_time": _share(period, report.closed.some, report.closed.all, NONE_DUE)}


def _answers(report: Report, period: Period) -> Figures:
    return {"events_without_effect": _share(period, report.answers.some, report.answers.all, NO_EVENTS)}


def _clocks(report: Report, period: Period) -> Figures:
    return {"records_off_clock": _share(period, report.clocks.some, report.clocks.all, NO_RECORDS)}


_OF_ASPECTS: Final[Mapping[Aspect, Reading]] = {
    **{Aspect(kept.value): partial(_timeliness, kept) for kept in Kept},
    Aspect.described: _completeness,
    Aspect.closed: _closed,
    Aspect.answers: _answers,
    Aspect.clocks: _clocks,
}


async def _no_plan(_question: Question, periods: Sequence[Period]) -> list[Figure]:
    return [Figure(period.since, period.until, None, None, 0, None, reason=NO_PLAN) for period in periods]


async def _held(question: Question, periods: Sequence[Period]) -> list[Figure]:
    view = question.view
    if view.org_id is None or view.territories is not None:
        return [Figure(period.since, period.until, None, None, 0, None, reason=NOT_OF_A_PLACE) for period in periods]
    n = await from_records.held_events(question.session, view.org_id)
    return [Figure(period.since, period.until, None, n, n, None) for period in periods]


async def _silence(question: Question, periods: Sequence[Period]) -> list[Figure]:
    teams = await team_days(question, periods)
    return [_silent(period, some, None) for period, some in zip(periods, teams, strict=True)]


def _silent(period: Period, teams: Sequence[TeamDays], key: str | None) -> Figure:
    silent, expected = (sum(getattr(one, name) for one in teams) for name in ("silent", "expected"))
    return _share(period, silent, expected, NO_TEAM_DAYS, key=key)


async def team_days(question: Question, periods: Sequence[Period]) -> list[list[TeamDays]]:
    """Return what each team was expected to send and sent in each period of a series, by name of the team.

    Teams are those of the caller's organisation; for a perimeter, those with a record in it in the period or the 90
    days before. A team is expected from the day it was entered until it is closed, on days that are over.
    """
    org_id = question.view.org_id
    since = [period.since if org_id is not None else _earlier(period.since) for period in periods]
    found = await counting.days(question.session, question.view, Period(since[0], periods[-1].until))
    teams = await from_records.teams(question.session, org_id=org_id, ids=found)
    return [
        [
            _expected(question, period, team, found.get(team.id, set()))
            for team in teams
            if org_id is not None or any(first <= day < period.until for day in found.get(team.id, ()))
        ]
        for first, period in zip(since, periods, strict=True)
    ]


def _earlier(day: date) -> date:
    return date.fromordinal(max(1, day.toordinal() - LOOKED_BACK_DAYS))


def _expected(question: Question, period: Period, team: Team, days: set[date]) -> TeamDays:
    over = service_day(question.as_of, night=team.night)
    closed = [local_day(team.closed_at)] if team.closed_at is not None else []
    since, until = max(period.since, local_day(team.created_at)), min([period.until, over, *closed])
    reported = frozenset(day for day in days if since <= day < until)
    return TeamDays(team, until, max(0, (until - since).days), reported)


_ASPECTS: Final[Mapping[str, Aspect]] = {
    **{f"{kept.value}_{name}": Aspect(kept.value) for kept in Kept for name in (*QUANTILES, *LIMITS)},
    **{f"{fact}_unknown": Aspect.described for fact in FACTS},
    "encounters_with_patrol": Aspect.described,
    "referrals_closed_in_time": Aspect.closed,
    "events_without_effect": Aspect.answers,
    "records_off_clock": Aspect.clocks,
}
_OTHERS: Final[Mapping[str, Computing]] = {
    "patrol_reports_received": _no_plan,
    "silent_days": _silence,
    "events_held": _held,
}


async def _compute(code: str, question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    if split is not None:
        found = []
        for period, some in zip(periods, await team_days(question, periods), strict=True):
            teams = {str(one.team.id): one for one in some}
            found += [_silent(period, [teams[key]], key) for key in sorted(teams)]
        return found
    if code in _OTHERS:
        return await _OTHERS[code](question, periods)
    aspect = _ASPECTS[code]
    reports = await counting.reports(question.session, question.view, periods, question.as_of, [aspect])
    return [_OF_ASPECTS[aspect](report, period)[code] for report, period in zip(reports, periods, strict=True)]


COMPUTED: Final[Mapping[str, Compute]] = {code: partial(_compute, code) for code in INDICATORS}


def _team_sent(one: TeamDays, silent_after: timedelta) -> TeamReportingSent:
    last = max(one.reported, default=None)
    expected = one.expected > 0
    return TeamReportingSent(
        team_id=one.team.id,
        name=one.team.name,
        days_expected=one.expected,
        days_reported=len(one.reported),
        days_silent=one.silent,
        last_day=last,
        silent=expected and (last is None or one.until - last > silent_after),
    )


async def ask_reporting(question: Question, silent_after_days: int) -> ReportingSent:
    """Return how teams report, after writing down who asked for it."""
    await question.write_down("metrics.reporting", silent_after_days=silent_after_days)
    period = question.period
    [days] = await team_days(question, [period])
    [report] = await counting.reports(question.session, question.view, [period], question.as_of, list(Aspect))
    figures: Figures = {"silent_days": _silent(period, days, None)}
    for reading in _OF_ASPECTS.values():
        figures |= reading(report, period)
    for code, computing in (("patrol_reports_received", _no_plan), ("events_held", _held)):
        [figures[code]] = await computing(question, [period])
    teams = [_team_sent(one, timedelta(days=silent_after_days)) for one in days]
    return ReportingSent(
        definition="reporting_health",
        definition_version=REPORTING_VERSION,
        rule=LabelSent.of(REPORTING_RULE),
        **limits(question),
        silent_after_days=silent_after_days,
        terms=[TermSent.of(indicator) for indicator in INDICATORS.values()],
        measures=[MeasureSent.of(code, figures[code]) for code in INDICATORS],
        teams=teams,
        silent_teams=[one.team_id for one in teams if one.silent],
    )
