"""Referrals, events and exits as they go over the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.http.wire import Code, Identifier, ItemId, Moment, Received, Sent, TerritoryPosted, example
from app.referrals.rules import reason_fault
from app.referrals.vocabulary import Channel, Destination, EventState, FirstState, NotApplied, Reason, State

_REFERRAL: dict[str, Any] = {
    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
    "kind": "rest_room",
    "accompanied": False,
    "state": "requested",
    "slip": "7Q2M4K9X0D3",
}
KindCode = Annotated[
    str, Field(pattern=r"^[a-z][a-z_]{2,39}$", description="A kind of facility.", examples=["rest_room"])
]


def _check_reason(state: State, reason: Reason | None) -> None:
    fault = reason_fault(state, reason)
    if fault is not None:
        raise PydanticCustomError("rule", "reason {fault}", {"fault": fault})


class ReferralIn(Received):
    """A referral made during an encounter."""

    model_config = Received.model_config | example(_REFERRAL)

    id: ItemId
    kind: KindCode
    facility_id: Identifier | None = Field(default=None, description="The facility, when one was named.")
    accompanied: bool = Field(default=False, description="The team went along.")
    state: FirstState
    reason: Reason | None = Field(default=None, description="Required when declined.")
    slip: Code | None = Field(default=None, description="Code on the slip handed over; only its keyed digest is kept.")
    previous_referral_id: ItemId | None = Field(
        default=None, description="An ended referral that this one takes up again."
    )

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        _check_reason(State(self.state.value), self.reason)
        return self


class LoneReferralIn(ReferralIn):
    """A referral made outside any encounter, for instance on the phone."""

    model_config = Received.model_config | example(
        _REFERRAL | {"occurred_at": "2026-03-02T22:10:00+01:00", "territory": "7511803"}
    )

    occurred_at: Moment
    territory: TerritoryPosted


class _Answer(Received):
    """What every answer to a referral has."""

    id: ItemId
    referral_id: ItemId | None = Field(default=None, description="The referral; or give the slip.")
    slip: Code | None = Field(default=None, description="Code on the slip, instead of the referral's id.")
    occurred_at: Moment
    recorded_at: Moment | None = Field(default=None, description="When it was written down, if later.")
    channel: Channel | None = Field(
        default=None, description="How it was learnt; by default `app` for a team and `desk` for a facility."
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.referral_id is None) == (self.slip is None):
            raise PydanticCustomError("rule", "give either referral_id or slip")
        return self


class ReferralEventIn(_Answer):
    """One step of a referral."""

    model_config = Received.model_config | example(
        {
            "id": "0195f1c2-6000-7c3e-9a41-2f60d1a4b7c1",
            "slip": "7Q2M4K9X0D3",
            "state": "arrived",
            "occurred_at": "2026-03-02T22:40:00+01:00",
        }
    )

    state: EventState
    reason: Reason | None = Field(
        default=None, description="Required with declined, refused, waitlisted, no_show, cancelled."
    )

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        _check_reason(State(self.state.value), self.reason)
        return self


class StayExitIn(_Answer):
    """The end of the stay that an admission opened."""

    model_config = Received.model_config | example(
        {
            "id": "0195f1c2-7000-7c3e-9a41-2f60d1a4b7c2",
            "referral_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
            "occurred_at": "2026-05-02T10:00:00+02:00",
            "destination": "longer_stay_housing",
        }
    )

    destination: Destination


class LookupIn(Received):
    """What a person at the desk shows."""

    model_config = Received.model_config | example({"slip": "7Q2M4K9X0D3"})

    slip: Code | None = Field(default=None, description="Code on a slip; or give the card.")
    card: Code | None = Field(default=None, description="Code on a card.")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.slip is None) == (self.card is None):
            raise PydanticCustomError("rule", "give either slip or card")
        return self


_SENT: dict[str, Any] = {
    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
    "kind": "rest_room",
    "facility_id": None,
    "accompanied": False,
    "territory": "7511803",
    "cohort_day": "2026-03-02",
    "previous_referral_id": None,
    "state": "requested",
    "reason": None,
    "state_at": "2026-03-02T21:00:00Z",
    "due_at": "2026-03-04T21:10:00Z",
    "exited_at": None,
    "exit_destination": None,
    "allowed": ["accepted", "arrived", "refused"],
}


class ReferralSent(Sent):
    """A referral as its team or a desk sees it: no person, no place finer than a quarter, no slip."""

    model_config = Sent.model_config | example(_SENT)

    id: UUID
    kind: str
    facility_id: UUID | None = Field(description="The facility, when one was named.")
    accompanied: bool = Field(description="The team went along.")
    territory: str = Field(description="Code of the quarter or commune it was made in.")
    cohort_day: date = Field(description="Service day the referral was made on.")
    previous_referral_id: UUID | None = Field(
        description="The ended referral that this one takes up again; null too once the year of either is closed."
    )
    state: State
    reason: Reason | None
    state_at: datetime = Field(description="Beginning of the two-hour slot in which the state was entered.")
    due_at: datetime | None = Field(description="When silence makes its outcome unknown.")
    exited_at: datetime | None = Field(description="Beginning of the two-hour slot in which the stay ended.")
    exit_destination: Destination | None
    allowed: list[State] = Field(description="The states an answer may report.")


class ReferralPage(Sent):
    """Some referrals, last changed first."""

    model_config = Sent.model_config | example({"items": [_SENT], "next": None})

    items: list[ReferralSent]
    next: str | None = Field(description="Cursor of the next page; null at the end.")


class LookupResult(Sent):
    """The referrals a slip or card leads to: one for a slip, the open ones this desk can answer for a card."""

    model_config = Sent.model_config | example({"items": [_SENT]})

    items: list[ReferralSent]


class PendingEventSent(Sent):
    """An event of the caller's that has no effect so far."""

    id: UUID
    referral_id: UUID | None = Field(description="The referral; null while a slip leads to none.")
    state: str = Field(description="What the event reports.")
    occurred_at: datetime = Field(description="When it happened.")
    not_applied: NotApplied


class PendingEvents(Sent):
    """Events kept but not applied."""

    model_config = Sent.model_config | example(
        {
            "items": [
                {
                    "id": "0195f1c2-6000-7c3e-9a41-2f60d1a4b7c1",
                    "referral_id": None,
                    "state": "arrived",
                    "occurred_at": "2026-03-02T21:40:00Z",
                    "not_applied": "referral_unknown",
                }
            ],
            "next": None,
        }
    )

    items: list[PendingEventSent]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
