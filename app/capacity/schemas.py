"""Capacity and holds as they go over the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from app.capacity.vocabulary import LONGEST, Distance, HoldState, Obstacle, Openness
from app.directory.schemas import ReportSent
from app.http.wire import Identifier, ItemId, Received, Sent, example

_LONGEST_MINUTES: Final = LONGEST // timedelta(minutes=1)
_ITEM: Final[dict[str, Any]] = {
    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "name": "Espace de repos",
    "kind": "rest_room",
    "territory": "7511804",
    "operator": "Association",
    "distance": "adjacent",
    "now": "open",
    "open_by_hours": True,
    "report": {
        "open": True,
        "places_free": 4,
        "waiting": 0,
        "reason": None,
        "observed_at": "2026-03-02T20:10:00Z",
        "age_s": 840,
    },
    "stale": False,
    "held": 1,
    "places_left": 3,
    "obstacle": None,
    "hold_minutes": 60,
}
_HOLD: Final[dict[str, Any]] = {
    "id": "0195f1c2-8000-7c3e-9a41-2f60d1a4b7c3",
    "referral_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
    "facility_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "made_at": "2026-03-02T20:24:00Z",
    "expires_at": "2026-03-02T21:24:00Z",
    "released_at": None,
    "state": "live",
}


class OfferSent(Sent):
    """What one facility has to offer now."""

    id: UUID
    name: str
    kind: str
    territory: str = Field(description="Code of the quarter or commune it lies in.")
    operator: str = Field(description="Name of the organisation that operates it.")
    distance: Distance | None = Field(description="How near it is to the territory asked for; null without one.")
    now: Openness = Field(
        description="Whether people are received now: the last report while it is believed, else the planned hours."
    )
    open_by_hours: bool | None = Field(description="Whether its planned hours have it open now; null without hours.")
    report: ReportSent | None = Field(description="Its last report; null when it never reported.")
    stale: bool = Field(
        description="The report is not believed: too old, or made before its planned hours last opened or closed it."
    )
    held: int = Field(description="Places held for referrals now, by teams of any organisation.")
    places_left: int | None = Field(
        description="Places free in the report less those held; null when nobody can know, and `obstacle` says why."
    )
    obstacle: Obstacle | None = Field(description="Why no place can be held there now; null when one can.")
    hold_minutes: int = Field(description="How long a place there is held unless the team asks for another time.")


class CapacitySent(Sent):
    """Where there is a place now, the most useful first."""

    model_config = Sent.model_config | example(
        {"as_of": "2026-03-02T20:24:00Z", "territory": "7511803", "kind": "rest_room", "found": 1, "items": [_ITEM]}
    )

    as_of: datetime = Field(description="The instant this is about.")
    territory: str | None = Field(description="The territory distances are told from.")
    kind: str | None
    found: int = Field(description="Facilities there are; more than items when `size` cut the list.")
    items: list[OfferSent]


class HoldIn(Received):
    """A place to be held for a referral."""

    model_config = Received.model_config | example(
        {name: _HOLD[name] for name in ("id", "referral_id", "facility_id")} | {"minutes": 45}
    )

    id: ItemId
    referral_id: ItemId = Field(description="One of the team's own referrals, stored before.")
    facility_id: Identifier = Field(description="The facility it names or, where it names none, one of its kind.")
    minutes: Annotated[int, Field(ge=5, le=_LONGEST_MINUTES)] | None = Field(
        default=None, description="How long; each kind has its own default and longest time."
    )


class HoldSent(Sent):
    """A hold and what has become of it."""

    model_config = Sent.model_config | example(_HOLD)

    id: UUID
    referral_id: UUID = Field(description="The referral it is for.")
    facility_id: UUID = Field(description="The facility whose place it is.")
    made_at: datetime = Field(description="When it began.")
    expires_at: datetime = Field(description="When it ends by itself.")
    released_at: datetime | None = Field(description="When the team or the facility gave it up.")
    state: HoldState = Field(description="Only a live hold takes a place.")


class HoldList(Sent):
    """Live holds, the one that ends first first."""

    model_config = Sent.model_config | example({"items": [_HOLD]})

    items: list[HoldSent]
