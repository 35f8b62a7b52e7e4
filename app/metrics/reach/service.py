"""Asking for reach, and its indicators: one look at the encounters, then each indicator's reading of the counts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Final

from app import errors
from app.directory.schemas import LabelSent
from app.errors import Fault
from app.identity.service import list_teams
from app.metrics.asking import Compute, Question, limits
from app.metrics.figures import MeasureSent, TermSent, territory_labels
from app.metrics.indicator import Figure, Granularity, Period, Ratio, Split
from app.metrics.reach.counting import counts, persons
from app.metrics.reach.definitions import (
    INDICATORS,
    MOST_GROUPED_PERIODS,
    MOST_PERIODS,
    REACH_RULE,
    REACH_VERSION,
    ReachGroupBy,
)
from app.metrics.reach.records import Reached, reached
from app.metrics.reach.schemas import ReachGroupSent, ReachPeriodSent, ReachSent

Labels = Callable[[str | None], LabelSent | None]


def _figure(
    of: Reached,
    value: float | None,
    n: int,
    denominator: int | None = None,
    unknown: int | None = None,
    reason: str | None = None,
) -> Figure:
    since, until = of.period.since, of.period.until
    base = None if unknown is None else of.counts.contacts
    return Figure(since, until, of.key, value, n, denominator, unknown, base, of.counts.late, reason=reason)


def _anonymous(of: Reached) -> int:
    return of.counts.contacts - of.counts.with_card


def _unsaid(of: Reached) -> int:
    return of.counts.contacts - of.counts.first - of.counts.met_before


def _plain(counted: Callable[[Reached], int], unknown: Callable[[Reached], int] | None, of: Reached) -> Figure:
    """Read a count; `unknown` counts the contacts that it cannot know about."""
    n = counted(of)
    return _figure(of, n, n, unknown=unknown(of) if unknown else None)


def _file_active(of: Reached) -> Figure:
    if of.persons is None:
        return _figure(of, None, 0, unknown=_anonymous(of), reason=of.unknown)
    if of.counts.contacts and not of.persons:
        return _figure(of, None, 0, unknown=_anonymous(of), reason="no card was shown")
    return _figure(of, of.persons, of.persons, unknown=_anonymous(of))


def _anonymous_share(of: Reached) -> Figure:
    above, below = _anonymous(of), of.counts.contacts
    return _figure(of, Ratio(above, below).value, above, below, reason=None if below else "no contact")


def _per_person(of: Reached) -> Figure:
    above, below = of.counts.with_card, of.persons
    if below is None:
        return _figure(of, None, above, None, _anonymous(of), of.unknown)
    reason = None if below else "no card was shown"
    return _figure(of, Ratio(above, below).value, above, below, _anonymous(of), reason)


_READINGS: Final[Mapping[str, Callable[[Reached], Figure]]] = {
    "contacts": partial(_plain, lambda of: of.counts.contacts, None),
    "encounters": partial(_plain, lambda of: of.counts.encounters, None),
    "file_active": _file_active,
    "first_contacts_without_card": partial(_plain, lambda of: of.counts.first_without_card, _unsaid),
    "anonymous_share": _anonymous_share,
    "contacts_per_person": _per_person,
    "new_contacts": partial(_plain, lambda of: of.counts.first, _unsaid),
    "returning_contacts": partial(_plain, lambda of: of.counts.met_before, _unsaid),
}


async def ask_reach(question: Question, granularity: Granularity, group_by: ReachGroupBy | None) -> ReachSent:
    """Return reach over a period and its series, after writing down who asked for it."""
    periods = _periods(question.period, granularity, group_by)
    await question.write_down("metrics.reach", granularity=granularity, group_by=group_by)
    label = await _labels(question, group_by)
    series = await _series(question, periods, group_by, label)
    whole = series if len(series) == 1 else await _series(question, [question.period], group_by, label)
    first, last = question.period.since, question.period.until - timedelta(days=1)
    return ReachSent(
        definition="reach",
        definition_version=REACH_VERSION,
        rule=LabelSent.of(REACH_RULE),
        **limits(question),
        granularity=granularity,
        group_by=group_by,
        calendar_years=list(range(first.year, last.year + 1)),
        terms=[TermSent.of(indicator) for indicator in INDICATORS.values()],
        whole=whole[0],
        series=series,
    )


def _periods(period: Period, granularity: Granularity, group_by: ReachGroupBy | None) -> Sequence[Period]:
    """Return the periods of the series, or raise `invalid` for too many of them."""
    periods = period.split(granularity)
    most = MOST_GROUPED_PERIODS if group_by else MOST_PERIODS
    if len(periods) > most:
        detail = f"gives more than {most} periods; take longer ones"
        raise errors.invalid(faults=[Fault("?granularity", "period", detail)])
    return periods


async def _labels(question: Question, group_by: ReachGroupBy | None) -> Labels:
    """Return what finds the label of a group; teams of other organisations have none."""
    match group_by:
        case ReachGroupBy.territory:
            return territory_labels(question.directory)
        case ReachGroupBy.team:
            teams = await list_teams(question.session, question.principal.org_id)
            names = {str(team.id): LabelSent(fr=team.name, en=team.name) for team in teams}
            return lambda key: names.get(key or "")
        case None:
            return lambda _key: None


async def _series(
    question: Question, periods: Sequence[Period], group_by: ReachGroupBy | None, label: Labels
) -> list[ReachPeriodSent]:
    totals = await _reached(question, periods, None)
    groups = await _reached(question, periods, group_by) if group_by else []
    by_period = {period: list(found) for period, found in groupby(groups, key=lambda of: of.period)}
    return [
        ReachPeriodSent(
            period_from=total.period.since,
            period_to=total.period.until,
            total=_sent(total, None),
            groups=[_sent(of, label(of.key)) for of in by_period.get(total.period, [])],
        )
        for total in totals
    ]


def _sent(of: Reached, label: LabelSent | None) -> ReachGroupSent:
    measures = [MeasureSent.of(code, reading(of)) for code, reading in _READINGS.items()]
    return ReachGroupSent(key=of.key, label=label, measures=measures)


async def _reached(question: Question, periods: Sequence[Period], group_by: ReachGroupBy | None) -> list[Reached]:
    asked = question.session, question.view, periods, group_by
    counted = await counts(*asked)
    return reached(periods, counted, await persons(*asked, counted), grouped=group_by is not None)


_PERSONS: Final = frozenset({"file_active", "contacts_per_person"})


def _computing(code: str) -> Compute:
    """Return what computes one indicator; only those about persons look for distinct ones."""

    async def compute(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
        group_by = None if split is None else ReachGroupBy(split.value)
        asked = question.session, question.view, periods, group_by
        counted = await counts(*asked)
        people = await persons(*asked, counted) if code in _PERSONS else {}
        found = reached(periods, counted, people, grouped=split is not None)
        return [_READINGS[code](of) for of in found]

    return compute


COMPUTED: Final[Mapping[str, Compute]] = {code: _computing(code) for code in INDICATORS}
