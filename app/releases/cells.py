"""From exact tallies to published cells: the only step at which a count may leave. Pure Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.releases import rules
from app.releases.definitions import CATALOGUE, Node, admitted_lateness
from app.releases.records import Cell, Key, Tally
from app.releases.vocabulary import CATEGORIES, WHOLE, Dimension, Measure, Missing, Scope, Span

EVERYWHERE: Final = "*"
"""The place of the perimeter's tallies."""
_LATE_OF: Final[Mapping[Measure, Measure]] = {
    Measure.late_encounters: Measure.encounters,
    Measure.late_referrals: Measure.referrals,
}
_SHARES: Final = frozenset({Dimension.stage, Dimension.gender, Dimension.age_band})


def cells_of(
    span: Span, places: Sequence[str], counted: Iterable[tuple[Key, int, Tally]], mark: rules.Mark
) -> list[Cell]:
    """Return the cells of a release, always the same ones in the same order, whatever was counted."""
    tallies = _added(span, counted)
    listed = [
        (node, place, category)
        for node in CATALOGUE[span]
        for place in ([EVERYWHERE] if node.scope is Scope.perimeter else places)
        for category in CATEGORIES[node.dimension]
    ]
    values = {
        Key(place, node.measure, node.dimension, category): _value(node, tallies, place, category, mark)
        for node, place, category in listed
    }
    return [_cell(node, Key(place, node.measure, node.dimension, category), values) for node, place, category in listed]


def _added(span: Span, counted: Iterable[tuple[Key, int, Tally]]) -> dict[Key, Tally]:
    """Add up the months; what came last in time for this release is also its late count."""
    latest, names = admitted_lateness(span), {whole: late for late, whole in _LATE_OF.items()}
    added: dict[Key, Tally] = {}
    for key, late, tally in counted:
        if late > latest:
            continue
        added.setdefault(key, Tally()).add(tally)
        if late == latest and key.dimension is Dimension.total and key.measure in names:
            own = Key(key.place, names[key.measure], key.dimension, key.category)
            added.setdefault(own, Tally()).add(Tally(tally.count, tally.keys))
    return added


def _value(node: Node, tallies: Mapping[Key, Tally], place: str, category: str, mark: rules.Mark) -> int | None:
    """Return what is published of a cell. The same records under one name of a measure always get the same noise."""
    tally = tallies.get(Key(place, node.measure, node.dimension, category), Tally())
    activity = node.measure is Measure.encounters
    floor = rules.ACTIVITY_FLOOR if activity else rules.FLOOR
    return rules.protect(mark, node.measure, tally.count, tally.keys, floor, tally.largest if activity else 0)


def _cell(node: Node, key: Key, values: Mapping[Key, int | None]) -> Cell:
    value = values[key]
    share, why = None, Missing.whole
    if node.dimension in _SHARES or node.measure in _LATE_OF:
        base = Key(key.place, _LATE_OF.get(node.measure, node.measure), Dimension.total, WHOLE)
        share = rules.share(value, values[base])
        why = Missing.suppressed if value is None else Missing.small_denominator
    return Cell(
        scope=node.scope,
        place=key.place,
        measure=node.measure,
        dimension=node.dimension,
        category=key.category,
        value=value,
        value_missing=Missing.suppressed if value is None else None,
        share=share,
        share_missing=why if share is None else None,
    )
