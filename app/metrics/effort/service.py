"""Asking for the effort of patrols, and computing its indicators."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final, Literal
from uuid import UUID

from app import errors
from app.clock import DAY_MS, HOUR_MS, MINUTE_MS
from app.directory.rules import service_day
from app.directory.schemas import LabelSent
from app.errors import Fault
from app.metrics.asking import Compute, Question, limits
from app.metrics.contacts import counting as contacts
from app.metrics.effort import queries
from app.metrics.effort.definitions import (
    EFFORT_RULE,
    EFFORT_VERSION,
    INDICATORS,
    NO_PLAN,
    NOT_OF_A_TEAM,
    EffortBy,
)
from app.metrics.effort.schemas import EffortGroupSent, EffortSent
from app.metrics.effort.statistics import (
    OF_PATROLS,
    Door,
    Doors,
    Skip,
    Tally,
    night_minutes,
    of_doors,
    open_minutes,
    planned_nights,
)
from app.metrics.figures import MeasureSent, TermSent
from app.metrics.indicator import Figure, Period, Split
from app.metrics.patrolling import counting as patrolling
from app.metrics.patrolling.records import Worked
from app.metrics.walltime import EPOCH, Wall

MOST_PERIODS: Final = 400
"""A year of days, and then some: a longer series wants longer periods."""
Groups = dict[tuple[int, UUID | None], Tally]
"""Tallies by number of the period and team; the team is None when not asked by team."""


def _over(question: Question) -> date:
    """Return the first service day that is not over: it lasts until noon for those who work at night."""
    return service_day(question.as_of, night=True)


def _hull(periods: Sequence[Period]) -> Period:
    return Period(periods[0].since, periods[-1].until)


async def tallies(question: Question, periods: Sequence[Period], *, by_team: bool) -> Groups:
    """Return what each period adds up to, by team when asked; a team without patrol or contact is not there."""
    session, view, over = question.session, question.view, _over(question)
    found: Groups = defaultdict(Tally)
    for cell, worked in (await patrolling.worked(session, view, periods, by_team=by_team)).items():
        found[cell] += _of_patrols(worked, over)
    dimension: Literal["team_id"] | None = "team_id" if by_team else None
    met = await contacts.counted(session, view, periods, dimension, ("contacts", "contacts_timed"))
    for cell, (people, timed) in met.items():
        found[cell] += Tally(contacts=people, contacts_timed=timed)
    return found


def _of_patrols(worked: Worked, over: date) -> Tally:
    counts = worked.patrols
    return Tally(
        patrols=counts.patrols,
        timed=counts.timed,
        open_ended=counts.open_ended,
        without_contact=counts.without_contact,
        late=counts.late,
        nights=sum(day < over for day in worked.nights),
        ms=counts.ms,
        night_ms=counts.night_ms,
    )


def skips_of(wall: Wall) -> list[Skip]:
    """Return what the changes of the clock do to the nights they fall in: an hour shown twice, or not at all."""
    found = []
    for change in wall.changes:
        low, high = sorted((change.at + change.before, change.at + change.after))
        day = (low - 12 * HOUR_MS) // DAY_MS
        begins, ends = ((local - day * DAY_MS) // MINUTE_MS for local in (low, high))
        times = 0 if change.after > change.before else 2
        found.append(Skip(EPOCH + timedelta(days=day), begins, ends, times))
    return found


def _doors(question: Question) -> dict[UUID, Door]:
    """Return the facilities in view: of the caller's organisation, or in the territories it sees, or both."""
    view = question.view
    return {
        one.id: Door(one.hours, one.ref.opened_on, one.ref.closed_on)
        for one in question.directory.facilities.values()
        if view.org_id in {None, one.ref.org_id}
        and (view.territories is None or one.ref.territory_code in view.territories)
    }


async def doors(question: Question, periods: Sequence[Period]) -> list[Doors]:
    """Return what was planned and reported of the nights of each period."""
    hull, over = _hull(periods), _over(question)
    found = _doors(question)
    owners = {question.directory.facilities[one].ref.org_id for one in found}
    said = {
        (row.facility_id, row.day): row.open
        for row in await queries.nights_reported(question.session, owners, found, hull)
    }
    planned = {
        (facility_id, day)
        for facility_id, door in found.items()
        for day in planned_nights(door, hull.since, hull.until)
    }
    skips, starts = skips_of(Wall.around(hull)), [period.since for period in periods]
    nights: defaultdict[int, list[bool | None]] = defaultdict(list)
    for facility_id, day in planned:
        if day < over:
            nights[bisect_right(starts, day) - 1].append(said.get((facility_id, day)))
    return [
        Doors(
            open_minutes(found.values(), skips, period.since, period.until),
            night_minutes(skips, period.since, period.until),
            len(nights[number]),
            sum(one is not None for one in nights[number]),
            sum(one is True for one in nights[number]),
        )
        for number, period in enumerate(periods)
    ]


