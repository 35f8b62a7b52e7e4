"""Tables as files: CSV that a spreadsheet opens as it is meant, Parquet with its terms in it.

A table is sent whole, with its Content-Length, so a reader sees by itself when some of it is missing.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends, Query, Response

from app.http.formats import MEDIA_TYPES, Format

Cell = str | int | float | bool | date | datetime | None


class Holds(StrEnum):
    """What the cells of a column are, null apart."""

    text = "text"
    integer = "integer"
    number = "number"
    truth = "truth"
    day = "day"
    instant = "instant"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns, with what else is to be known of them as `facts`."""

    name: str
    """The stem of its file name: lower case letters, digits, - and _."""
    columns: Mapping[str, Holds]
    rows: Sequence[Sequence[Cell]]
    """One cell a column each."""
    facts: Mapping[str, str] = field(default_factory=dict)


class DecimalMark(StrEnum):
    """What stands before the decimals, and with it what separates cells."""

    point = "point"
    comma = "comma"


class YesNo(StrEnum):
    """A switch in a query, written in one way only."""

    yes = "true"
    no = "false"


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written."""

    bom: bool = False
    """Begin with a byte order mark: without it Excel reads accents wrongly."""
    mark: DecimalMark = DecimalMark.point


async def _csv_style(
    bom: Annotated[YesNo, Query(description="CSV only: begin with a byte order mark, as Excel wants it.")] = YesNo.no,
    decimal: Annotated[
        DecimalMark, Query(description="CSV only: with `comma`, cells are separated by semicolons.")
    ] = DecimalMark.point,
) -> CsvStyle:
    return CsvStyle(bom is YesNo.yes, decimal)


AskedCsvStyle = Annotated[CsvStyle, Depends(_csv_style)]
_SEPARATORS: Final = {DecimalMark.point: ",", DecimalMark.comma: ";"}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide forms count too
"""What a text may begin with that makes a spreadsheet compute it."""


def table_response(table: Table, wanted: Format, style: CsvStyle) -> Response:
    """Return a table as a file; JSON is the route's own."""
    body = to_parquet(table) if wanted is Format.parquet else to_csv(table, style)
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{wanted.value}"', "Vary": "Accept"}
    return Response(body, media_type=_CONTENT_TYPES[wanted], headers=headers)


_CONTENT_TYPES: Final = {
    Format.csv: f"{MEDIA_TYPES[Format.csv]}; charset=utf-8; header=present",
    Format.parquet: MEDIA_TYPES[Format.parquet],
}


def to_csv(table: Table, style: CsvStyle) -> bytes:
    """Return the table as RFC 4180 has it: UTF-8, a header row, CRLF; null is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=_SEPARATORS[style.mark], quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_written(cell, style.mark) for cell in row])
    return out.getvalue().encode("utf-8-sig" if style.bom else "utf-8")


def _written(cell: Cell, mark: DecimalMark) -> str:
    """Return a cell as text; a truth is written in lower case, as DuckDB, Arrow and JSON read it."""
    match cell:
        case None:
            written = ""
        case str():
            written = guarded(cell)
        case bool() | int():
            written = str(cell).lower()
        case float():
            plain = f"{Decimal(repr(cell)):f}"  # never an exponent: spreadsheets show those as they please
            written = plain.replace(".", ",") if mark is DecimalMark.comma else plain
        case datetime():
            written = cell.isoformat(timespec="seconds")
        case _:
            written = cell.isoformat()
    return written


def guarded(text: str) -> str:
    """Return a text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def to_parquet(table: Table) -> bytes:
    """Return the table as Parquet: typed columns, instants in UTC to the millisecond, facts as file metadata."""
    import pyarrow as pa  # noqa: PLC0415 - a third of a second, and few ask for Parquet
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    types = {
        Holds.text: pa.string(),
        Holds.integer: pa.int64(),
        Holds.number: pa.float64(),
        Holds.truth: pa.bool_(),
        Holds.day: pa.date32(),
        Holds.instant: pa.timestamp("ms", tz="UTC"),
    }
    schema = pa.schema([(name, types[holds]) for name, holds in table.columns.items()], metadata=dict(table.facts))
    columns = [list(cells) for cells in zip(*table.rows, strict=True)] or [[] for _ in table.columns]
    arrays = [pa.array(cells, kind) for cells, kind in zip(columns, schema.types, strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()
