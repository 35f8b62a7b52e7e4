"""Releases as they go over the wire; their bytes are frozen, and these say what is in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from pydantic import ConfigDict, Field

from app.directory.schemas import LabelSent
from app.http.tabular import Holds, Table
from app.http.wire import Sent, example
from app.releases.records import Release
from app.releases.vocabulary import Dimension, Measure, Missing, Scope, Span

_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_PERIOD: Final = {"period_from": "2026-07-01", "period_to": "2026-10-01"}
_FROZEN: Final = {
    "computed_at": "2026-10-16T01:00:00Z",
    "code_version": "0.1.0+5f2c81d0a97e",
    "method": "cell-key-1.00000000",
}
_NAMED: Final[dict[str, Any]] = {"id": "2026-Q3", "perimeter": "paris-nord-est", "span": "quarter"} | _PERIOD | _FROZEN
_CELL: Final[dict[str, Any]] = {
    "scope": "perimeter",
    "place": "*",
    "measure": "referrals",
    "dimension": "stage",
    "category": "admitted",
    "value": 35,
    "value_missing": None,
    "share": 0.125,
    "share_missing": None,
}


class CellSent(Sent):
    """One published count."""

    scope: Scope = Field(description="Whole perimeter or one territory.")
    place: str = Field(description="Insee code of the arrondissement or commune; * for the perimeter.")
    measure: Measure = Field(description="What is counted.")
    dimension: Dimension = Field(description="What it is split by.")
    category: str = Field(description="Which part of the split.")
    value: int | None = Field(description="Protected count, a multiple of 5.")
    value_missing: Missing | None = Field(description="Why there is no value.")
    share: float | None = Field(description="Share of the same place's total, from published values only.")
    share_missing: Missing | None = Field(description="Why there is no share.")


class ReleaseDocument(Sent):
    """A frozen release: the same bytes for everybody, for ever."""

    model_config = Sent.model_config | example(
        {**_NAMED, "definitions": {"referrals": 1}, "cells": [_CELL]},
    )

    id: str
    perimeter: str = Field(description="Code of the perimeter.")
    span: Span = Field(description="Length of the period.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after it.")
    computed_at: datetime = Field(description="When it was frozen.")
    code_version: str = Field(description="Version of the service that computed it, and digest of its sources.")
    method: str = Field(description="Protection it went through; another name is another method.")
    definitions: dict[str, int] = Field(description="Version of each measure's definition.")
    cells: list[CellSent] = Field(description="Every cell of the catalogue for such a period, null ones included.")


class ReleaseSent(Sent):
    """What is known of a release beside its figures."""

    id: str
    perimeter: str = Field(description="Code of the perimeter.")
    span: Span = Field(description="Length of the period.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after it.")
    computed_at: datetime = Field(description="When it was frozen.")
    code_version: str = Field(description="Version of the service that computed it, and digest of its sources.")
    method: str = Field(description="Protection it went through; another name is another method.")
    sha256: str = Field(description="SHA-256 of its JSON, in hexadecimal: also its entity tag.")

    @classmethod
    def of(cls, release: Release) -> "ReleaseSent":
        """Return a release as it is sent."""
        return cls(
            id=release.id,
            perimeter=release.perimeter,
            span=Span(release.span),
            period_from=release.period_from,
            period_to=release.period_to,
            computed_at=release.computed_at,
            code_version=release.code_version,
            method=release.method,
            sha256=release.digest.hex(),
        )


class ReleaseList(Sent):
    """Every release."""

    model_config = Sent.model_config | example({"items": [_NAMED | {"sha256": _SHA256}]})

    items: list[ReleaseSent] = Field(description="By period.")


_LISTED: Final[Mapping[str, Holds]] = {
    "id": Holds.text,
    "perimeter": Holds.text,
    "span": Holds.text,
    "period_from": Holds.day,
    "period_to": Holds.day,
    "computed_at": Holds.instant,
    "code_version": Holds.text,
    "method": Holds.text,
    "sha256": Holds.text,
}


def table_of(items: Sequence[ReleaseSent]) -> Table:
    """Return the list as a table, with a row a release."""
    rows = [[getattr(item, name) for name in _LISTED] for item in items]
    return Table("releases", _LISTED, rows)


class ColumnSent(Sent):
    """One column of a release."""

    name: str
    holds: Holds = Field(description="What its cells are.")
    meaning: LabelSent = Field(description="What it means.")
    unit: LabelSent | None = Field(description="What it counts or measures.")
    null: LabelSent | None = Field(description="Why it is null; null for a column that never is.")


class MeaningSent(Sent):
    """One code that a column may hold."""

    column: str = Field(description="Column it stands in.")
    of: str | None = Field(description="Dimension it is a category of.")
    code: str
    label: LabelSent
    version: int | None = Field(description="Version of its definition, where it is a measure.")


class DictionarySent(Sent):
    """The data dictionary of a release."""

    model_config = Sent.model_config | example(
        {
            "release": "2026-Q3",
            "method": _FROZEN["method"],
            "rule": {"fr": "Chiffres figés.", "en": "Frozen figures."},
            "columns": [
                {
                    "name": "value",
                    "holds": "integer",
                    "meaning": {"fr": "nombre protégé", "en": "protected count"},
                    "unit": {"fr": "enregistrements", "en": "records"},
                    "null": {"fr": "voir value_missing", "en": "see value_missing"},
                }
            ],
            "codes": [
                {
                    "column": "measure",
                    "of": None,
                    "code": "referrals",
                    "label": {"fr": "orientations faites", "en": "referrals made"},
                    "version": 1,
                }
            ],
        }
    )

    release: str = Field(description="The release it belongs to.")
    method: str = Field(description="Protection the figures went through.")
    rule: LabelSent = Field(description="What holds for every figure.")
    columns: list[ColumnSent] = Field(description="Every column.")
    codes: list[MeaningSent] = Field(description="Every code of a column.")


class CatalogSent(Sent):
    """The releases as a DCAT-AP 3 catalogue in JSON-LD."""

    model_config = ConfigDict(extra="forbid", frozen=True) | example(
        {
            "@context": {"dcat": "http://www.w3.org/ns/dcat#"},
            "@id": "https://maraude.example/v1/catalog",
            "@type": "dcat:Catalog",
            "dct:title": [{"@language": "en", "@value": "Published figures"}],
            "dct:description": [{"@language": "en", "@value": "Frozen figures."}],
            "dct:publisher": {"@type": "foaf:Agent", "foaf:name": "Operator"},
            "dcat:dataset": [{"@id": "https://maraude.example/v1/releases/2026-Q3", "@type": "dcat:Dataset"}],
        }
    )

    context: dict[str, str] = Field(alias="@context", description="Prefixes of the vocabularies.")
    identifier: str = Field(alias="@id", description="Address of the catalogue.")
    kind: str = Field(alias="@type", description="dcat:Catalog.")
    title: list[dict[str, str]] = Field(alias="dct:title", description="Title in each language.")
    description: list[dict[str, str]] = Field(alias="dct:description", description="Description in each language.")
    publisher: dict[str, str] = Field(alias="dct:publisher", description="Who publishes.")
    dataset: list[dict[str, Any]] = Field(alias="dcat:dataset", description="Series, and the releases in them.")