def _figure(
    code: str, question: Question, period: Period, key: str | None, tally: Tally, doors: Doors | None
) -> Figure:
    """Return one indicator of one group."""
    found = partial(Figure, period.since, period.until, key)
    if code in OF_PATROLS:
        return OF_PATROLS[code](tally, found)
    if code == "nights_with_patrol":
        over = max(0, (min(period.until, _over(question)) - period.since).days)
        return found(tally.nights, tally.nights, over, late=tally.late)
    if code == "patrols_held_of_planned":
        return found(None, tally.patrols, None, late=tally.late, reason=NO_PLAN)
    if doors is None:
        return found(None, 0, None, reason=NOT_OF_A_TEAM)
    return of_doors(code, doors, found)


async def _compute(code: str, question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    if code.startswith("night_open"):
        seen = await doors(question, periods)
        return [_figure(code, question, period, None, Tally(), one) for period, one in zip(periods, seen, strict=True)]
    by_team = split is Split.team
    groups = await tallies(question, periods, by_team=by_team)
    if not by_team:
        return [_figure(code, question, one, None, groups[number, None], None) for number, one in enumerate(periods)]
    teams = sorted({str(team) for _, team in groups})
    named = {(number, str(team)): tally for (number, team), tally in groups.items()}
    return [
        _figure(code, question, one, team, named.get((number, team), Tally()), None)
        for number, one in enumerate(periods)
        for team in teams
    ]


COMPUTED: Final[Mapping[str, Compute]] = {code: partial(_compute, code) for code in INDICATORS}


def _sent(
    question: Question,
    period: Period,
    key: str | None,
    tally: Tally,
    doors: Doors | None,
    label: LabelSent | None = None,
) -> EffortGroupSent:
    figures = {code: _figure(code, question, period, key, tally, doors) for code in INDICATORS}
    return EffortGroupSent(
        key=key,
        label=label,
        period_from=period.since,
        period_to=period.until,
        measures=[MeasureSent.of(code, figure) for code, figure in figures.items()],
    )


async def _by_period(question: Question, periods: Sequence[Period]) -> list[EffortGroupSent]:
    groups, seen = await tallies(question, periods, by_team=False), await doors(question, periods)
    return [
        _sent(question, period, period.since.isoformat(), groups[number, None], seen[number])
        for number, period in enumerate(periods)
    ]


async def _by_team(question: Question) -> list[EffortGroupSent]:
    groups = await tallies(question, [question.period], by_team=True)
    by_team = {team: tally for (_, team), tally in groups.items() if team is not None}
    names = await queries.team_names(question.session, by_team)
    labels = {team: LabelSent(fr=name, en=name) for team, name in names.items()}
    return [
        _sent(question, question.period, str(team), by_team[team], None, labels.get(team))
        for team in sorted(by_team, key=str)
    ]


def _periods(period: Period, group_by: EffortBy) -> Sequence[Period]:
    """Return the periods of a series, or raise `invalid` for more than make sense."""
    try:
        periods = period.split(group_by.granularity)
    except (OverflowError, ValueError) as error:  # the calendar ends with the year 9999
        raise errors.invalid(faults=[Fault("?to", "period", "is beyond the calendar")]) from error
    if len(periods) > MOST_PERIODS:
        raise errors.invalid(faults=[Fault("?group_by", "period", f"gives more than {MOST_PERIODS} periods")])
    return periods


async def ask_effort(question: Question, group_by: EffortBy | None) -> EffortSent:
    """Return the effort of a period, after writing down who asked for it."""
    await question.write_down("metrics.effort", group_by=group_by)
    whole = [question.period]
    total, seen = await tallies(question, whole, by_team=False), await doors(question, whole)
    groups: list[EffortGroupSent] = []
    if group_by is EffortBy.team:
        groups = await _by_team(question)
    elif group_by is not None:
        groups = await _by_period(question, _periods(question.period, group_by))
    return EffortSent(
        definition="effort",
        definition_version=EFFORT_VERSION,
        rule=LabelSent.of(EFFORT_RULE),
        **limits(question),
        group_by=group_by,
        terms=[TermSent.of(indicator) for indicator in INDICATORS.values()],
        groups=groups,
        total=_sent(question, question.period, None, total[0, None], seen[0]),
    )
