"""Decisions, and what was stated of coordination, as they go over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent
from app.plan.coordination.decisions import Followed
from app.plan.records.register import Statement
from app.plan.sent import BODY_EXAMPLE, SOURCE_EXAMPLE, BodyNamedSent, Names, SourceSent, label_of
from app.plan.vocabulary import DecisionState, StatementMeasure

DECISION_EXAMPLE: Final[dict[str, Any]] = {
    "code": "decision-7",
    "committee": "pilotage",
    "meeting": "pilotage-3",
    "title": {"fr": "Ouvrir un espace de repos", "en": "Open a rest room"},
    "owner": BODY_EXAMPLE,
    "action": 12,
    "taken_on": "2019-11-14",
    "due_on": "2020-06-30",
    "state": "overdue",
    "ended_on": None,
    "age_days": 594,
    "late_days": 365,
    "source": SOURCE_EXAMPLE,
}
STATED_EXAMPLE: Final[dict[str, Any]] = {
    "on": "2021-12-01",
    "body": BODY_EXAMPLE,
    "measure": "qualitative",
    "says": {"fr": "La coordination s'est affaiblie.", "en": "Coordination weakened."},
    "count": None,
    "of": None,
    "share": None,
    "source": SOURCE_EXAMPLE,
}


class DecisionSent(Sent):
    """A decision, where it stands and how old it is."""

    code: str
    committee: str = Field(description="Code of the committee that took it.")
    meeting: str | None = Field(description="Code of the meeting it was taken in.")
    title: LabelSent
    owner: BodyNamedSent = Field(description="The body that is to do it.")
    action: int | None = Field(description="Number of the action it belongs to.")
    taken_on: date = Field(description="Day it was taken.")
    due_on: date | None = Field(description="Last day it is to be done by.")
    state: DecisionState = Field(description="Where it stands; overdue is open past its day.")
    ended_on: date | None = Field(description="Day it was done or dropped.")
    age_days: int = Field(description="Days from when it was taken until it ended, or until `at`.")
    late_days: int | None = Field(description="How many of them lie after `due_on`; null without one.")
    source: SourceSent

    @classmethod
    def of(cls, one: Followed, names: Names) -> "DecisionSent":
        """Return a decision as it is sent."""
        decision = one.decision
        return cls(
            code=decision.code,
            committee=decision.committee,
            meeting=decision.meeting,
            title=label_of(decision.title),
            owner=BodyNamedSent.of(decision.owner, names),
            action=decision.action,
            taken_on=one.taken_on,
            due_on=decision.due_on,
            state=one.state,
            ended_on=one.ended_on,
            age_days=one.age_days,
            late_days=one.late_days,
            source=SourceSent.of(decision.source),
        )


class StatedSent(Sent):
    """What a body stated of coordination; what is in words only stays in words."""

    on: date = Field(description="Day it is about.")
    body: BodyNamedSent = Field(description="Who stated it.")
    measure: StatementMeasure = Field(description="How: a count, a published share, or in words only.")
    says: LabelSent = Field(description="What was stated.")
    count: int | None = Field(description="Of a count: so many.")
    of: int | None = Field(description="Of a count: of so many.")
    share: float | None = Field(description="The published share.")
    source: SourceSent

    @classmethod
    def said(cls, one: Statement, names: Names) -> "StatedSent":
        """Return a statement as it is sent."""
        return cls(
            on=one.on,
            body=BodyNamedSent.of(one.body, names),
            measure=one.measure,
            says=label_of(one.says),
            count=one.count,
            of=one.of,
            share=one.share,
            source=SourceSent.of(one.source),
        )
