"""How each kind of facility deals with the people sent to it, and how people take it: the numbers of the demo city."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Reception:
    """Somewhere people drop in: success is an arrival."""

    comes: float
    """How often a person who was sent alone comes."""
    delay: timedelta
    silence: timedelta
    """After which the outcome is unknown."""
    crowded: float
    """How often somebody is sent away because no seat is left, when none is."""


@dataclass(frozen=True, slots=True)
class Lodging:
    """Somewhere people stay: success is an admission."""

    answers: timedelta
    silence: timedelta
    refuses: Mapping[str, float]
    declined: float
    waits: float
    """How often somebody is put on the waiting list when no place is free."""
    patience: timedelta
    moves_in: timedelta
    absent: float
    stay: timedelta
    exits: Mapping[str, float]
    onward: str | None = None
    """The next rung, which people apply to while they stay."""


_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)

RECEPTIONS: Final[Mapping[str, Reception]] = {
    "rest_room": Reception(0.84, 3 * _HOUR, 2 * _DAY, 0.5),
    "consumption_room": Reception(0.78, 3 * _HOUR, 2 * _DAY, 0.5),
    "harm_reduction_centre": Reception(0.7, 18 * _HOUR, 7 * _DAY, 0.2),
    "health_care": Reception(0.62, 20 * _HOUR, 7 * _DAY, 0.35),
    "social_rights": Reception(0.55, 4 * _DAY, 30 * _DAY, 0.4),
}
LODGINGS: Final[Mapping[str, Lodging]] = {
    "emergency_housing": Lodging(
        answers=1.5 * _HOUR,
        silence=3 * _DAY,
        refuses={"not_eligible": 0.04, "temporary_exclusion": 0.02, "staff_shortage": 0.01},
        declined=0.08,
        waits=0.0,
        patience=_DAY,
        moves_in=2 * _HOUR,
        absent=0.12,
        stay=11 * _DAY,
        exits={
            "street": 0.42,
            "other_temporary": 0.2,
            "lost_contact": 0.22,
            "hospital_or_institution": 0.05,
            "treatment_residential": 0.03,
            "unknown": 0.08,
        },
        onward="reintegration_housing",
    ),
    "reintegration_housing": Lodging(
        answers=5 * _DAY,
        silence=30 * _DAY,
        refuses={"not_eligible": 0.1, "file_incomplete": 0.08},
        declined=0.06,
        waits=0.45,
        patience=24 * _DAY,
        moves_in=2 * _DAY,
        absent=0.1,
        stay=170 * _DAY,
        exits={
            "other_temporary": 0.34,
            "street": 0.26,
            "lost_contact": 0.22,
            "treatment_residential": 0.08,
            "other": 0.1,
        },
        onward="longer_stay_housing",
    ),
    "longer_stay_housing": Lodging(
        answers=20 * _DAY,
        silence=90 * _DAY,
        refuses={"not_eligible": 0.08, "file_incomplete": 0.1},
        declined=0.02,
        waits=0.3,
        patience=75 * _DAY,
        moves_in=5 * _DAY,
        absent=0.03,
        stay=430 * _DAY,
        exits={"other": 0.6, "lost_contact": 0.2, "street": 0.1, "hospital_or_institution": 0.1},
    ),
    "addiction_treatment": Lodging(
        answers=4 * _DAY,
        silence=30 * _DAY,
        refuses={"not_eligible": 0.05, "file_incomplete": 0.05, "staff_shortage": 0.04},
        declined=0.12,
        waits=0.7,
        patience=24 * _DAY,
        moves_in=2 * _DAY,
        absent=0.22,
        stay=24 * _DAY,
        exits={"other_temporary": 0.3, "street": 0.3, "lost_contact": 0.25, "longer_stay_housing": 0.01, "other": 0.14},
    ),
}

WANTED: Final[Mapping[str, Mapping[str, float]]] = {
    "rest": {"rest_room": 0.36},
    "hygiene": {"rest_room": 0.14},
    "housing": {"emergency_housing": 0.4, "reintegration_housing": 0.05, "longer_stay_housing": 0.02},
    "care": {"health_care": 0.4},
    "treatment": {"addiction_treatment": 0.5},
    "supplies": {"consumption_room": 0.11, "harm_reduction_centre": 0.1},
    "rights": {"social_rights": 0.5},
}
"""What a need leads to: kinds of facility, each with how often a referral to it is made."""

ACCOMPANIED: Final[Mapping[str, float]] = {
    "rest_room": 0.24,
    "consumption_room": 0.15,
    "harm_reduction_centre": 0.12,
    "health_care": 0.32,
    "social_rights": 0.1,
}
"""How often the team goes along."""
