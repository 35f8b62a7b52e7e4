"""The words of a release: what is counted, where, how it is split and why a value is missing. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.encounters.vocabulary import VOCABULARIES as OF_ENCOUNTERS
from app.encounters.vocabulary import AgeBand, Gender


class Span(StrEnum):
    """How long the period of a release is."""

    month = "month"
    quarter = "quarter"
    year = "year"


class Scope(StrEnum):
    """What a cell covers."""

    perimeter = "perimeter"
    territory = "territory"


class Measure(StrEnum):
    """What is counted; it names the unit whose record keys are summed."""

    encounters = "encounters"
    first_contacts = "first_contacts"
    referrals = "referrals"
    late_encounters = "late_encounters"
    late_referrals = "late_referrals"


class Dimension(StrEnum):
    """What a count is split by."""

    total = "total"
    stage = "stage"
    gender = "gender"
    age_band = "age_band"


class Stage(StrEnum):
    """The furthest stage a referral reached: exactly one holds, so one referral is in one cell."""

    offered = "offered"
    requested = "requested"
    accepted = "accepted"
    arrived = "arrived"
    admitted = "admitted"


class Part(StrEnum):
    """What is kept of a release."""

    json = "json"
    csv = "csv"
    parquet = "parquet"
    dictionary = "dictionary"


class Missing(StrEnum):
    """Why a value or a share is null."""

    suppressed = "suppressed"
    small_denominator = "small_denominator"
    whole = "whole"


WHOLE: Final = "all"
"""The category of a count that is not split."""
CATEGORIES: Final[Mapping[Dimension, tuple[str, ...]]] = {
    Dimension.total: (WHOLE,),
    Dimension.stage: tuple(Stage),
    Dimension.gender: tuple(Gender),
    Dimension.age_band: tuple(AgeBand),
}
MEASURES: Final[Mapping[Measure, Label]] = {
    Measure.encounters: Label("contacts de maraude (activité)", "outreach encounters (activity)"),
    Measure.first_contacts: Label(
        "personnes : premiers contacts de l'année, selon l'équipe",
        "persons: first contacts of the year, as far as the team knows",
    ),
    Measure.referrals: Label("orientations faites", "referrals made"),
    Measure.late_encounters: Label(
        "contacts reçus après la publication plus fine", "encounters received after the finer release was due"
    ),
    Measure.late_referrals: Label(
        "orientations reçues après la publication plus fine", "referrals received after the finer release was due"
    ),
}
DIMENSIONS: Final[Mapping[Dimension, Label]] = {
    Dimension.total: Label("ensemble", "all of them"),
    Dimension.stage: Label("étape la plus avancée atteinte", "furthest stage reached"),
    Dimension.gender: Label("genre, tel que présenté", "gender, as presented"),
    Dimension.age_band: Label("tranche d'âge", "age band"),
}
CATEGORY_LABELS: Final[Mapping[Dimension, Mapping[str, Label]]] = {
    Dimension.total: {WHOLE: Label("ensemble", "all")},
    Dimension.stage: {
        Stage.offered: Label("proposée seulement", "offered only"),
        Stage.requested: Label("demandée ou en attente", "requested or waitlisted"),
        Stage.accepted: Label("acceptée, sans arrivée connue", "accepted, no arrival known"),
        Stage.arrived: Label("arrivée, sans admission", "arrived, not admitted"),
        Stage.admitted: Label("admise", "admitted"),
    },
    Dimension.gender: {member.value: label for member, label in OF_ENCOUNTERS["gender"].items()},
    Dimension.age_band: {member.value: label for member, label in OF_ENCOUNTERS["age_band"].items()},
}
MISSING: Final[Mapping[Missing, Label]] = {
    Missing.suppressed: Label(
        "trop peu pour être publié, zéro compris, ou presque tout d'une seule maraude",
        "too few to be published, zero included, or mostly of a single patrol",
    ),
    Missing.small_denominator: Label(
        "le dénominateur publié est absent ou inférieur à 30", "the published denominator is missing or under 30"
    ),
    Missing.whole: Label("un total n'est la part de rien", "a total is no share of anything"),
}
