"""What an app needs to know while it has no network, as it goes over the wire."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.directory.schemas import LabelSent
from app.directory.vocabulary import Rung, SuccessState, TerritoryLevel, Weekday
from app.http.wire import Sent, example
from app.referrals.vocabulary import Reason, State

_LABEL = {"fr": "Espace de repos", "en": "Rest room"}
_EXAMPLE: dict[str, Any] = {
    "version": "12",
    "changed_at": "2026-03-02T09:30:00Z",
    "app": {"minimum_version": "1.0.0"},
    "perimeter": "paris-nord-est",
    "territories": [{"code": "7511803", "name": "Goutte-d'Or", "level": "quarter", "parent": "75118"}],
    "perimeters": [
        {
            "code": "paris-nord-est",
            "label": {"fr": "Nord-est de Paris", "en": "North-east Paris"},
            "valid_from": "2019-01-01",
            "valid_until": None,
            "territories": ["75118", "75120"],
        }
    ],
    "kinds": [
        {
            "code": "rest_room",
            "label": _LABEL,
            "rung": "first_reception",
            "success": "arrived",
            "expires_after_s": 172800,
            "valid_from": "2019-01-01",
            "valid_until": None,
        }
    ],
    "facilities": [
        {
            "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
            "name": "Espace de repos",
            "kind": "rest_room",
            "territory": "7511804",
            "operator": "Association",
            "opened_on": "2024-01-15",
            "closed_on": None,
            "hours": [
                {
                    "weekday": "monday",
                    "opens": 1260,
                    "closes": 1860,
                    "valid_from": "2024-01-15",
                    "valid_until": None,
                }
            ],
        }
    ],
    "vocabularies": {"gender": [{"code": "woman", "label": {"fr": "femme", "en": "woman"}}]},
    "transitions": [{"state": "arrived", "next": ["admitted", "refused"], "reasons": []}],
    "reason_groups": [{"group": "person", "reasons": ["person_not_found"]}],
}


class CodeSent(Sent):
    """One code of a closed vocabulary."""

    code: str
    label: LabelSent


class TerritorySent(Sent):
    """A node of the territory tree."""

    code: str = Field(description="Official code.")
    name: str
    level: TerritoryLevel
    parent: str | None = Field(description="Territory it lies in; null for a region.")


class PerimeterSent(Sent):
    """The territories a plan covers, each with everything below it."""

    code: str
    label: LabelSent
    valid_from: date = Field(description="First day it holds.")
    valid_until: date | None = Field(description="First day it no longer holds.")
    territories: list[str] = Field(description="Codes of the territories it covers, each with everything below it.")


class KindSent(Sent):
    """What holds for one kind of facility during a period."""

    code: str
    label: LabelSent
    rung: Rung = Field(description="Rung of the pathway.")
    success: SuccessState = Field(description="Referral state that counts as success.")
    expires_after_s: int = Field(description="Seconds of silence after which a referral's outcome is unknown.")
    valid_from: date = Field(description="First day this holds.")
    valid_until: date | None = Field(description="First day this no longer holds.")


class HoursSent(Sent):
    """One weekly opening, in minutes of the Paris clock."""

    weekday: Weekday = Field(description="Day of the week on which it begins.")
    opens: int = Field(description="Minute of that day at which it begins.")
    closes: int = Field(description="Minute of that day at which it ends; above 1440 when past midnight.")
    valid_from: date = Field(description="First day it holds for.")
    valid_until: date | None = Field(description="First day it no longer holds for.")


class KnownFacilitySent(Sent):
    """A facility, without its present state."""

    id: UUID
    name: str
    kind: str
    territory: str = Field(description="Code of the quarter or commune it lies in.")
    operator: str = Field(description="Name of the organisation that operates it.")
    opened_on: date = Field(description="First day it is open.")
    closed_on: date | None = Field(description="First day it is closed for good.")
    hours: list[HoursSent] = Field(description="Openings planned from today on.")


class TransitionSent(Sent):
    """What may follow a referral's state. A state with nothing to follow is terminal."""

    state: State
    next: list[State] = Field(
        description="`admitted` follows `offered` only when accompanied, and only kinds whose success is `admitted` go "
        "on after `arrived`."
    )
    reasons: list[Reason] = Field(description="Reasons this state takes, one of them required; empty: takes none.")


class ReasonGroupSent(Sent):
    """Reasons that lie with one side."""

    group: str = Field(description="person, provider or system.")
    reasons: list[Reason] = Field(description="Its reasons.")


class AppSent(Sent):
    """What is expected of the app."""

    minimum_version: str = Field(description="Oldest patrol app that is still welcome.")


class ReferenceSent(Sent):
    """Everything an app needs to know while it has no network."""

    model_config = Sent.model_config | example(_EXAMPLE)

    version: str = Field(description="Changes with the directory; `/v1/changes` names the latest.")
    changed_at: datetime = Field(description="When the directory last changed.")
    app: AppSent
    perimeter: str = Field(description="Code of the perimeter outside which records are marked.")
    territories: list[TerritorySent] = Field(description="The whole tree, also the levels that no record may name.")
    perimeters: list[PerimeterSent] = Field(description="What plans cover.")
    kinds: list[KindSent] = Field(description="Kinds of facility, of today and to come.")
    facilities: list[KnownFacilitySent] = Field(description="Facilities, without their present state.")
    vocabularies: dict[str, list[CodeSent]] = Field(description="Every closed vocabulary, by its name.")
    transitions: list[TransitionSent] = Field(description="Which state of a referral may follow which.")
    reason_groups: list[ReasonGroupSent] = Field(description="Whose reason is whose.")
