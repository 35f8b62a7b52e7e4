"""The figures of an indicator as a table: each row says all there is to know, so no comment has to stand above it."""

import json
from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.metrics.indicators.rules import SHOWN_FROM, Counted, is_about_no_person, withheld
from app.metrics.indicators.schemas import FigureSent, IndicatorAnswer
from app.metrics.indicators.vocabulary import ExportReason

COLUMNS: Final = {
    "indicator": Holds.text,
    "version": Holds.integer,
    "unit": Holds.text,
    "period_from": Holds.day,
    "period_to": Holds.day,
    "territory": Holds.text,
    "kind": Holds.text,
    "split": Holds.text,
    "key": Holds.text,
    "label_fr": Holds.text,
    "label_en": Holds.text,
    "value": Holds.number,
    "n": Holds.integer,
    "denominator": Holds.number,
    "small": Holds.truth,
    "unknown": Holds.integer,
    "base": Holds.integer,
    "unknown_share": Holds.number,
    "late": Holds.integer,
    "low": Holds.number,
    "high": Holds.number,
    "reason": Holds.text,
    "as_of": Holds.instant,
}
"""Names as in the JSON answer. `territory` and `kind` are what was asked for, `key` the group."""


_WITHHELD: Final = "withheld: too few people for a file without a reason"
_PROTECTED: Final = f"counts under {SHOWN_FROM} are withheld, and where one stands alone the next smallest"
_NOTHING: Final = {
    "n": None,
    "small": None,
    "value": None,
    "denominator": None,
    "late": None,
    "low": None,
    "high": None,
}
_NOTHING_UNKNOWN: Final = {"unknown": None, "base": None, "unknown_share": None}


def table_of_answer(answer: IndicatorAnswer, reason: ExportReason | None = None) -> Table:
    """Return one row a figure, with the definition as facts; without a reason, small counts are withheld."""
    name = f"maraude-{answer.definition}-{answer.period_from}-{answer.period_to}"
    rows = [_row(answer, figure) for figure in answer.figures]
    facts = _facts(answer)
    if is_about_no_person(answer.definition, answer.unit):
        return Table(name, COLUMNS, rows, facts)
    if reason is not None:
        return Table(name, COLUMNS, rows, facts | {"export_reason": reason.value})
    counted = [_counted(figure) for figure in answer.figures]
    hidden = withheld(counted, split=answer.split is not None)
    kept = [_covered(row, one, hidden=n in hidden) for n, (row, one) in enumerate(zip(rows, counted, strict=True))]
    return Table(name, COLUMNS, kept, facts | {"protection": _PROTECTED})


def _counted(figure: FigureSent) -> Counted:
    below = figure.denominator
    return Counted(figure.period_from, figure.key, figure.n, below, figure.unknown, figure.base, figure.late)


def _covered(row: tuple[Cell, ...], counted: Counted, *, hidden: bool) -> tuple[Cell, ...]:
    cells = dict(zip(COLUMNS, row, strict=True))
    if hidden:
        cells |= _NOTHING | _NOTHING_UNKNOWN | {"reason": _WITHHELD}
    if not counted.shows_unknown:
        cells |= _NOTHING_UNKNOWN
    if not counted.shows_late:
        cells["late"] = None
    return tuple(cells.values())


def _row(answer: IndicatorAnswer, figure: FigureSent) -> tuple[Cell, ...]:
    label = figure.label
    return (
        answer.definition,
        answer.definition_version,
        answer.unit,
        figure.period_from,
        figure.period_to,
        answer.territory,
        answer.kind,
        answer.split.value if answer.split else None,
        figure.key,
        label.fr if label else None,
        label.en if label else None,
        figure.value,
        figure.n,
        figure.denominator,
        figure.small,
        figure.unknown,
        figure.base,
        figure.unknown_share,
        figure.late,
        figure.low,
        figure.high,
        figure.reason,
        answer.as_of,
    )


def _facts(answer: IndicatorAnswer) -> dict[str, str]:
    """Return what the answer says above its figures, by name; JSON where it is more than a word."""
    above = answer.model_dump(mode="json", exclude={"figures"}, exclude_none=True)
    return {
        name: said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) for name, said in above.items()
    }
