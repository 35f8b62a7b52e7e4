"""Asking for the funnel, and its rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from app.directory.schemas import LabelSent
from app.identity.service import list_teams
from app.marks.queries import unlinked_before
from app.metrics.asking import Question, check_crossing, limits
from app.metrics.figures import CountSent, kind_labels, territory_labels
from app.metrics.funnel import queries
from app.metrics.funnel.counting import count
from app.metrics.funnel.definitions import (
    FAILURES,
    FUNNEL_RULE,
    FUNNEL_VERSION,
    PERSON_RULE,
    RATE_RULES,
    Compare,
    GroupBy,
    OutcomeAtHorizon,
    Stage,
)
from app.metrics.funnel.queries import FunnelQuestion
from app.metrics.funnel.records import FunnelCounts
from app.metrics.funnel.schemas import (
    AnsweredSent,
    CohortSent,
    FunnelGroupSent,
    FunnelSent,
    OutcomeSent,
    PersonFunnelSent,
    PersonStageSent,
    RateRuleSent,
    RatioSent,
    StageSent,
)
from app.metrics.indicator import Period, Ratio, any_small
from app.metrics.linking import CARDS_GONE, gone

Labels = Callable[[str], LabelSent | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a funnel besides its cohort."""

    horizon: timedelta
    group_by: tuple[GroupBy, ...] = ()
    persons: bool = False
    compare: Compare | None = None


async def ask_funnel(question: Question, wanted: Wanted) -> FunnelSent:
    """Return the funnel of a cohort, after writing down who asked for it."""
    horizon, group_by = wanted.horizon, wanted.group_by
    check_crossing(question, group_by)
    await question.write_down("metrics.funnel", horizon_days=horizon.days, group_by=group_by, compare=wanted.compare)
    labels = [await _labels(question, split) for split in group_by]
    groups, total = await _cohort(question, wanted, labels, question.period)
    other = _other_period(question.period, wanted.compare)
    compared = await _cohort(question, wanted, labels, other) if other else None
    missing = CARDS_GONE if gone([question.period], await unlinked_before(question.session)) else None
    return FunnelSent(
        definition="referral_funnel",
        definition_version=FUNNEL_VERSION,
        rule=LabelSent.of(FUNNEL_RULE),
        **limits(question),
        horizon_days=horizon.days,
        kind=question.kind,
        group_by=list(group_by),
        rates=[RateRuleSent(code=code, rule=LabelSent.of(rule), unit="ratio") for code, rule in RATE_RULES.items()],
        groups=groups,
        total=total,
        persons=await _persons(question, wanted) if wanted.persons and missing is None else None,
        persons_reason=missing if wanted.persons else None,
        compared=CohortSent(period_from=other.since, period_to=other.until, groups=compared[0], total=compared[1])
        if other and compared
        else None,
    )


async def _cohort(
    question: Question, wanted: Wanted, labels: Sequence[Labels], period: Period
) -> tuple[list[FunnelGroupSent], FunnelGroupSent]:
    """Return the groups of a cohort, none unless it is split, and its total."""
    cohort = FunnelQuestion(period, wanted.horizon, question.as_of, question.kind, wanted.group_by)
    counted = await count(question.session, question.view, question.directory, cohort)
    total = reduce(lambda one, other: one.plus(other, ()), counted, FunnelCounts.none())
    named = [_group(one, [label(code) for label, code in zip(labels, one.key, strict=True)]) for one in counted]
    return named if wanted.group_by else [], _group(total, [])


def _other_period(period: Period, compare: Compare | None) -> Period | None:
    match compare:
        case Compare.previous_period:
            return Period(period.since - timedelta(days=period.days), period.since)
        case Compare.year_before:
            return Period(_year_before(period.since), _year_before(period.until))
        case None:
            return None


