"""A plan as a whole as it goes over the wire: where its actions are by whom, and what was said of it."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.plan.actions.realisation import Headline, Said, Tally, published_share
from app.plan.actions.schemas import MILESTONE_EXAMPLE, MilestoneSent
from app.plan.records.register import Objective
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
from app.plan.vocabulary import ActionStatus, Lacking, MilestoneState, StatementMeasure, Subject


class ObjectiveSent(Sent):
    """An objective of the plan."""

    number: int = Field(description="Number of the objective, as the plan prints it.")
    title: LabelSent
    source: SourceSent

    @classmethod
    def of(cls, objective: Objective) -> "ObjectiveSent":
        """Return an objective as it is sent."""
        source = SourceSent.of(objective.source)
        return cls(number=objective.number, title=label_of(objective.title), source=source)


class HeadlineSent(Sent):
    """The actions of the plan, in a line."""

    actions: int = Field(description="Actions of the plan at the date.")
    placeholders: int = Field(description="Those whose title was not published.")
    dated: int = Field(description="Those with a planned end.")
    slipped: int = Field(description="Those whose planned end was moved to a later day.")
    late: int = Field(description="Those past their planned end that no body found done.")
    contradictory: int = Field(description="Those of which two bodies found different things.")
    assessed: int = Field(description="Those of which at least one body found something.")
    milestones_due: int = Field(description="Milestones not reached, whose day has not passed.")
    milestones_reached: int = Field(description="Milestones that a body says were reached.")
    milestones_missed: int = Field(description="Milestones not reached, whose day has passed.")

    @classmethod
    def of(cls, line: Headline) -> "HeadlineSent":
        """Return a headline as it is sent."""
        return cls(
            actions=line.actions,
            placeholders=line.placeholders,
            dated=line.dated,
            slipped=line.slipped,
            late=line.late,
            contradictory=line.contradictory,
            assessed=line.assessed,
            milestones_due=line.milestones[MilestoneState.due],
            milestones_reached=line.milestones[MilestoneState.reached],
            milestones_missed=line.milestones[MilestoneState.missed],
        )


class TallySent(Sent):
    """What one body last found of the actions there are."""

    body: BodyNamedSent
    actions: int = Field(description="Actions of the plan at the date: what the share is of.")
    not_started: int = Field(description="Actions it found not started.")
    initiated: int = Field(description="Actions it found initiated.")
    partly_done: int = Field(description="Actions it found partly done.")
    done: int = Field(description="Actions it found done.")
    abandoned: int = Field(description="Actions it found abandoned.")
    not_assessed: int = Field(description="Actions it found nothing of.")
    of_no_action: int = Field(description="Numbers it assessed that no action has: counted nowhere else.")
    initiated_at_least: int = Field(description="Initiated, partly done or done; not those abandoned.")
    share: float | None = Field(description="`initiated_at_least` / `actions`.")
    reason: Lacking | None = Field(description="Why there is no share.")
    last_on: date | None = Field(description="The newest day it found something on.")

    @classmethod
    def of(cls, tally: Tally, names: Names) -> "TallySent":
        """Return a tally as it is sent."""
        return cls(
            body=BodyNamedSent.of(tally.body, names),
            actions=tally.actions,
            **{status.value: tally.counts[status] for status in ActionStatus},
            not_assessed=tally.not_assessed,
            of_no_action=tally.of_no_action,
            initiated_at_least=tally.initiated_at_least,
            share=tally.share(),
            reason=tally.lacking,
            last_on=tally.last_on,
        )


class StatementSent(Sent):
    """What a body stated of the plan, beside what its own assessments came to that day."""

    code: str
    body: BodyNamedSent
    on: date = Field(description="The day it was stated of.")
    subject: Subject
    measure: StatementMeasure = Field(description="How it was stated; words are never turned into a number.")
    status: ActionStatus | None = Field(description="The status that the actions counted are to have reached at least.")
    says: LabelSent
    count: int | None = Field(description="Stated: so many.")
    of: int | None = Field(description="Stated: of so many.")
    share: float | None = Field(description="As stated; of a count, what it comes to.")
    derived_count: int | None = Field(description="Actions that the same body's assessments had at that status then.")
    derived_of: int | None = Field(description="Actions of the plan then.")
    derived_share: float | None = Field(description="The one over the other.")
    derived_reason: Lacking | None = Field(description="Why nothing can be counted where actions are stated.")
    agrees: bool | None = Field(description="Whether stated and derived counts are the same; null without both.")
    contradictory: bool = Field(description="Whether another body stated something else of the same.")
    source: SourceSent

    @classmethod
    def said(cls, line: Said, names: Names) -> "StatementSent":
        """Return a statement as it is sent."""
        one, derived = line.statement, line.derived
        return cls(
            code=one.code,
            body=BodyNamedSent.of(one.body, names),
            on=one.on,
            subject=one.subject,
            measure=one.measure,
            status=one.status,
            says=label_of(one.says),
            count=one.count,
            of=one.of,
            share=published_share(one),
            derived_count=line.derived_count,
            derived_of=derived.actions if derived else None,
            derived_share=derived.share(one.status) if derived and one.status else None,
            derived_reason=derived.lacking if derived else None,
            agrees=line.agrees,
            contradictory=line.contradictory,
            source=SourceSent.of(one.source),
        )


_TALLY: Final[dict[str, Any]] = {
    "body": BODY_EXAMPLE,
    "actions": 33,
    "not_started": 10,
    "initiated": 9,
    "partly_done": 5,
    "done": 5,
    "abandoned": 1,
    "not_assessed": 3,
    "of_no_action": 0,
    "initiated_at_least": 19,
    "share": 0.5758,
    "reason": None,
    "last_on": "2021-06-30",
}
_STATED: Final[dict[str, Any]] = {
    "code": "actions-realisees",
    "body": BODY_EXAMPLE,
    "on": "2021-06-30",
    "subject": "realisation",
    "measure": "counted",
    "status": "initiated",
    "says": {"fr": "19 actions sur 33", "en": "19 of 33 actions"},
    "count": 19,
    "of": 33,
    "share": 0.5758,
    "derived_count": None,
    "derived_of": 33,
    "derived_share": None,
    "derived_reason": "nothing_assessed",
    "agrees": None,
    "contradictory": True,
    "source": SOURCE_EXAMPLE,
}
_HEADLINE: Final[dict[str, Any]] = {
    "actions": 33,
    "placeholders": 24,
    "dated": 9,
    "slipped": 3,
    "late": 4,
    "contradictory": 2,
    "assessed": 30,
    "milestones_due": 1,
    "milestones_reached": 4,
    "milestones_missed": 2,
}


class PlanSent(PlanHeading):
    """A plan at a date: what it is for, where its actions are by whom, and what was stated of it."""

    model_config = Sent.model_config | example(
        HEADING_EXAMPLE
        | {
            "valid_from": "2019-05-27",
            "valid_to": "2022-01-01",
            "perimeter": "paris-nord-est",
            "source": SOURCE_EXAMPLE,
            "objectives": [
                {"number": 2, "title": {"fr": "Mettre à l'abri", "en": "Give shelter"}, "source": SOURCE_EXAMPLE}
            ],
            "headline": _HEADLINE,
            "assessors": [_TALLY],
            "statements": [_STATED],
            "milestones": [MILESTONE_EXAMPLE],
            "rules": [rule_example("initiated_at_least")],
            "reasons": [reason_example(Lacking.nothing_assessed)],
        }
    )

    valid_from: date = Field(description="First day of the plan.")
    valid_to: date = Field(description="First day after it.")
    perimeter: str | None = Field(description="Code of the perimeter it covers.")
    source: SourceSent
    objectives: list[ObjectiveSent] = Field(description="By number.")
    headline: HeadlineSent
    assessors: list[TallySent] = Field(description="One line a body, by code: never merged.")
    statements: list[StatementSent] = Field(description="The last of each body on each thing, side by side.")
    milestones: list[MilestoneSent] = Field(description="Every milestone, by the day due now.")
    rules: list[RuleSent] = Field(description="What the fields mean, in words.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
