"""Tables as files, and which format a caller gets."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem
from app.http.formats import Format, format_for, split_suffix
from app.http.tabular import Cell, CsvStyle, DecimalMark, Holds, Table, table_response, to_csv, to_parquet
from tests.effort import examples

_AT = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
_COLUMNS = {
    "name": Holds.text,
    "n": Holds.integer,
    "value": Holds.number,
    "small": Holds.truth,
    "day": Holds.day,
    "as_of": Holds.instant,
}
_FULL: tuple[Cell, ...] = ("Père-Lachaise", 12, 0.625, False, date(2026, 3, 2), _AT)
_EMPTY: tuple[Cell, ...] = (None, None, None, None, None, None)


def table(*rows: Sequence[Cell]) -> Table:
    return Table("figures", _COLUMNS, rows, {"definition": "success_worst_case", "unit": "ratio"})


def test_csv_has_a_header_row_numbers_without_quotes_and_nothing_for_null() -> None:
    assert to_csv(table(_FULL, _EMPTY), CsvStyle()).decode() == (
        "name,n,value,small,day,as_of\r\nPère-Lachaise,12,0.625,false,2026-03-02,2026-03-02T20:00:00+00:00\r\n,,,,,\r\n"
    )


def test_csv_for_a_french_spreadsheet_has_a_mark_semicolons_and_decimal_commas() -> None:
    sent = to_csv(table(_FULL), CsvStyle(bom=True, mark=DecimalMark.comma))
    assert sent.startswith(b"\xef\xbb\xbfname;n;value;")
    assert "Père-Lachaise;12;0,625;false;" in sent.decode("utf-8-sig")


@pytest.mark.parametrize(("value", "written"), [(1e-7, "0.0000001"), (2.5e17, "250000000000000000"), (-0.5, "-0.5")])
def test_csv_writes_numbers_without_exponents(value: float, written: str) -> None:
    assert (
        to_csv(table((None, None, value, None, None, None)), CsvStyle()).decode().splitlines()[1] == f",,{written},,,"
    )


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])  # noqa: RUF001 - wide
def test_csv_keeps_a_text_from_being_computed(text: str) -> None:
    sent = to_csv(table((text, -3, -0.5, None, None, None)), CsvStyle()).decode()
    row = next(csv.DictReader(io.StringIO(sent, newline="")))
    assert (row["name"], row["n"], row["value"]) == (f"'{text}", "-3", "-0.5")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@examples(60)
@given(
    st.lists(st.tuples(_TEXTS, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))),
    st.sampled_from(DecimalMark),
)
def test_csv_is_read_back_as_it_was_and_never_computes(rows: list[tuple[str, int, float]], mark: DecimalMark) -> None:
    sent = to_csv(table(*((*row, None, None, None) for row in rows)), CsvStyle(mark=mark)).decode()
    separator = ";" if mark is DecimalMark.comma else ","
    read = list(csv.reader(io.StringIO(sent, newline=""), delimiter=separator))[1:]
    assert [(int(n), float(value.replace(",", "."))) for _, n, value, *_ in read] == [row[1:] for row in rows]
    assert [name.removeprefix("'") for name, *_ in read] == [name.removeprefix("'") for name, *_ in rows]
    assert [name for name, *_ in read if name[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}] == []


def test_parquet_keeps_types_nulls_and_says_its_terms() -> None:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(to_parquet(table(_FULL, _EMPTY))))
    schema = file.schema_arrow
    assert [str(kind) for kind in schema.types] == [
        "string", "int64", "double", "bool", "date32[day]", "timestamp[ms, tz=UTC]",
    ]  # fmt: skip
    assert {name.decode(): said.decode() for name, said in schema.metadata.items()} == {
        "definition": "success_worst_case",
        "unit": "ratio",
    }
    assert [tuple(row.values()) for row in file.read().to_pylist()] == [_FULL, _EMPTY]


def test_parquet_without_rows_has_its_columns() -> None:
    import pyarrow.parquet as pq

    read = pq.read_table(io.BytesIO(to_parquet(table())))
    assert (read.num_rows, read.column_names) == (0, list(_COLUMNS))


@pytest.mark.parametrize("wanted", [Format.csv, Format.parquet])
def test_a_file_says_its_name_and_how_long_it_is(wanted: Format) -> None:
    response = table_response(table(_FULL), wanted, CsvStyle())
    assert response.headers["content-disposition"] == f'attachment; filename="figures.{wanted.value}"'
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", Format.json),
        ("*/*", Format.json),
        ("application/*", Format.json),
        ("text/*", Format.csv),
        ("text/csv", Format.csv),
        ("TEXT/CSV; header=present", Format.csv),
        ("application/vnd.apache.parquet", Format.parquet),
        ("text/csv;q=0.5, application/vnd.apache.parquet", Format.parquet),
        ("text/csv;q=0.5, application/json;q=0.5", Format.json),
        ("application/json;q=0, */*;q=0.1", Format.csv),
        ("text/html, application/xhtml+xml, */*;q=0.8", Format.json),
        ("application/json;q=0.2, application/*;q=0.9", Format.parquet),
    ],
)
def test_the_most_wanted_format_is_sent(accepted: str, wanted: Format) -> None:
    assert format_for(None, accepted) is wanted


@pytest.mark.parametrize("accepted", ["text/html", "application/json;q=0", "*/*;q=0", "text/csv;q=much", "csv", "/"])
def test_what_is_not_offered_is_not_acceptable(accepted: str) -> None:
    with pytest.raises(Problem) as refused:
        format_for(None, accepted)
    assert refused.value.kind.code == "not-acceptable"


def test_a_suffix_goes_before_what_is_accepted() -> None:
    assert split_suffix("contacts.csv") == ("contacts", Format.csv)
    assert split_suffix("contacts") == ("contacts", None)
    assert format_for(Format.parquet, "text/html") is Format.parquet
