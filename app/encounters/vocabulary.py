"""What may be noted of an encounter: closed sets with labels in French and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label


class FirstContact(StrEnum):
    """Whether the team meets the person for the first time this year."""

    yes = "yes"
    no = "no"
    unknown = "unknown"


class Gender(StrEnum):
    """As the person presents it."""

    woman = "woman"
    man = "man"
    other = "other"
    unknown = "unknown"


class AgeBand(StrEnum):
    """Four bands; never an exact age."""

    minor = "minor"
    from_18_to_24 = "18_24"
    from_25_to_39 = "25_39"
    from_40 = "40_plus"
    unknown = "unknown"


class Sleeping(StrEnum):
    """Where the person sleeps these nights."""

    street = "street"
    squat = "squat"
    shelter = "shelter"
    hotel = "hotel"
    own = "own"
    unknown = "unknown"


class Need(StrEnum):
    """What the person asked for."""

    rest = "rest"
    hygiene = "hygiene"
    food = "food"
    housing = "housing"
    care = "care"
    mental_health = "mental_health"
    treatment = "treatment"
    supplies = "supplies"
    rights = "rights"
    safety = "safety"
    other = "other"


class Act(StrEnum):
    """What the team did."""

    listening = "listening"
    harm_reduction_advice = "harm_reduction_advice"
    wound_care = "wound_care"
    overdose_response = "overdose_response"
    accompaniment = "accompaniment"
    mediation = "mediation"


class Supply(StrEnum):
    """What the team handed out."""

    pipe_kit = "pipe_kit"
    filters = "filters"
    foil = "foil"
    condoms = "condoms"
    naloxone = "naloxone"
    hygiene_kit = "hygiene_kit"


VOCABULARIES: Final[Mapping[str, Mapping[StrEnum, Label]]] = {
    "first_contact_this_year": {
        FirstContact.yes: Label("oui", "yes"),
        FirstContact.no: Label("non", "no"),
        FirstContact.unknown: Label("ne sait pas", "unknown"),
    },
    "gender": {
        Gender.woman: Label("femme", "woman"),
        Gender.man: Label("homme", "man"),
        Gender.other: Label("autre", "other"),
        Gender.unknown: Label("non renseigné", "unknown"),
    },
    "age_band": {
        AgeBand.minor: Label("mineur", "under 18"),
        AgeBand.from_18_to_24: Label("18 à 24 ans", "18 to 24"),
        AgeBand.from_25_to_39: Label("25 à 39 ans", "25 to 39"),
        AgeBand.from_40: Label("40 ans et plus", "40 and over"),
        AgeBand.unknown: Label("non renseigné", "unknown"),
    },
    "sleeping": {
        Sleeping.street: Label("rue", "street"),
        Sleeping.squat: Label("squat", "squat"),
        Sleeping.shelter: Label("centre d'hébergement", "shelter"),
        Sleeping.hotel: Label("hôtel", "hotel"),
        Sleeping.own: Label("logement personnel", "own home"),
        Sleeping.unknown: Label("non renseigné", "unknown"),
    },
    "need": {
        Need.rest: Label("repos", "rest"),
        Need.hygiene: Label("hygiène", "hygiene"),
        Need.food: Label("alimentation", "food"),
        Need.housing: Label("hébergement", "housing"),
        Need.care: Label("soins", "care"),
        Need.mental_health: Label("santé mentale", "mental health"),
        Need.treatment: Label("addictologie", "addiction treatment"),
        Need.supplies: Label("matériel", "supplies"),
        Need.rights: Label("droits sociaux", "social rights"),
        Need.safety: Label("sécurité", "safety"),
        Need.other: Label("autre", "other"),
    },
    "act": {
        Act.listening: Label("écoute", "listening"),
        Act.harm_reduction_advice: Label("conseil de réduction des risques", "harm-reduction advice"),
        Act.wound_care: Label("soin de plaie", "wound care"),
        Act.overdose_response: Label("réponse à une surdose", "overdose response"),
        Act.accompaniment: Label("accompagnement", "accompaniment"),
        Act.mediation: Label("médiation", "mediation"),
    },
    "supply": {
        Supply.pipe_kit: Label("kit base", "pipe kit"),
        Supply.filters: Label("filtres", "filters"),
        Supply.foil: Label("feuilles d'aluminium", "foil"),
        Supply.condoms: Label("préservatifs", "condoms"),
        Supply.naloxone: Label("naloxone", "naloxone"),
        Supply.hygiene_kit: Label("kit d'hygiène", "hygiene kit"),
    },
}
