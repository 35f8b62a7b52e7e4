"""Asking for figures: whose view, which question, and the answer with its rates."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app import errors
from app.audit.service import Act, append
from app.db.engine import ReadSession
from app.directory.schemas import LabelSent
from app.directory.service import Directory, current_directory
from app.directory.vocabulary import Label
from app.errors import Fault
from app.http.context import Context
from app.identity.rules import Principal
from app.identity.vocabulary import Reach
from app.metrics import queries
from app.metrics.definitions import (
    FAILURES,
    FUNNEL_RULE,
    FUNNEL_VERSION,
    RATE_RULES,
    GroupBy,
    OutcomeAtHorizon,
    Stage,
)
from app.metrics.queries import FunnelQuestion, View
from app.metrics.records import FunnelCounts
from app.metrics.schemas import (
    AnsweredSent,
    CountSent,
    FunnelGroupSent,
    FunnelSent,
    OutcomeSent,
    RateSent,
    StageSent,
)
from app.metrics.statistics import Ratio, is_small

LONGEST_PERIOD: Final = timedelta(days=1100)


def view_of(principal: Principal, directory: Directory, territory: str | None) -> View:
    """Return what the principal may see, narrowed to a territory and everything below it.

    An unknown territory, or one outside the principal's perimeter, is not there for it.
    """
    org_id: UUID | None = principal.org_id if principal.reach is Reach.organisation else None
    seen = directory.within(principal.perimeter) if principal.perimeter is not None else None
    if territory is not None:
        asked = directory.descendants(territory)
        seen = asked if seen is None else seen & asked
        if not seen:
            raise errors.not_found()
    return View(org_id, seen)


async def ask_funnel(
    context: Context,
    session: ReadSession,
    principal: Principal,
    question: FunnelQuestion,
    territory: str | None,
) -> FunnelSent:
    """Return the funnel of a cohort, after writing down who asked for it."""
    if not timedelta(0) < question.until - question.since <= LONGEST_PERIOD:
        raise errors.invalid(faults=[Fault("?to", "period", "must be after from, by 1100 days at most")])
    directory = await current_directory(context.database, session, question.as_of)
    view = view_of(principal, directory, territory)
    await _write_down(context, principal, question, territory)
    groups = await queries.funnel(session, view, question)
    total = sum(groups, FunnelCounts.none())
    label = _labeller(directory, question.group_by)
    return FunnelSent(
        definition="referral_funnel",
        definition_version=FUNNEL_VERSION,
        rule=LabelSent.of(FUNNEL_RULE),
        as_of=question.as_of,
        period_from=question.since,
        period_to=question.until,
        horizon_days=question.horizon.days,
        territory=territory,
        kind=question.kind,
        group_by=question.group_by,
        groups=[_group(counts, label(counts.key)) for counts in groups] if question.group_by else [],
        total=_group(total, None),
    )


async def _write_down(context: Context, principal: Principal, question: FunnelQuestion, territory: str | None) -> None:
    detail = {
        "from": question.since,
        "to": question.until,
        "horizon_days": question.horizon.days,
        "kind": question.kind,
        "territory": territory,
        "group_by": question.group_by,
    }
    act = Act(principal.org_id, principal.subject_id, "metrics.funnel", question.as_of, _plain(detail))
    async with context.database.writing() as session:
        await append(session, context.keyring, [act])


def _plain(detail: dict[str, object]) -> dict[str, object]:
    return {key: value.isoformat() if isinstance(value, date | datetime) else value for key, value in detail.items()}


def _labeller(directory: Directory, group_by: GroupBy | None) -> Callable[[str | None], Label | None]:
    labels: dict[str, Label] = {}
    if group_by is GroupBy.kind:
        labels = {kind.rule.code: kind.label for kind in directory.kinds}
    elif group_by is GroupBy.territory:
        labels = {found.place.code: Label(found.name, found.name) for found in directory.all_territories}
    return lambda key: labels.get(key or "")


def _count(n: int) -> CountSent:
    return CountSent(n=n, small=is_small(n))


def _group(counts: FunnelCounts, label: Label | None) -> FunnelGroupSent:
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
        label=LabelSent.of(label) if label else None,
        made=_count(counts.made),
        followed=_count(counts.followed),
        not_yet_followed=_count(counts.made - counts.followed),
        late=_count(counts.late),
        waitlisted=_count(counts.waitlisted_recorded),
        stages=[
            StageSent(stage=stage, reached=_count(some), recorded=_count(recorded))
            for stage, (some, recorded) in reached.items()
        ],
        outcomes=[OutcomeSent(outcome=outcome, count=_count(n)) for outcome, n in outcomes.items()],
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
        "success_worst_case": Ratio(success, counts.followed),
        "success_known_outcome": Ratio(success, success + failed),
        "provider_acceptance": Ratio(counts.provider_accepted, counts.provider_accepted + counts.refused),
        "unknown_share": Ratio(counts.followed - success - failed, counts.followed),
    }
    return [
        RateSent(
            code=code,
            rule=LabelSent.of(RATE_RULES[code]),
            value=ratio.value,
            numerator=ratio.numerator,
            denominator=ratio.denominator,
            unit="ratio",
            reason=None if ratio.denominator else "no referral in the denominator",
        )
        for code, ratio in ratios.items()
    ]
