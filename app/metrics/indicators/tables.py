"""The figures of an indicator as a table: each row says all there is to know, so no comment has to stand above it."""

import json
from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.metrics.indicators.schemas import FigureSent, IndicatorAnswer

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


def table_of_answer(answer: IndicatorAnswer) -> Table:
    """Return one row a figure, with the definition as facts."""
    name = f"maraude-{answer.definition}-{answer.period_from}-{answer.period_to}"
    return Table(name, COLUMNS, [_row(answer, figure) for figure in answer.figures], _facts(answer))


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
