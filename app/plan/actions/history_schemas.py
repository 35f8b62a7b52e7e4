"""The history of an action as it goes over the wire."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from app.http.wire import Sent, example
from app.plan.actions.histories import Past
from app.plan.actions.schemas import ACTION_EXAMPLE, ActionSent
from app.plan.sent import (
    BODY_EXAMPLE,
    HEADING_EXAMPLE,
    SOURCE_EXAMPLE,
    BodyNamedSent,
    Names,
    PlanHeading,
    ReasonSent,
    SourceSent,
    reason_example,
)
from app.plan.term_schemas import RuleSent, rule_example
from app.plan.vocabulary import ActionStatus, AmountKind, AmountNature, DecisionOutcome, EntryType, Lacking


class PastSent(Sent):
    """One entry about the action; what its type does not hold is null."""

    id: UUID
    type: EntryType
    on: date = Field(description="The day it is about.")
    recorded_at: datetime = Field(description="When it was recorded.")
    corrects: UUID | None = Field(description="The entry it corrects or withdraws.")
    replaced_by: UUID | None = Field(description="The entry that corrects or withdraws it; null while it stands.")
    code: str | None = Field(description="Of a milestone, an amount or a decision, or of what it is about.")
    body: BodyNamedSent | None = Field(description="Who found it, says so, pays, is to do it, or leads.")
    status: ActionStatus | None = Field(description="Of an assessment.")
    planned_start: date | None = Field(description="Of a wording of the action.")
    planned_end: date | None = Field(description="Of a wording of the action.")
    due_on: date | None = Field(description="Of a milestone or a decision.")
    outcome: DecisionOutcome | None = Field(description="Of the end of a decision.")
    year: int | None = Field(description="Of an amount: budget year; null where it is not spread.")
    nature: AmountNature | None = Field(description="Of an amount.")
    kind: AmountKind | None = Field(description="Of an amount.")
    cents: int | None = Field(description="Of an amount: EUR cents.")
    source: SourceSent

    @classmethod
    def of(cls, past: Past, names: Names) -> "PastSent":
        """Return an entry as it is sent."""
        entry = past.recorded.entry

        def held(*fields: str) -> Any:  # noqa: ANN401 - pydantic checks each
            return next((value for name in fields if (value := getattr(entry, name, None)) is not None), None)

        body = held("body", "funder", "owner", "lead")
        return cls(
            id=entry.id,
            type=entry.type,
            on=entry.on,
            recorded_at=past.recorded.recorded_at,
            corrects=entry.corrects,
            replaced_by=past.replaced_by,
            code=held("code", "milestone", "decision"),
            body=BodyNamedSent.of(body, names) if body else None,
            status=held("status"),
            planned_start=held("planned_start"),
            planned_end=held("planned_end"),
            due_on=held("due_on"),
            outcome=held("outcome"),
            year=held("year"),
            nature=held("nature"),
            kind=held("kind"),
            cents=held("cents"),
            source=SourceSent.of(entry.source),
        )


_PAST: Final[dict[str, Any]] = {
    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "type": "assessment",
    "on": "2021-06-30",
    "recorded_at": "2022-01-10T09:00:00Z",
    "corrects": None,
    "replaced_by": None,
    "code": None,
    "body": BODY_EXAMPLE,
    "status": "partly_done",
    "planned_start": None,
    "planned_end": None,
    "due_on": None,
    "outcome": None,
    "year": None,
    "nature": None,
    "kind": None,
    "cents": None,
    "source": SOURCE_EXAMPLE,
}


class ActionHistorySent(PlanHeading):
    """One action, and everything that was ever entered about it."""

    model_config = Sent.model_config | example(
        HEADING_EXAMPLE
        | {
            "action": ACTION_EXAMPLE,
            "history": [_PAST],
            "rules": [rule_example("slip_days")],
            "reasons": [reason_example(Lacking.never_dated)],
        }
    )

    action: ActionSent
    history: list[PastSent] = Field(description="In the order of recording; corrected entries stay.")
    rules: list[RuleSent] = Field(description="What the fields mean, in words.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
