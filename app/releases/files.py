"""The bytes of a release, made once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from app.http.tabular import CsvStyle, Table, to_csv, to_parquet
from app.keyring import fingerprint
from app.releases.definitions import VERSIONS, Published
from app.releases.describing import COLUMNS, dictionary
from app.releases.records import Cell, File
from app.releases.rules import method
from app.releases.vocabulary import Part

_CANONICAL: Final = orjson.OPT_SORT_KEYS
_VERSIONS: Final = {measure.value: version for measure, version in VERSIONS.items()}


def files_of(
    period: Published, perimeter: str, cells: Sequence[Cell], code_version: str, computed_at: datetime
) -> list[File]:
    """Return a release as canonical JSON, CSV and Parquet, with its dictionary."""
    facts = {
        "id": period.code,
        "perimeter": perimeter,
        "span": period.span.value,
        "period_from": period.since.isoformat(),
        "period_to": period.until.isoformat(),
        "computed_at": computed_at.isoformat(timespec="seconds"),
        "code_version": code_version,
        "method": method(),
        "definitions": _VERSIONS,
    }
    rows = [_row(cell) for cell in cells]
    document = orjson.dumps(facts | {"cells": rows}, option=_CANONICAL)
    table = _table(period, rows, {name: str(value) for name, value in facts.items()})
    words = orjson.dumps(dictionary(period.code, method(), _VERSIONS), option=_CANONICAL)
    made = {
        Part.json: document,
        Part.csv: to_csv(table, CsvStyle()),
        Part.parquet: to_parquet(table),
        Part.dictionary: words,
    }
    return [File(part, body, fingerprint(body)) for part, body in made.items()]


def _row(cell: Cell) -> dict[str, Any]:
    return {
        "scope": cell.scope.value,
        "place": cell.place,
        "measure": cell.measure.value,
        "dimension": cell.dimension.value,
        "category": str(cell.category),
        "value": cell.value,
        "value_missing": cell.value_missing.value if cell.value_missing else None,
        "share": cell.share,
        "share_missing": cell.share_missing.value if cell.share_missing else None,
    }


def _table(period: Published, rows: Sequence[dict[str, Any]], facts: dict[str, str]) -> Table:
    columns = {name: holds for name, (holds, _, _) in COLUMNS.items()}
    shared: dict[str, Any] = {"release": period.code, "period_from": period.since, "period_to": period.until}
    listed = [[(shared | row)[name] for name in columns] for row in rows]
    return Table(period.code.lower(), columns, listed, facts)
