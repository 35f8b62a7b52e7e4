"""Putting the answers on a plan and on its actions together. Entries: those that stand at the date."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from app.plan.actions.findings import actions
from app.plan.actions.histories import history
from app.plan.actions.history_schemas import ActionHistorySent, PastSent
from app.plan.actions.milestones import milestones
from app.plan.actions.realisation import headline, statements, tallies
from app.plan.actions.realisation_schemas import HeadlineSent, ObjectiveSent, PlanSent, StatementSent, TallySent
from app.plan.actions.schemas import ActionSent, ActionsSent, MilestoneSent
from app.plan.records import AnyEntry, Recorded
from app.plan.records.register import Body, Objective, Plan
from app.plan.sent import Names, SourceSent, heading, reasons_sent
from app.plan.standing import of_type, standing
from app.plan.term_schemas import rules_sent
from app.plan.terms import REALISATION
from app.plan.vocabulary import EntryType

ACTION_TYPES: Final = (
    EntryType.body,
    EntryType.action,
    EntryType.milestone,
    EntryType.milestone_reached,
    EntryType.assessment,
)
"""The entries that actions are made of."""
PLAN_TYPES: Final = (*ACTION_TYPES, EntryType.objective, EntryType.statement)
"""The entries that a plan as a whole is made of."""
HISTORY_TYPES: Final = (*ACTION_TYPES, EntryType.amount, EntryType.decision, EntryType.decision_outcome)
"""The entries that may be about one action."""


def plan_sent(entries: Sequence[AnyEntry], plan: Plan, at: date, known_at: datetime | None) -> PlanSent:
    """Return a plan as a whole."""
    names = _names(entries)
    objectives = {one.number: one for one in of_type(entries, Objective)}
    planned, counted, said = milestones(entries, at), tallies(entries), statements(entries)
    given = [one.lacking for one in counted] + [one.derived.lacking for one in said if one.derived]
    return PlanSent(
        **heading(plan, at, known_at),
        valid_from=plan.valid_from,
        valid_to=plan.valid_to,
        perimeter=plan.perimeter,
        source=SourceSent.of(plan.source),
        objectives=[ObjectiveSent.of(objectives[number]) for number in sorted(objectives)],
        headline=HeadlineSent.of(headline(actions(entries, at), [one.state for one in planned])),
        assessors=[TallySent.of(one, names) for one in counted],
        statements=[StatementSent.said(one, names) for one in said],
        milestones=[MilestoneSent.of(one, names) for one in planned],
        rules=rules_sent(REALISATION),
        reasons=reasons_sent(given),
    )


def actions_sent(entries: Sequence[AnyEntry], plan: Plan, at: date, known_at: datetime | None) -> ActionsSent:
    """Return every action of a plan."""
    names = _names(entries)
    lines = [ActionSent.of(one, at, names) for one in actions(entries, at)]
    return ActionsSent(
        **heading(plan, at, known_at),
        actions=lines,
        rules=rules_sent(REALISATION),
        reasons=reasons_sent(one.slip_reason for one in lines),
    )


def action_sent(
    recorded: Sequence[Recorded], number: int, plan: Plan, at: date, known_at: datetime | None
) -> ActionHistorySent | None:
    """Return one action with its history, or None when no action has the number at the date."""
    entries = standing(recorded, at, known_at)
    line = next((one for one in actions(entries, at) if one.action.number == number), None)
    if line is None:
        return None
    names = _names(entries)
    return ActionHistorySent(
        **heading(plan, at, known_at),
        action=ActionSent.of(line, at, names),
        history=[PastSent.of(one, names) for one in history(recorded, number, at, known_at)],
        rules=rules_sent(REALISATION),
        reasons=reasons_sent([line.schedule.lacking]),
    )


def _names(entries: Sequence[AnyEntry]) -> Names:
    return {one.code: one for one in of_type(entries, Body)}
