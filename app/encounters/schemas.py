"""Encounters as they go over the wire: closed, and nothing that could name a person."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.encounters.rules import ABOUT_ONE_PERSON, group_fault
from app.encounters.vocabulary import Act, AgeBand, FirstContact, Gender, Need, Sleeping
from app.http.wire import Choices, Code, ItemId, Moment, Received, RecordStatus, TerritoryPosted, example
from app.referrals.schemas import ReferralIn

Count = Annotated[int, Field(ge=0, le=50)]


class Supplies(Received):
    """What was handed out."""

    pipe_kit: Count = Field(default=0, description="Kits for smoking.")
    filters: Count = Field(default=0, description="Filters.")
    foil: Count = Field(default=0, description="Sheets of foil.")
    condoms: Count = Field(default=0, description="Condoms.")
    naloxone: Count = Field(default=0, description="Doses of naloxone.")
    hygiene_kit: Count = Field(default=0, description="Hygiene kits.")

    def given(self) -> dict[str, int]:
        """Return what was given at all."""
        return {name: count for name in self.model_fields_set if (count := getattr(self, name))}


class EncounterIn(Received):
    """One contact with one person or a group, with the referrals made in it."""

    model_config = Received.model_config | example(
        {
            "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
            "patrol_id": "0195f1c2-0000-7c3e-9a41-2f60d1a4b7c0",
            "occurred_at": "2026-03-02T22:10:00+01:00",
            "territory": "7511803",
            "people_count": 1,
            "first_contact_this_year": "no",
            "gender": "woman",
            "age_band": "25_39",
            "sleeping": "street",
            "needs": ["rest", "hygiene"],
            "supplies": {"pipe_kit": 2, "condoms": 4},
            "acts": ["listening"],
            "card": "4T8KWZ20H6J",
            "referrals": [
                {
                    "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
                    "kind": "rest_room",
                    "accompanied": False,
                    "state": "requested",
                    "slip": "7Q2M4K9X0D3",
                }
            ],
        }
    )

    id: ItemId
    patrol_id: ItemId | None = Field(default=None, description="The outing; it may be posted later.")
    occurred_at: Moment
    territory: TerritoryPosted
    people_count: int = Field(ge=1, le=50, description="Above 1 for a group, which carries counts only.")
    first_contact_this_year: FirstContact = FirstContact.unknown
    gender: Gender = Gender.unknown
    age_band: AgeBand = AgeBand.unknown
    sleeping: Sleeping = Sleeping.unknown
    needs: Choices[Need] = Field(default=[], description="What the person asked for.")
    supplies: Supplies = Field(default=Supplies())
    acts: Choices[Act] = Field(default=[], description="What the team did.")
    card: Code | None = Field(
        default=None, description="Carried by a person who agrees; only its keyed digest is kept."
    )
    referrals: list[ReferralIn] = Field(default=[], max_length=5, description="Referrals made in it.")
    revision: int = Field(default=1, ge=1, le=1000, description="One more for each correction.")
    status: RecordStatus = Field(default=RecordStatus.recorded, description="`entered_in_error` withdraws it.")

    @model_validator(mode="after")
    def _group_is_only_counted(self) -> Self:
        if self.people_count > 1:
            about_one = {name: getattr(self, name) for name in ABOUT_ONE_PERSON}
            fault = group_fault(about_one)
            if fault is not None:
                raise PydanticCustomError("rule", "a group carries no {field}", {"field": fault})
        if len({referral.id for referral in self.referrals}) != len(self.referrals):
            raise PydanticCustomError("rule", "referrals must have different ids")
        return self
