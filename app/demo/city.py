"""The demo city on paper: associations and their teams, facilities and their hours. All names are made up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.directory.vocabulary import Weekday
from app.identity.vocabulary import OrganisationKind

COORDINATION: Final = "Coordination du plan (démo)"
MISSION: Final = "Mission de suivi (démo)"

_PORTES: Final = "Maraude des Portes (démo)"
_OURCQ: Final = "Maraude de l'Ourcq (démo)"
_PLATEAU: Final = "Maraude du Plateau (démo)"
_RECEPTION: Final = "Accueil du Nord-Est (démo)"
_ROOFS: Final = "Toits du Nord-Est (démo)"
_HOSPITAL: Final = "Hôpital de secteur (démo)"
_SOCIAL: Final = "Service social de secteur (démo)"

ORGANISATIONS: Final[Mapping[str, OrganisationKind]] = {
    _PORTES: OrganisationKind.association,
    _OURCQ: OrganisationKind.association,
    _PLATEAU: OrganisationKind.association,
    _RECEPTION: OrganisationKind.facility_operator,
    _ROOFS: OrganisationKind.facility_operator,
    _HOSPITAL: OrganisationKind.hospital,
    _SOCIAL: OrganisationKind.city,
    COORDINATION: OrganisationKind.health_agency,
    MISSION: OrganisationKind.ministry,
}

SCENE: Final = frozenset({"7511803", "7511804"})
"""The quarters that the eviction empties."""
BEYOND: Final[Mapping[str, float]] = {"7511902": 0.45, "93001": 0.4, "93055": 0.1, "7511901": 0.05}
"""Where the scene goes, across the border of the perimeter."""

HOMES: Final[Mapping[str, float]] = {
    "7511801": 0.05,
    "7511802": 0.11,
    "7511803": 0.23,
    "7511804": 0.28,
    "7512001": 0.1,
    "7512002": 0.05,
    "7512003": 0.09,
    "7512004": 0.09,
}
"""Where people live in the streets, before the eviction."""


@dataclass(frozen=True, slots=True)
class WrongClock:
    """A phone whose clock is off for a while: from and until as shares of the window, behind by so much."""

    since: float
    until: float
    behind: timedelta


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """A team: where it goes, how often, how many people it meets in an ordinary outing."""

    code: str
    association: str
    name: str
    night: bool
    outings_a_week: float
    people_met: float
    round: Mapping[str, float]
    wrong_clock: WrongClock | None = None


@dataclass(frozen=True, slots=True)
class FacilityPlan:
    """A facility: places, hours in minutes of the day, whether a desk of its own answers."""

    kind: str
    operator: str
    name: str
    territory: str
    places: int
    weekdays: tuple[Weekday, ...]
    opens: int
    closes: int
    desk: bool = True
    unhurried: bool = False
    """Its desk reports and answers twice a week: its places seldom change."""


TEAMS: Final = (
    TeamPlan(
        "portes-nuit",
        _PORTES,
        "Nuit",
        night=True,
        outings_a_week=4.4,
        people_met=18.5,
        round={"7511803": 0.42, "7511804": 0.48, "7511802": 0.06, "7511004": 0.02, "93001": 0.02},
    ),
    TeamPlan(
        "portes-jour",
        _PORTES,
        "Jour",
        night=False,
        outings_a_week=3.4,
        people_met=15.5,
        round={"7511801": 0.12, "7511802": 0.3, "7511803": 0.42, "7511804": 0.16},
        wrong_clock=WrongClock(0.28, 0.36, timedelta(hours=1)),
    ),
    TeamPlan(
        "ourcq-nuit",
        _OURCQ,
        "Nuit",
        night=True,
        outings_a_week=4.0,
        people_met=17.5,
        round={"7511804": 0.72, "7511803": 0.14, "7511902": 0.09, "93001": 0.05},
        wrong_clock=WrongClock(0.62, 0.66, timedelta(hours=3, minutes=12)),
    ),
    TeamPlan(
        "ourcq-jour",
        _OURCQ,
        "Jour",
        night=False,
        outings_a_week=3.3,
        people_met=15.0,
        round={"7511804": 0.7, "7511803": 0.2, "7511902": 0.06, "7511901": 0.04},
    ),
    TeamPlan(
        "plateau-nuit",
        _PLATEAU,
        "Nuit",
        night=True,
        outings_a_week=3.4,
        people_met=15.5,
        round={"7512001": 0.34, "7512003": 0.28, "7512004": 0.24, "7512002": 0.1, "93048": 0.04},
    ),
    TeamPlan(
        "plateau-jour",
        _PLATEAU,
        "Jour",
        night=False,
        outings_a_week=3.0,
        people_met=15.0,
        round={"7512001": 0.3, "7512002": 0.2, "7512003": 0.28, "7512004": 0.22},
        wrong_clock=WrongClock(0.8, 0.92, -timedelta(minutes=6)),
    ),
)

_WEEK: Final = tuple(Weekday)
_WORKING: Final = _WEEK[:5]
_BUT_SUNDAY: Final = _WEEK[:6]
_ALWAYS: Final = (_WEEK, 0, 1440)

FACILITIES: Final = (
    FacilityPlan("rest_room", _RECEPTION, "Halte Marx-Dormoy (démo)", "7511804", 30, _WEEK, 540, 1260),
    FacilityPlan("consumption_room", _RECEPTION, "Halte soins Chapelle (démo)", "7511804", 14, _WEEK, 810, 1230),
    FacilityPlan(
        "harm_reduction_centre", _RECEPTION, "Point prévention Ordener (démo)", "7511802", 24, _BUT_SUNDAY, 600, 1080
    ),
    FacilityPlan("emergency_housing", _ROOFS, "Hôtel d'urgence Poissonniers (démo)", "7511802", 27, *_ALWAYS),
    FacilityPlan(
        "reintegration_housing", _ROOFS, "Résidence Pelleport (démo)", "7512002", 44, *_ALWAYS, unhurried=True
    ),
    FacilityPlan("longer_stay_housing", _ROOFS, "Maison Charonne (démo)", "7512004", 16, *_ALWAYS, unhurried=True),
    FacilityPlan(
        "addiction_treatment",
        _HOSPITAL,
        "Addictologie Ménilmontant (démo)",
        "7512003",
        22,
        _WORKING,
        540,
        1080,
        unhurried=True,
    ),
    FacilityPlan(
        "health_care", _HOSPITAL, "Consultation Belleville (démo)", "7512001", 20, _BUT_SUNDAY, 540, 1140, desk=False
    ),
    FacilityPlan("social_rights", _SOCIAL, "Permanence Simplon (démo)", "7511802", 12, _WORKING, 540, 1020, desk=False),
)
