"""Targets, and the context of a plan, as tables."""

from collections.abc import Iterator
from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.plan.sent import SourceSent, facts_of
from app.plan.steering.schemas import ContextSent, TargetSent, TargetsSent

_TARGET: Final = {
    "code": Holds.text,
    "indicator": Holds.text,
    "territory": Holds.text,
    "valid_from": Holds.day,
    "valid_to": Holds.day,
    "in_force": Holds.truth,
    "direction": Holds.text,
    "value": Holds.number,
    "watch": Holds.number,
    "alarm": Holds.number,
    "baseline": Holds.number,
    "baseline_on": Holds.day,
    "set_on": Holds.day,
    "first_set_on": Holds.day,
    "first_value": Holds.number,
    "revisions": Holds.integer,
}
"""Named as in the JSON answer."""
_SOURCE: Final = {"source_title": Holds.text, "source_reference": Holds.text, "source_url": Holds.text}
_JUDGED: Final = {"judged": Holds.truth, "reason": Holds.text, "reason_fr": Holds.text, "reason_en": Holds.text}
TARGETS: Final = {"plan": Holds.text, "at": Holds.day, "known_at": Holds.instant, **_TARGET, **_SOURCE, **_JUDGED}
CONTEXT: Final = {
    "plan": Holds.text,
    "holds": Holds.text,
    "code": Holds.text,
    "title_fr": Holds.text,
    "title_en": Holds.text,
    "unit_fr": Holds.text,
    "unit_en": Holds.text,
    "publisher": Holds.text,
    "licence": Holds.text,
    "territory": Holds.text,
    "territory_name": Holds.text,
    "day": Holds.day,
    "value": Holds.number,
    "reason": Holds.text,
    **_SOURCE,
}
"""`holds` is `month` for a value of a series, whose first day is `day`, or `event`, whose kind is `code`."""


def table_of_targets(answer: TargetsSent) -> Table:
    """Return one row a target."""

    def row(one: TargetSent) -> tuple[Cell, ...]:
        own = (getattr(one, name) for name in _TARGET)
        label = one.reason_label
        judged = (one.judged, one.reason, label.fr if label else None, label.en if label else None)
        return (answer.plan, answer.at, answer.known_at, *own, *_source(one.source), *judged)

    rows = [row(one) for one in answer.targets]
    return Table(f"maraude-{answer.plan}-targets-{answer.at}", TARGETS, rows, facts_of(answer, "targets"))


def table_of_context(answer: ContextSent) -> Table:
    """Return one row a month of a series in a territory, then one an event."""
    rows = [*_months(answer), *_events(answer)]
    facts = {name: said for name, said in facts_of(answer, "series").items() if name != "annotations"}
    return Table(f"maraude-{answer.plan}-context", CONTEXT, rows, facts)


def _source(source: SourceSent | None) -> tuple[Cell, ...]:
    return (source.title, source.reference, source.url) if source else (None, None, None)


def _months(answer: ContextSent) -> Iterator[tuple[Cell, ...]]:
    for one in answer.series:
        named = (answer.plan, "month", one.code, one.title.fr, one.title.en, one.unit.fr, one.unit.en)
        for track in one.territories:
            place = (track.territory, track.territory_label.fr if track.territory_label else None)
            for point in track.months:
                value = (point.month, point.value, point.reason.value if point.reason else None)
                yield (*named, one.publisher, one.licence, *place, *value, *_source(point.source))


def _events(answer: ContextSent) -> Iterator[tuple[Cell, ...]]:
    for one in answer.annotations:
        named = (answer.plan, "event", one.kind.value, one.label.fr, one.label.en, None, None, None, None)
        place = (one.territory, one.territory_label.fr if one.territory_label else None)
        yield (*named, *place, one.day, None, None, one.source, None, None)