def _year_before(day: date) -> date:
    """Return the same day a year before; 28 February for a leap day."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


async def _persons(question: Question, wanted: Wanted) -> PersonFunnelSent:
    cohort = FunnelQuestion(question.period, wanted.horizon, question.as_of, question.kind, ())
    followed, linked, persons, *steps = await queries.persons(question.session, question.view, cohort)
    stages = dict(zip((Stage.requested, Stage.accepted, Stage.arrived, Stage.admitted), steps, strict=False))
    return PersonFunnelSent(
        rule=LabelSent.of(PERSON_RULE),
        linked=CountSent.of(linked),
        linked_share=Ratio(linked, followed).value,
        persons=CountSent.of(persons),
        stages=[PersonStageSent(stage=stage, persons=CountSent.of(n)) for stage, n in stages.items()],
        succeeded=CountSent.of(steps[-1]),
    )


async def _labels(question: Question, split: GroupBy) -> Labels:
    """Return what finds the words for a code of this split; codes of the calendar need none."""
    directory = question.directory
    match split:
        case GroupBy.kind:
            return kind_labels(directory)
        case GroupBy.territory:
            return territory_labels(directory)
        case GroupBy.facility:
            names = {str(key): found.name for key, found in directory.facilities.items()}
            return lambda code: _named(names.get(code))
        case GroupBy.team if question.view.org_id is not None:
            teams = await list_teams(question.session, question.view.org_id)
            called = {str(team.id): team.name for team in teams}
            return lambda code: _named(called.get(code))
        case _:
            return lambda _code: None


def _named(name: str | None) -> LabelSent | None:
    return LabelSent(fr=name, en=name) if name else None


def _group(counts: FunnelCounts, labels: list[LabelSent | None]) -> FunnelGroupSent:
    reached = {
        Stage.offered: (counts.followed, counts.offered_recorded),
        Stage.requested: (counts.requested, counts.requested_recorded),
        Stage.accepted: (counts.accepted, counts.accepted_recorded),
        Stage.arrived: (counts.arrived, counts.arrived_recorded),
        Stage.admitted: (counts.admitted, counts.admitted_recorded),
    }
    outcomes = _outcomes(counts)
    answered = counts.answered_app + counts.answered_desk + counts.answered_phone
    return FunnelGroupSent(
        key=list(counts.key),
        labels=labels,
        made=CountSent.of(counts.made),
        followed=CountSent.of(counts.followed),
        not_yet_followed=CountSent.of(counts.made - counts.followed),
        late=CountSent.of(counts.late),
        waitlisted=CountSent.of(counts.waitlisted_recorded),
        stages=[
            StageSent(stage=stage, reached=CountSent.of(some), recorded=CountSent.of(recorded))
            for stage, (some, recorded) in reached.items()
        ],
        outcomes=[OutcomeSent(outcome=outcome, count=CountSent.of(n)) for outcome, n in outcomes.items()],
        answered=AnsweredSent(
            app=counts.answered_app,
            desk=counts.answered_desk,
            phone=counts.answered_phone,
            nobody=counts.followed - answered,
            small=any_small(
                counts.answered_app, counts.answered_desk, counts.answered_phone, counts.followed - answered
            ),
        ),
        rates=_rates(counts, outcomes),
    )


def _outcomes(counts: FunnelCounts) -> dict[OutcomeAtHorizon, int]:
    found = {
        outcome: getattr(counts, outcome.value) for outcome in OutcomeAtHorizon if outcome is not OutcomeAtHorizon.open
    }
    return found | {OutcomeAtHorizon.open: counts.followed - sum(found.values())}


def _rates(counts: FunnelCounts, outcomes: dict[OutcomeAtHorizon, int]) -> list[RatioSent]:
    success = outcomes[OutcomeAtHorizon.success]
    failed = sum(outcomes[failure] for failure in FAILURES)
    ratios = {
        "success_worst_case": (success, counts.followed),
        "success_known_outcome": (success, success + failed),
        "provider_acceptance": (counts.provider_accepted, counts.provider_accepted + counts.refused),
        "unknown_share": (counts.followed - success - failed, counts.followed),
    }
    return [_ratio(code, above, below) for code, (above, below) in ratios.items()]


def _ratio(code: str, above: int, below: int) -> RatioSent:
    reason = None if below else "nothing in the denominator"
    return RatioSent(
        code=code,
        value=Ratio(above, below).value,
        numerator=above,
        denominator=below,
        small=any_small(above, below),
        reason=reason,
    )
