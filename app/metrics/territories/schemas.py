"""The map as it goes over the wire."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from app.directory.schemas import LabelSent
from app.directory.vocabulary import AnnotationKind
from app.http.wire import Sent, example
from app.metrics.figures import (
    CountSent,
    Heading,
    MeasureSent,
    TermSent,
    count_example,
    measure_example,
    term_example,
)


class TerritoryFiguresSent(Sent):
    """The figures of one territory."""

    territory: str = Field(description="Code of the territory recorded.")
    label: LabelSent | None
    outside_perimeter: bool = Field(description="Whether it lies outside the plan's perimeter now.")
    contacts: CountSent = Field(description="People met.")
    previous_contacts: CountSent = Field(description="People met in the previous period.")
    hours: float = Field(
        description="Team hours: the time of each patrol, shared equally among the territories it lists."
    )
    measures: list[MeasureSent] = Field(description="Its share and its contacts per hour.")


class AreaSent(Sent):
    """People met in an area before and after."""

    territories: list[str] = Field(description="Codes, each with everything below it.")
    before: CountSent = Field(description="In the previous period.")
    after: CountSent = Field(description="In the period.")


class DisplacementSent(Sent):
    """Where what left the target went."""

    target: AreaSent
    buffer: AreaSent = Field(description="The territories in view that touch the target.")
    control: AreaSent = Field(description="The rest of the perimeter in view.")
    success: float | None = Field(description="A1/C1 - A0/C0: below 0 when the target fell against the control.")
    displaced: float | None = Field(description="B1/C1 - B0/C0: above 0 when the buffer grew against the control.")
    quotient: float | None = Field(description="Displaced / success.")
    reason: str | None = Field(description="Why there is no quotient.")


class AnnotationSent(Sent):
    """Something that happened and that the figures are read beside."""

    id: UUID
    day: date = Field(description="Day it happened on or took effect.")
    territory: str | None = Field(description="Where; null when it concerns them all.")
    kind: AnnotationKind
    label: LabelSent
    source: str = Field(description="Where this is known from.")


_AREA: Final = {"territories": ["7511804"], "before": count_example(410), "after": count_example(220)}
_MAP: Final[dict[str, Any]] = {
    "definition": "territories",
    "definition_version": 1,
    "rule": {"fr": "Personnes rencontrées pendant les jours de service...", "en": "People met on the service days..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": None,
    "previous_from": "2026-01-29",
    "previous_to": "2026-03-01",
    "terms": [term_example("territory_share", "ratio"), term_example("territory_divergence", "bits")],
    "territories": [
        {
            "territory": "7511804",
            "label": {"fr": "La Chapelle", "en": "La Chapelle"},
            "outside_perimeter": False,
            "contacts": count_example(220),
            "previous_contacts": count_example(410),
            "hours": 61.5,
            "measures": [measure_example("territory_share", 0.22, 220, 1000)],
        }
    ],
    "measures": [measure_example("territory_divergence", 0.08, 1000, 1100)],
    "displacement": {
        "target": _AREA,
        "buffer": {**_AREA, "territories": ["7511803", "7511903"]},
        "control": {**_AREA, "territories": ["7512001", "7512002"]},
        "success": -0.4,
        "displaced": 0.2,
        "quotient": -0.5,
        "reason": None,
    },
    "annotations": [
        {
            "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
            "day": "2026-03-10",
            "territory": "7511804",
            "kind": "eviction",
            "label": {"fr": "Évacuation du campement", "en": "Camp cleared"},
            "source": "préfecture de police",
        }
    ],
}


class TerritoriesSent(Heading):
    """Where people are met, how that shifts, and what happened there."""

    model_config = Sent.model_config | example(_MAP)

    previous_from: date | None = Field(description="First day of the previous period; null before the calendar.")
    previous_to: date | None = Field(description="First day after it.")
    terms: list[TermSent] = Field(description="What each code means.")
    territories: list[TerritoryFiguresSent] = Field(description="By code, those with a contact or patrol hours.")
    measures: list[MeasureSent] = Field(description="Of the whole view.")
    displacement: DisplacementSent | None = Field(description="Null without a target.")
    annotations: list[AnnotationSent] = Field(description="Of the period and the territories in view, by day.")
