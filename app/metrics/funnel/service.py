"""Asking for the funnel, and its rates."""

from collections.abc import Callable
from datetime import timedelta

from app.directory.schemas import LabelSent
from app.directory.service import Directory
from app.metrics.asking import Question, limits
from app.metrics.figures import CountSent, RateSent, kind_labels, territory_labels
from app.metrics.funnel import queries
from app.metrics.funnel.definitions import (
    FAILURES,
    FUNNEL_RULE,
    FUNNEL_VERSION,
    RATE_RULES,
    GroupBy,
    OutcomeAtHorizon,
    Stage,
)
from app.metrics.funnel.queries import FunnelQuestion
from app.metrics.funnel.records import FunnelCounts
from app.metrics.funnel.schemas import AnsweredSent, FunnelGroupSent, FunnelSent, OutcomeSent, StageSent

Labels = Callable[[str | None], LabelSent | None]


async def ask_funnel(question: Question, horizon: timedelta, group_by: GroupBy | None) -> FunnelSent:
    """Return the funnel of a cohort, after writing down who asked for it."""
    await question.write_down("metrics.funnel", horizon_days=horizon.days, group_by=group_by)
    cohort = FunnelQuestion(question.period, horizon, question.as_of, question.kind, group_by)
    groups = await queries.funnel(question.session, question.view, cohort)
    total = sum(groups, FunnelCounts.none())
    label = _labels(question.directory, group_by)
    return FunnelSent(
        definition="referral_funnel",
        definition_version=FUNNEL_VERSION,
        rule=LabelSent.of(FUNNEL_RULE),
        **limits(question),
        horizon_days=horizon.days,
        kind=question.kind,
        group_by=group_by,
        groups=[_group(counts, label(counts.key)) for counts in groups] if group_by else [],
        total=_group(total, None),
    )


def _labels(directory: Directory, group_by: GroupBy | None) -> Labels:
    match group_by:
        case GroupBy.kind:
            return kind_labels(directory)
        case GroupBy.territory:
            return territory_labels(directory)
        case _:
            return lambda _key: None


def _group(counts: FunnelCounts, label: LabelSent | None) -> FunnelGroupSent:
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
        key=counts.key,
        label=label,
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
        ),
        rates=_rates(counts, outcomes),
    )


def _outcomes(counts: FunnelCounts) -> dict[OutcomeAtHorizon, int]:
    found = {
        outcome: getattr(counts, outcome.value) for outcome in OutcomeAtHorizon if outcome is not OutcomeAtHorizon.open
    }
    return found | {OutcomeAtHorizon.open: counts.followed - sum(found.values())}


def _rates(counts: FunnelCounts, outcomes: dict[OutcomeAtHorizon, int]) -> list[RateSent]:
    success = outcomes[OutcomeAtHorizon.success]
    failed = sum(outcomes[failure] for failure in FAILURES)
    ratios = {
        "success_worst_case": (success, counts.followed),
        "success_known_outcome": (success, success + failed),
        "provider_acceptance": (counts.provider_accepted, counts.provider_accepted + counts.refused),
        "unknown_share": (counts.followed - success - failed, counts.followed),
    }
    return [RateSent.of(code, RATE_RULES[code], *counted) for code, counted in ratios.items()]
