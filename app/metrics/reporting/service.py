"""Asking how teams report, and computing its indicators."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from app.directory.rules import local_day, service_day
from app.directory.schemas import LabelSent
from app.identity.records import Team
from app.metrics.asking import Compute, Question, limits
from app.metrics.figures import MeasureSent, TermSent
from app.metrics.indicator import LATE_AFTER_HOURS, Figure, Period, Split
from app.metrics.reporting import queries
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
    Kept,
)
from app.metrics.reporting.schemas import ReportingSent, TeamReportingSent
from app.metrics.reporting.statistics import Histogram, quantile, within

Figures = dict[str, Figure]
Computing = Callable[[Question, Period], Awaitable[Figures]]
_LAGS: Final = {
    Kept.encounters: queries.encounter_lags,
    Kept.patrols: queries.patrol_lags,
    Kept.referrals: queries.referral_lags,
}


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


async def _timeliness(kept: Kept, question: Question, period: Period) -> Figures:
    lags: Histogram = await _LAGS[kept](question.session, question.view, period)
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


async def _completeness(question: Question, period: Period) -> Figures:
    said = await queries.described(question.session, question.view, period)
    facts = {f"{fact}_unknown": _share(period, getattr(said, fact), said.single, NO_RECORDS) for fact in FACTS}
    return facts | {"encounters_with_patrol": _share(period, said.linked, said.encounters, NO_RECORDS)}


async def _closed(question: Question, period: Period) -> Figures:
    part = await queries.closed_in_time(question.session, question.view, period, question.as_of)
    return {"referrals_closed_in_time": _share(period, part.some, part.all, NONE_DUE)}


async def _no_plan(_question: Question, period: Period) -> Figures:
    return {"patrol_reports_received": Figure(period.since, period.until, None, None, 0, None, reason=NO_PLAN)}


async def _events(question: Question, period: Period) -> Figures:
    part = await queries.events(question.session, question.view, period)
    return {"events_without_effect": _share(period, part.some, part.all, NO_EVENTS)}


async def _held(question: Question, period: Period) -> Figures:
    view = question.view
    if view.org_id is None or view.territories is not None:
        held = Figure(period.since, period.until, None, None, 0, None, reason=NOT_OF_A_PLACE)
    else:
        n = await queries.held_events(question.session, view.org_id)
        held = Figure(period.since, period.until, None, n, n, None)
    return {"events_held": held}


async def _clocks(question: Question, period: Period) -> Figures:
    part = await queries.skewed(question.session, question.view, period)
    return {"records_off_clock": _share(period, part.some, part.all, NO_RECORDS)}


async def _silence(question: Question, period: Period) -> Figures:
    teams = await team_days(question, period)
    return {"silent_days": _silent(period, teams, None)}


def _silent(period: Period, teams: Sequence[TeamDays], key: str | None) -> Figure:
    silent, expected = (sum(getattr(one, name) for one in teams) for name in ("silent", "expected"))
    return _share(period, silent, expected, NO_TEAM_DAYS, key=key)


async def team_days(question: Question, period: Period) -> list[TeamDays]:
    """Return what each team was expected to send and sent, by name of the team.

    Teams are those of the caller's organisation; for a perimeter, those with a record in it in the period or the 90
    days before. A team is expected from the day it was entered until it is closed, on days that are over.
    """
    earlier = date.fromordinal(max(1, period.since.toordinal() - LOOKED_BACK_DAYS))
    org_id = question.view.org_id
    wide = period if org_id is not None else Period(earlier, period.until)
    found: defaultdict[UUID, set[date]] = defaultdict(set)
    for row in await queries.days(question.session, question.view, wide):
        found[row.team_id].add(row.day)
    teams = await queries.teams(question.session, org_id=org_id, ids=found)
    return [_expected(question, period, team, found[team.id]) for team in teams]


def _expected(question: Question, period: Period, team: Team, days: set[date]) -> TeamDays:
    over = service_day(question.as_of, night=team.night)
    closed = [local_day(team.closed_at)] if team.closed_at is not None else []
    since, until = max(period.since, local_day(team.created_at)), min([period.until, over, *closed])
    reported = frozenset(day for day in days if since <= day < until)
    return TeamDays(team, until, max(0, (until - since).days), reported)


_PARTS: Final[Mapping[str, Computing]] = {
    **{f"{kept.value}_{name}": partial(_timeliness, kept) for kept in Kept for name in (*QUANTILES, *LIMITS)},
    **{f"{fact}_unknown": _completeness for fact in FACTS},
    "encounters_with_patrol": _completeness,
    "patrol_reports_received": _no_plan,
    "referrals_closed_in_time": _closed,
    "silent_days": _silence,
    "events_without_effect": _events,
    "events_held": _held,
    "records_off_clock": _clocks,
}
_EVERY: Final[Sequence[Computing]] = (
    *(partial(_timeliness, kept) for kept in Kept),
    _completeness,
    _no_plan,
    _closed,
    _events,
    _held,
    _clocks,
)


async def _compute(code: str, question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    if split is None:
        return [(await _PARTS[code](question, period))[code] for period in periods]
    found = []
    for period in periods:
        teams = {str(one.team.id): one for one in await team_days(question, period)}
        found += [_silent(period, [teams[key]], key) for key in sorted(teams)]
    return found


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
    days = await team_days(question, question.period)
    figures: Figures = {"silent_days": _silent(question.period, days, None)}
    for part in _EVERY:
        figures |= await part(question, question.period)
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
