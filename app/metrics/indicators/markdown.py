"""The catalogue as a page to read: French and English side by side. Printed by `maraude indicators`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit
from app.metrics.indicators.catalogue import Room

_INTRODUCTION: Final = """\
# Indicateurs / Indicators

| français | English |
|---|---|
| Cette page est produite par `maraude indicators` à partir du catalogue que sert `GET /v1/indicators` : ne pas la modifier à la main. | This page is printed by `maraude indicators` from the catalogue that `GET /v1/indicators` serves: do not edit it by hand. |
| Une valeur s'obtient par `GET /v1/indicators/{code}?from=2026-01-01&to=2026-04-01`, en JSON, CSV ou Parquet (en-tête `Accept`, ou suffixe : `{code}.csv`). | Ask for a value with `GET /v1/indicators/{code}?from=2026-01-01&to=2026-04-01`, as JSON, CSV or Parquet (`Accept` header, or a suffix: `{code}.csv`). |
| Pour un tableur français : `{code}.csv?bom=true&decimal=comma`. | For a French spreadsheet: `{code}.csv?bom=true&decimal=comma`. |
| Un fichier peut circuler : les effectifs de moins de 11 y manquent, sauf motif donné (`&reason=evaluation&ticket=DATA-123`) et consigné. | A file may travel: counts under 11 are withheld in it, unless a reason is given (`&reason=evaluation&ticket=DATA-123`) and written down. |
| Chaque valeur dit son effectif, son dénominateur, la part d'inconnues, les saisies tardives et, quand elle manque, pourquoi. Un effectif de 1 à 10 est marqué `small`. | Every value says its count, its denominator, the unknown share, late records and, where it is missing, why. A count of 1 to 10 is marked `small`. |
| La version d'un indicateur augmente dès que les mêmes données donneraient une autre valeur. | An indicator's version goes up whenever the same data would give another value. |
"""  # noqa: E501 - a row of a table is one line
_UNITS: Final[Mapping[Unit, Label]] = {
    Unit.contacts: Label("contacts", "contacts"),
    Unit.encounters: Label("rencontres", "encounters"),
    Unit.persons: Label("personnes", "persons"),
    Unit.referrals: Label("orientations", "referrals"),
    Unit.patrols: Label("maraudes", "patrols"),
    Unit.nights: Label("nuits", "nights"),
    Unit.stays: Label("séjours", "stays"),
    Unit.days: Label("jours", "days"),
    Unit.hours: Label("heures", "hours"),
    Unit.ratio: Label("rapport", "ratio"),
    Unit.contacts_per_hour: Label("contacts par heure", "contacts per hour"),
    Unit.contacts_per_person: Label("contacts par personne", "contacts per person"),
    Unit.bits: Label("bits", "bits"),
}
_SPLITS: Final[Mapping[Split, Label]] = {
    Split.territory: Label("territoire", "territory"),
    Split.kind: Label("type de lieu", "kind of facility"),
    Split.team: Label("équipe", "team"),
}
_LENGTHS: Final[Mapping[Granularity, Label]] = {
    Granularity.day: Label("jour", "day"),
    Granularity.week: Label("semaine", "week"),
    Granularity.month: Label("mois", "month"),
    Granularity.quarter: Label("trimestre", "quarter"),
    Granularity.year: Label("année", "year"),
}


def catalogue_page(rooms: Sequence[Room]) -> str:
    """Return the page: an overview, then every indicator, room by room."""
    return "\n".join([_INTRODUCTION, *_overview(rooms), *(line for room in rooms for line in _section(room))])


def _overview(rooms: Sequence[Room]) -> Iterator[str]:
    yield "| code | français | English | unité / unit | version |"
    yield "|---|---|---|---|---|"
    for room in rooms:
        for found in room.indicators.values():
            label, unit = found.label, _both(_UNITS[found.unit])
            yield f"| [`{found.code}`](#{found.code}) | {label.fr} | {label.en} | {unit} | {found.version} |"
    yield ""


def _section(room: Room) -> Iterator[str]:
    yield f"## {room.label.fr} / {room.label.en}\n"
    for found in room.indicators.values():
        yield f"### {found.code}\n"
        yield f"| | {found.label.fr} | {found.label.en} |"
        yield "|---|---|---|"
        for name, said in _lines(found):
            yield f"| {_both(name)} | {_in_cell(said.fr)} | {_in_cell(said.en)} |"
        yield ""


def _lines(found: Indicator) -> Iterator[tuple[Label, Label]]:
    none = Label("aucun", "none")
    yield Label("unité", "unit"), _UNITS[found.unit]
    yield Label("numérateur", "numerator"), found.numerator
    yield Label("dénominateur", "denominator"), found.denominator or Label("aucun : un effectif", "none: a count")
    yield Label("règle", "rule"), found.rule
    yield Label("pièges", "pitfalls"), found.pitfalls
    yield Label("source", "source"), found.source
    yield Label("ventilations", "splits"), _listed([_SPLITS[one] for one in Split if one in found.splits]) or none
    lengths = [_LENGTHS[one] for one in Granularity if one in found.granularities]
    yield Label("séries par", "series by"), _listed(lengths) or none
    if found.targets:
        beside = ", ".join(found.targets)
        yield Label("à côté de", "beside"), Label(beside, beside)
    yield Label("version", "version"), Label(str(found.version), str(found.version))


def _both(label: Label) -> str:
    """Return both languages, once where they agree."""
    return label.fr if label.fr == label.en else f"{label.fr} / {label.en}"


def _listed(labels: Sequence[Label]) -> Label | None:
    if not labels:
        return None
    return Label(", ".join(one.fr for one in labels), ", ".join(one.en for one in labels))


def _in_cell(text: str) -> str:
    """Return a text as the cell of a table wants it: on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")
