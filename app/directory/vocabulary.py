"""The closed vocabularies of places, each code with its label in French and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Label(NamedTuple):
    """What people read for a code."""

    fr: str
    en: str


class TerritoryLevel(StrEnum):
    """The levels of the territory tree, from the root down."""

    region = "region"
    departement = "departement"
    commune = "commune"
    arrondissement = "arrondissement"
    quarter = "quarter"


class Rung(StrEnum):
    """The rungs of the pathway, in order; support stands beside it."""

    first_reception = "first_reception"
    emergency_housing = "emergency_housing"
    reintegration = "reintegration"
    longer_stay = "longer_stay"
    treatment = "treatment"
    support = "support"


class SuccessState(StrEnum):
    """The referral state that counts as success for a kind of facility."""

    arrived = "arrived"
    admitted = "admitted"


class ReportReason(StrEnum):
    """Why a facility is closed or takes nobody: the provider reasons that are not about one person."""

    no_place = "no_place"
    closed_at_time = "closed_at_time"
    staff_shortage = "staff_shortage"
    service_suspended = "service_suspended"


class Weekday(StrEnum):
    """A day of the week, as `date.weekday()` counts them."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"


class AnnotationKind(StrEnum):
    """What happened that a reader of figures should know of."""

    eviction = "eviction"
    opening = "opening"
    closure = "closure"
    law = "law"
    other = "other"


RECORDABLE: Final = frozenset({TerritoryLevel.commune, TerritoryLevel.arrondissement, TerritoryLevel.quarter})
"""The levels a record may name: a region or a departement says too little to be a place."""

VOCABULARIES: Final[Mapping[str, Mapping[StrEnum, Label]]] = {
    "territory_level": {
        TerritoryLevel.region: Label("région", "region"),
        TerritoryLevel.departement: Label("département", "département"),
        TerritoryLevel.commune: Label("commune", "commune"),
        TerritoryLevel.arrondissement: Label("arrondissement", "arrondissement"),
        TerritoryLevel.quarter: Label("quartier", "quarter"),
    },
    "rung": {
        Rung.first_reception: Label("premier accueil", "first reception"),
        Rung.emergency_housing: Label("hébergement d'urgence", "emergency housing"),
        Rung.reintegration: Label("réinsertion", "reintegration"),
        Rung.longer_stay: Label("hébergement ou logement de plus longue durée", "longer stay"),
        Rung.treatment: Label("soins", "treatment"),
        Rung.support: Label("accompagnement", "support"),
    },
    "success_state": {
        SuccessState.arrived: Label("arrivée", "arrived"),
        SuccessState.admitted: Label("admission", "admitted"),
    },
    "report_reason": {
        ReportReason.no_place: Label("pas de place", "no place"),
        ReportReason.closed_at_time: Label("fermé à cette heure", "closed at that time"),
        ReportReason.staff_shortage: Label("manque de personnel", "staff shortage"),
        ReportReason.service_suspended: Label("service suspendu", "service suspended"),
    },
    "weekday": {
        Weekday.monday: Label("lundi", "Monday"),
        Weekday.tuesday: Label("mardi", "Tuesday"),
        Weekday.wednesday: Label("mercredi", "Wednesday"),
        Weekday.thursday: Label("jeudi", "Thursday"),
        Weekday.friday: Label("vendredi", "Friday"),
        Weekday.saturday: Label("samedi", "Saturday"),
        Weekday.sunday: Label("dimanche", "Sunday"),
    },
    "annotation_kind": {
        AnnotationKind.eviction: Label("évacuation", "eviction"),
        AnnotationKind.opening: Label("ouverture", "opening"),
        AnnotationKind.closure: Label("fermeture", "closure"),
        AnnotationKind.law: Label("loi ou règlement", "law or rule"),
        AnnotationKind.other: Label("autre", "other"),
    },
}
