"""What is published beside the figures: the data dictionary of a release, and the catalogue as DCAT-AP 3.

DCAT-AP 3.0 (SEMIC, 2024) on the W3C's DCAT 3; frequencies and formats by the EU's authority tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from app.directory.vocabulary import Label
from app.http.formats import MEDIA_TYPES, Format
from app.http.tabular import Holds
from app.releases.cells import EVERYWHERE
from app.releases.records import Release
from app.releases.rules import ROUNDED_TO
from app.releases.vocabulary import CATEGORY_LABELS, DIMENSIONS, MEASURES, MISSING, WHOLE, Dimension, Span

COLUMNS: Final[Mapping[str, tuple[Holds, Label, Label | None]]] = {
    "release": (Holds.text, Label("période publiée", "period published"), None),
    "period_from": (Holds.day, Label("premier jour de service", "first service day"), None),
    "period_to": (Holds.day, Label("premier jour de service d'après", "first service day after it"), None),
    "scope": (Holds.text, Label("périmètre entier ou un territoire", "whole perimeter or one territory"), None),
    "place": (
        Holds.text,
        Label(
            f"code Insee de l'arrondissement ou de la commune ; {EVERYWHERE} pour le périmètre",
            f"Insee code of the arrondissement or commune; {EVERYWHERE} for the perimeter",
        ),
        None,
    ),
    "measure": (Holds.text, Label("ce qui est compté", "what is counted"), None),
    "dimension": (Holds.text, Label("selon quoi", "what it is split by"), None),
    "category": (Holds.text, Label(f"quelle part ; {WHOLE} pour le tout", f"which part; {WHOLE} for the whole"), None),
    "value": (
        Holds.integer,
        Label(
            f"nombre protégé par un bruit, arrondi à un multiple de {ROUNDED_TO}",
            f"count protected by noise, rounded to a multiple of {ROUNDED_TO}",
        ),
        Label("enregistrements", "records"),
    ),
    "value_missing": (Holds.text, Label("pourquoi la valeur manque", "why there is no value"), None),
    "share": (
        Holds.number,
        Label(
            "part du total du même lieu, calculée sur les valeurs publiées ; au plus 1",
            "share of the same place's total, computed from published values; at most 1",
        ),
        Label("rapport", "ratio"),
    ),
    "share_missing": (Holds.text, Label("pourquoi la part manque", "why there is no share"), None),
}
NULL_MEANS: Final[Mapping[str, Label]] = {
    "value": Label("voir value_missing", "see value_missing"),
    "value_missing": Label("la valeur est donnée", "there is a value"),
    "share": Label("voir share_missing", "see share_missing"),
    "share_missing": Label("la part est donnée", "there is a share"),
}
"""Why a column is null; the others never are."""
_CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
_FREQUENCIES: Final = {Span.month: "MONTHLY", Span.quarter: "QUARTERLY", Span.year: "ANNUAL"}
_FORMATS: Final = {Format.json: "JSON", Format.csv: "CSV", Format.parquet: "PARQUET"}
_SERIES: Final = {
    Span.month: Label("publications mensuelles", "monthly releases"),
    Span.quarter: Label("publications trimestrielles", "quarterly releases"),
    Span.year: Label("publications annuelles", "yearly releases"),
}
_TITLE: Final = Label("Maraudes et orientations : chiffres publiés", "Street outreach and referrals: published figures")
_RULE: Final = Label(
    "Chiffres figés, calculés une fois, protégés par un bruit à clé de cellule ; aucun filtre n'est offert.",
    "Frozen figures, computed once, protected by cell-key noise; no filter is offered.",
)


def _both(label: Label) -> dict[str, str]:
    return {"fr": label.fr, "en": label.en}


def dictionary(release_id: str, method: str, versions: Mapping[str, int]) -> dict[str, Any]:
    """Return every column and every code of a release, in French and English."""
    return {
        "release": release_id,
        "method": method,
        "rule": _both(_RULE),
        "columns": [
            {
                "name": name,
                "holds": holds.value,
                "meaning": _both(meaning),
                "unit": _both(unit) if unit else None,
                "null": _both(NULL_MEANS[name]) if name in NULL_MEANS else None,
            }
            for name, (holds, meaning, unit) in COLUMNS.items()
        ],
        "codes": [
            {"column": column, "of": of, "code": code, "label": _both(label), "version": versions.get(code)}
            for column, of, codes in (
                ("measure", None, MEASURES),
                ("dimension", None, DIMENSIONS),
                *(("category", dimension.value, CATEGORY_LABELS[dimension]) for dimension in Dimension),
                ("value_missing", None, MISSING),
                ("share_missing", None, MISSING),
            )
            for code, label in cast("Mapping[str, Label]", codes).items()
        ],
    }


def _words(label: Label) -> list[dict[str, str]]:
    return [{"@language": "fr", "@value": label.fr}, {"@language": "en", "@value": label.en}]


def dcat(
    base: str,
    publisher: str,
    licence: str,
    perimeter: tuple[str, Label],
    releases: Sequence[Release],
    sizes: Mapping[tuple[str, str], tuple[int, bytes]],
) -> dict[str, Any]:
    """Return the catalogue in JSON-LD: a series for each length of period, a dataset for each release in it."""
    place = {
        "@type": "dct:Location",
        "dct:identifier": perimeter[0],
        "skos:prefLabel": _words(perimeter[1]),
    }
    agent = {"@type": "foaf:Agent", "foaf:name": publisher}
    shared = {"dct:publisher": agent, "dct:spatial": place}
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/v1/catalog",
        "@type": "dcat:Catalog",
        "dct:title": _words(_TITLE),
        "dct:description": _words(_RULE),
        "dct:publisher": agent,
        "dcat:dataset": [
            *({**_series(base, Span(span)), **shared} for span in Span),
            *({**_dataset(base, licence, one, sizes), **shared} for one in releases),
        ],
    }


def _series(base: str, span: Span) -> dict[str, Any]:
    return {
        "@id": f"{base}/v1/catalog#{span.value}",
        "@type": "dcat:DatasetSeries",
        "dct:title": _words(_SERIES[span]),
        "dct:description": _words(_RULE),
        "dct:accrualPeriodicity": {"@id": f"{_AUTHORITY}/frequency/{_FREQUENCIES[span]}"},
    }


def _dataset(
    base: str, licence: str, release: Release, sizes: Mapping[tuple[str, str], tuple[int, bytes]]
) -> dict[str, Any]:
    address = f"{base}/v1/releases/{release.id}"
    return {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": release.id,
        "dct:title": _words(Label(f"{_TITLE.fr}, {release.id}", f"{_TITLE.en}, {release.id}")),
        "dct:description": _words(_RULE),
        "dct:issued": {"@type": "xsd:dateTime", "@value": release.computed_at.isoformat()},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:date", "@value": release.period_from.isoformat()},
            "dcat:endDate": {"@type": "xsd:date", "@value": release.last_day.isoformat()},
        },
        "dct:accessRights": {"@id": f"{_AUTHORITY}/access-right/RESTRICTED"},
        "dct:conformsTo": {"@id": f"{address}/dictionary"},
        "dcat:inSeries": {"@id": f"{base}/v1/catalog#{release.span}"},
        "dcat:distribution": [
            _distribution(address, licence, wanted, *sizes[release.id, wanted.value]) for wanted in Format
        ],
    }


def _distribution(address: str, licence: str, wanted: Format, size: int, digest: bytes) -> dict[str, Any]:
    file = f"{address}.{wanted.value}"
    return {
        "@id": file,
        "@type": "dcat:Distribution",
        "dcat:accessURL": {"@id": file},
        "dcat:downloadURL": {"@id": file},
        "dct:format": {"@id": f"{_AUTHORITY}/file-type/{_FORMATS[wanted]}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[wanted]}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(size)},
        "dct:license": {"@id": licence},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": digest.hex()},
        },
    }
