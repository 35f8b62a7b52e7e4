"""Every type of entry, and an entry as it was recorded. Pure Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.plan.records.coordination import Committee, Decision, DecisionEnded, Meeting
from app.plan.records.entry import Entry
from app.plan.records.money import Amount
from app.plan.records.register import (
    Action,
    Assessment,
    Body,
    Milestone,
    MilestoneReached,
    Objective,
    Plan,
    Statement,
)
from app.plan.records.steering import Acknowledgement, Observation, Series, Target, Withdrawal
from app.plan.vocabulary import EntryType

AnyEntry = (
    Plan
    | Body
    | Objective
    | Action
    | Milestone
    | MilestoneReached
    | Assessment
    | Statement
    | Amount
    | Committee
    | Meeting
    | Decision
    | DecisionEnded
    | Target
    | Series
    | Observation
    | Acknowledgement
    | Withdrawal
)
TYPES: Final[Mapping[EntryType, type[Entry]]] = {
    EntryType.plan: Plan,
    EntryType.body: Body,
    EntryType.objective: Objective,
    EntryType.action: Action,
    EntryType.milestone: Milestone,
    EntryType.milestone_reached: MilestoneReached,
    EntryType.assessment: Assessment,
    EntryType.statement: Statement,
    EntryType.amount: Amount,
    EntryType.committee: Committee,
    EntryType.meeting: Meeting,
    EntryType.decision: Decision,
    EntryType.decision_outcome: DecisionEnded,
    EntryType.target: Target,
    EntryType.series: Series,
    EntryType.observation: Observation,
    EntryType.acknowledgement: Acknowledgement,
    EntryType.withdrawal: Withdrawal,
}
"""The class of each type of entry."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry with what the service knows of its making."""

    entry: AnyEntry
    recorded_at: datetime
    role: str
    """Role of whoever recorded it."""
    account: UUID | None = None
    """The account; null from the command line."""


__all__ = [
    "TYPES",
    "Acknowledgement",
    "Action",
    "Amount",
    "AnyEntry",
    "Assessment",
    "Body",
    "Committee",
    "Decision",
    "DecisionEnded",
    "Meeting",
    "Milestone",
    "MilestoneReached",
    "Objective",
    "Observation",
    "Plan",
    "Recorded",
    "Series",
    "Statement",
    "Target",
    "Withdrawal",
]
