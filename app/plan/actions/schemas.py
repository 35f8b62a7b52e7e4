"""Actions as they go over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.plan.actions.findings import ActionLine
from app.plan.actions.milestones import MilestoneLine
from app.plan.records.register import Assessment
from app.plan.sent import (
    BODY_EXAMPLE,
    HEADING_EXAMPLE,
    SOURCE_EXAMPLE,
    BodyNamedSent,
    Names,
    PlanHeading,
    ReasonSent,
    SourceSent,
    label_of,
    reason_example,
)
from app.plan.term_schemas import RuleSent, rule_example
from app.plan.vocabulary import LABELS, ActionStatus, Lacking, MilestoneState


class FoundSent(Sent):
    """What a body last found of an action."""

    body: BodyNamedSent
    status: ActionStatus
    label: LabelSent = Field(description="The status in words.")
    on: date = Field(description="The day it was found.")
    source: SourceSent

    @classmethod
    def of(cls, found: Assessment, names: Names) -> "FoundSent":
        """Return a finding as it is sent."""
        return cls(
            body=BodyNamedSent.of(found.body, names),
            status=found.status,
            label=LabelSent.of(LABELS[ActionStatus][found.status]),
            on=found.on,
            source=SourceSent.of(found.source),
        )


class ReachedSent(Sent):
    """Who says that a milestone was reached, and when."""

    body: BodyNamedSent
    on: date = Field(description="The day it was reached.")
    source: SourceSent


class MilestoneSent(Sent):
    """A milestone at the date."""

    code: str
    title: LabelSent
    action: int | None = Field(description="Number of its action; null for the whole plan.")
    first_due_on: date = Field(description="The day it was due at first.")
    due_on: date = Field(description="The day it is due now.")
    slip_days: int = Field(description="Days it was moved by; negative when brought forward.")
    state: MilestoneState
    reached_on: date | None = Field(description="The earliest day a body gives.")
    days_after_due: int | None = Field(description="Days from `due_on` to `reached_on`; negative when early.")
    reached: list[ReachedSent] = Field(description="What each body says, by day.")
    source: SourceSent = Field(description="Where the day it is due now was taken from.")

    @classmethod
    def of(cls, line: MilestoneLine, names: Names) -> "MilestoneSent":
        """Return a milestone as it is sent."""
        said = [
            ReachedSent(body=BodyNamedSent.of(one.body, names), on=one.on, source=SourceSent.of(one.source))
            for one in line.reached
        ]
        return cls(
            code=line.milestone.code,
            title=label_of(line.milestone.title),
            action=line.milestone.action,
            first_due_on=line.first_due,
            due_on=line.milestone.due_on,
            slip_days=line.slip_days,
            state=line.state,
            reached_on=line.reached_on,
            days_after_due=line.days_after_due,
            reached=said,
            source=SourceSent.of(line.milestone.source),
        )


class ActionSent(Sent):
    """An action at the date: as planned, as found by each body, and how it slipped."""

    number: int = Field(description="Number of the action, as the plan prints it.")
    title: LabelSent
    title_published: bool = Field(description="False for a placeholder: the plan numbers it, its title is unknown.")
    objective: int | None = Field(description="Number of the objective it is for.")
    lead: BodyNamedSent | None = Field(description="The body that leads it.")
    partners: list[BodyNamedSent] = Field(description="The bodies that take part.")
    indicators: list[str] = Field(description="Codes of the indicators it is followed by.")
    planned_start: date | None = Field(description="First planned day, as last worded.")
    first_planned_end: date | None = Field(description="The first end that was ever planned.")
    planned_end: date | None = Field(description="Last planned day, as last worded.")
    wordings: int = Field(description="How often the plan worded it, the first time included.")
    slip_days: int | None = Field(description="Days from the first planned end to the last.")
    slip_reason: Lacking | None = Field(description="Why there is no slip.")
    late_since: date | None = Field(description="First day after its planned end; null when it is not late.")
    days_late: int | None = Field(description="Days from its planned end to `at`; null when it is not late.")
    contradictory: bool = Field(description="Whether two bodies last found different statuses.")
    days_apart: int | None = Field(description="Days between the oldest and the newest of what bodies last found.")
    found: list[FoundSent] = Field(description="What each body last found, by code of the body.")
    milestones: list[MilestoneSent] = Field(description="By the day due now.")
    source: SourceSent = Field(description="Where its last wording was taken from.")

    @classmethod
    def of(cls, line: ActionLine, at: date, names: Names) -> "ActionSent":
        """Return an action as it is sent."""
        action, planned = line.action, line.schedule
        late = planned.end if line.late_since else None
        return cls(
            number=action.number,
            title=label_of(action.title),
            title_published=action.title_published,
            objective=action.objective,
            lead=BodyNamedSent.of(action.lead, names) if action.lead else None,
            partners=[BodyNamedSent.of(one, names) for one in action.partners],
            indicators=list(action.indicators),
            planned_start=action.planned_start,
            first_planned_end=planned.first_end,
            planned_end=planned.end,
            wordings=planned.revisions + 1,
            slip_days=planned.slip_days,
            slip_reason=planned.lacking,
            late_since=line.late_since,
            days_late=(at - late).days if late else None,
            contradictory=line.contradictory,
            days_apart=line.days_apart,
            found=[FoundSent.of(one, names) for one in line.found],
            milestones=[MilestoneSent.of(one, names) for one in line.milestones],
            source=SourceSent.of(action.source),
        )


MILESTONE_EXAMPLE: Final[dict[str, Any]] = {
    "code": "ouverture",
    "title": {"fr": "Ouverture d'un espace de repos", "en": "Opening of a rest room"},
    "action": 12,
    "first_due_on": "2019-12-31",
    "due_on": "2020-03-31",
    "slip_days": 91,
    "state": "reached",
    "reached_on": "2020-04-06",
    "days_after_due": 6,
    "reached": [{"body": BODY_EXAMPLE, "on": "2020-04-06", "source": SOURCE_EXAMPLE}],
    "source": SOURCE_EXAMPLE,
}
ACTION_EXAMPLE: Final[dict[str, Any]] = {
    "number": 12,
    "title": {"fr": "Ouvrir des espaces de repos", "en": "Open rest rooms"},
    "title_published": True,
    "objective": 2,
    "lead": BODY_EXAMPLE,
    "partners": [BODY_EXAMPLE],
    "indicators": ["contacts"],
    "planned_start": "2019-05-27",
    "first_planned_end": "2020-06-30",
    "planned_end": "2021-03-31",
    "wordings": 3,
    "slip_days": 274,
    "slip_reason": None,
    "late_since": "2021-04-01",
    "days_late": 91,
    "contradictory": False,
    "days_apart": 0,
    "found": [
        {
            "body": BODY_EXAMPLE,
            "status": "partly_done",
            "label": {"fr": "réalisée en partie", "en": "partly done"},
            "on": "2021-06-30",
            "source": SOURCE_EXAMPLE,
        }
    ],
    "milestones": [MILESTONE_EXAMPLE],
    "source": SOURCE_EXAMPLE,
}


class ActionsSent(PlanHeading):
    """Every action of a plan at a date."""

    model_config = Sent.model_config | example(
        HEADING_EXAMPLE
        | {
            "actions": [ACTION_EXAMPLE],
            "rules": [rule_example("slip_days")],
            "reasons": [reason_example(Lacking.never_dated)],
        }
    )

    actions: list[ActionSent] = Field(description="By number.")
    rules: list[RuleSent] = Field(description="What the fields mean, in words.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
