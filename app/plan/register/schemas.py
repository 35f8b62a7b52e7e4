"""What is written to the register, as it goes over the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, TypeAdapter

from app.directory.schemas import LabelSent
from app.http.wire import Received, Sent, example
from app.plan.records import AnyEntry
from app.plan.register.examples import EXAMPLES, PLAN_ENTRY
from app.plan.vocabulary import EntryType

MOST_ENTRIES: Final = 500
Posted = Annotated[AnyEntry, Field(discriminator="type")]
"""An entry of any type, told by its `type`."""
ENTRIES: Final[TypeAdapter[list[AnyEntry]]] = TypeAdapter(list[Posted])
"""Reads and writes entries as JSON."""
_ID: Final = PLAN_ENTRY["id"]


class EntriesReceived(Received):
    """Entries for the register, all of them or none."""

    model_config = Received.model_config | example(*({"entries": [one]} for one in EXAMPLES))

    entries: list[Posted] = Field(
        min_length=1,
        max_length=MOST_ENTRIES,
        description="In an order in which each names only what stands in the register or before it.",
    )


class EntryOutcome(StrEnum):
    """What became of an entry."""

    created = "created"
    unchanged = "unchanged"


class EntryVerdict(Sent):
    """What became of one entry."""

    id: UUID
    outcome: EntryOutcome = Field(description="`unchanged` when it was there already, with the same content.")


class EntriesResult(Sent):
    """What became of each entry, in the order they were sent."""

    model_config = Sent.model_config | example({"results": [{"id": _ID, "outcome": "created"}]})

    results: list[EntryVerdict]


class ImportResult(Sent):
    """What an import did, or would do."""

    model_config = Sent.model_config | example(
        {"type": "amount", "dry_run": True, "lines": 120, "created": 118, "unchanged": 2}
    )

    type: EntryType = Field(description="Type of the entries.")
    dry_run: bool = Field(description="Whether nothing was stored.")
    lines: int = Field(description="Lines below the header.")
    created: int = Field(description="Entries that are new.")
    unchanged: int = Field(description="Entries that were there already, with the same content.")


class PlanListed(Sent):
    """A plan as last worded."""

    code: str
    title: LabelSent
    adopted_on: date = Field(description="Day this wording was adopted.")
    valid_from: date = Field(description="First day.")
    valid_to: date = Field(description="First day after its end.")
    perimeter: str | None = Field(description="Code of the perimeter it covers.")
    by_default: bool = Field(description="Whether questions that name no plan are about this one.")


class PlanList(Sent):
    """Every plan."""

    model_config = Sent.model_config | example(
        {
            "items": [
                {
                    "code": "crack-2019",
                    "title": PLAN_ENTRY["title"],
                    "adopted_on": "2019-05-27",
                    "valid_from": "2019-05-27",
                    "valid_to": "2022-01-01",
                    "perimeter": None,
                    "by_default": True,
                }
            ]
        }
    )

    items: list[PlanListed] = Field(description="By first day.")


class RecordedSent(Sent):
    """An entry as it was recorded."""

    entry: dict[str, Any] = Field(description="The entry as `EntriesReceived` describes it, null fields left out.")
    recorded_at: datetime = Field(description="When it was recorded.")
    role: str = Field(description="Role of whoever recorded it; `service` for the command line.")
    replaced_by: UUID | None = Field(description="The entry that corrected or withdrew it; null while it stands.")


class RegisterSent(Sent):
    """Every entry of a type ever recorded in a plan."""

    model_config = Sent.model_config | example(
        {
            "plan": "crack-2019",
            "type": "plan",
            "items": [
                {
                    "entry": PLAN_ENTRY,
                    "recorded_at": "2022-01-10T09:00:00Z",
                    "role": "plan_secretary",
                    "replaced_by": None,
                }
            ],
        }
    )

    plan: str = Field(description="Code of the plan.")
    type: EntryType = Field(description="Type of the entries.")
    items: list[RecordedSent] = Field(description="By day, then by when they were recorded.")
