"""Facilities and their reports as they go over the wire."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.directory.rules import MOST_REPORTED
from app.directory.vocabulary import Label, ReportReason
from app.http.wire import ItemId, Moment, Received, Sent, example

_Count = Annotated[int, Field(ge=0, le=MOST_REPORTED)]
_OPEN = {"open": True, "places_free": 4, "waiting": 0, "reason": None}
_STATE: dict[str, Any] = {
    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "name": "Espace de repos",
    "kind": "rest_room",
    "territory": "7511804",
    "operator": "Association",
    "opened_on": "2024-01-15",
    "closed_on": None,
    "open_by_hours": True,
    "report": {**_OPEN, "observed_at": "2026-03-02T21:10:00Z", "age_s": 840},
}


class LabelSent(Sent):
    """What people read for a code, or for a rule, in both languages."""

    fr: str
    en: str

    @classmethod
    def of(cls, label: Label) -> "LabelSent":
        """Return a label as it is sent."""
        return cls(fr=label.fr, en=label.en)


class FacilityReportIn(Received):
    """What a facility says of itself: open or not, places, people waiting."""

    model_config = Received.model_config | example(
        {"id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8", "observed_at": "2026-03-02T22:10:00+01:00", **_OPEN},
        {
            "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
            "observed_at": "2026-03-02T23:40:00+01:00",
            "open": False,
            "places_free": 0,
            "waiting": None,
            "reason": "staff_shortage",
        },
    )

    id: ItemId
    observed_at: Moment
    open: bool = Field(description="Whether people are received now.")
    places_free: _Count | None = Field(description="Places free; null when not known.")
    waiting: _Count | None = Field(description="People waiting; null when not known.")
    reason: ReportReason | None = Field(default=None, description="Why it is closed or full, where there is a reason.")


class ReportSent(Sent):
    """What a facility last said of itself."""

    open: bool = Field(description="Whether people were received.")
    places_free: int | None = Field(description="Places free; null when not said.")
    waiting: int | None = Field(description="People waiting; null when not said.")
    reason: ReportReason | None
    observed_at: datetime = Field(description="When it was so.")
    age_s: int = Field(description="Seconds since it was observed: an old report says little.")


class FacilitySent(Sent):
    """A facility and its present state."""

    model_config = Sent.model_config | example(_STATE)

    id: UUID
    name: str
    kind: str
    territory: str = Field(description="Code of the quarter or commune it lies in.")
    operator: str = Field(description="Name of the organisation that operates it.")
    opened_on: date = Field(description="First day it was open.")
    closed_on: date | None = Field(description="First day it is closed for good.")
    open_by_hours: bool | None = Field(description="Whether its planned hours have it open now; null without hours.")
    report: ReportSent | None = Field(
        description="Its last report; null when it never reported, and for who may not ask what has a place now."
    )


class FacilityPage(Sent):
    """Some facilities, and where to go on."""

    model_config = Sent.model_config | example({"items": [_STATE], "next": None})

    items: list[FacilitySent]
    next: str | None = Field(description="`cursor` of the next page; null on the last.")
