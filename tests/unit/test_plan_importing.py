"""Reading CSV files of entries: what they may look like, and how what cannot be read is named."""

import csv
import io
import time
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.tabular import CsvStyle, DecimalMark, to_csv
from app.plan.entries.columns import columns_of
from app.plan.entries.importing import MOST_LINES, File, read
from app.plan.entries.tables import register_table
from app.plan.records import Action, Amount, Meeting, Target
from app.plan.vocabulary import EntryType
from tests import plans

_AMOUNT = {
    "code": "ligne-1",
    "on": "2020-03-02",
    "funder": "etat",
    "year": "2020",
    "nature": "expenditure",
    "kind": "payment_credit",
    "source.title": "Compte administratif",
}


def _csv(*lines: dict[str, str], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for line in lines for name in line)), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _amounts(*lines: dict[str, str], delimiter: str = ",") -> str:
    return _csv(*({**_AMOUNT, **line} for line in lines), delimiter=delimiter)


def _read(text: str, kind: EntryType = EntryType.amount, plan: str | None = plans.PLAN) -> File:
    return read(kind, text.encode(), plan)


def _told(file: File) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in file.faults]


def _cents(written: str, delimiter: str = ",") -> Any:
    file = _read(_amounts({"euros": written}, delimiter=delimiter))
    if file.faults:
        return _told(file)
    (line,) = file.lines
    assert isinstance(line.entry, Amount)
    return line.entry.cents


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1234", 123_400),
        ("1234,5", 123_450),
        ("1234,56", 123_456),
        ("1234.56", 123_456),
        ("1 234,56", 123_456),
        ("1\u202f234\u00a0567,89", 123_456_789),
        ("0,07", 7),
        ("-12,30", -1_230),
        ("'-12,30", -1_230),
        ("24000000", 2_400_000_000),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_euros_become_cents_exactly(written: str, cents: int, delimiter: str) -> None:
    assert _cents(written, delimiter) == cents


@pytest.mark.parametrize(
    "written", ["1,234", "1.234,56", "1,234.56", "12 34", "1e3", "abc", "€5", "١٢", "1234,567", "--1"]
)
def test_what_could_mean_two_amounts_is_refused(written: str) -> None:
    assert _cents(written) == [("/2/euros", "rule")]


@given(st.integers(-(10**13), 10**13))
def test_every_amount_survives_being_written_in_euros(cents: int) -> None:
    sign, whole, rest = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    assert _cents(f"{sign}{whole},{rest:02d}", ";") == cents


def test_a_byte_order_mark_semicolons_and_blank_lines_are_read_over() -> None:
    text = _amounts({"cents": "5"}, {"cents": "6", "code": "ligne-2"}, delimiter=";").replace("\r\n", "\r\n;;\r\n\r\n")
    raw = b"\xef\xbb\xbf" + text.encode()
    file = read(EntryType.amount, raw, plans.PLAN)
    assert [line.entry.code for line in file.lines if isinstance(line.entry, Amount)] == ["ligne-1", "ligne-2"]
    assert file.faults == []


def test_empty_columns_at_the_end_are_read_over() -> None:
    text = "\n".join(f"{line},," for line in _amounts({"cents": "5"}).splitlines())
    assert (len(_read(text).lines), _read(text).faults) == (1, [])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_another_encoding_is_refused_with_the_line_and_the_word(encoding: str) -> None:
    text = _amounts({"cents": "5"}, {"cents": "5", "source.title": "Exécution"})
    file = read(EntryType.amount, text.encode(encoding), plans.PLAN)
    assert _told(file) == [("/1" if encoding == "utf-16" else "/3", "encoding")]
    assert "UTF-8" in file.faults[0].detail


def test_every_line_in_another_encoding_is_named_and_the_others_are_read() -> None:
    text = _amounts(
        {"cents": "5", "source.title": "Exécution"},
        {"cents": "x"},
        {"cents": "6", "code": "bâti"},
        {"cents": "7", "code": "c", "source.title": "un\ndélai"},
        {"cents": "8", "code": "d"},
    )
    file = read(EntryType.amount, text.encode("latin-1"), plans.PLAN)
    assert _told(file) == [("/2", "encoding"), ("/3/cents", "int_type"), ("/4", "encoding"), ("/6", "encoding")]
    assert ([line.number for line in file.lines], file.count) == ([7], 5)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_lines_below_a_header_in_another_encoding_are_counted(encoding: str) -> None:
    text = _amounts({"cents": "5"}, {"cents": "6"}).replace("code", "codé", 1)
    file = read(EntryType.amount, text.encode(encoding), plans.PLAN)
    assert (_told(file), file.count) == ([("/1", "encoding")], 2)


def test_the_sign_for_a_lost_letter_is_a_letter_like_others_in_a_file_in_utf_8() -> None:
    assert _told(_read(_amounts({"cents": "5", "source.title": "Ex\ufffdcution"}))) == []


def test_a_nul_is_refused_by_its_line_and_the_others_are_read() -> None:
    file = _read(_amounts({"cents": "5"}) + "\0\n" + _amounts({"cents": "x"}).partition("\n")[2])
    assert _told(file) == [("/3", "encoding"), ("/4/cents", "int_type")]
    assert ([line.number for line in file.lines], file.count) == ([2], 3)


def test_lines_are_counted_as_an_editor_does_with_line_breaks_in_cells() -> None:
    text = _amounts({"cents": "5", "source.title": "deux\nlignes"}, {"cents": "x"}, {"cents": "y"})
    file = _read(text)
    assert _told(file) == [("/4/cents", "int_type"), ("/5/cents", "int_type")]
    assert [line.number for line in file.lines] == [2]


def test_every_line_that_cannot_be_read_is_named_with_each_of_its_columns() -> None:
    file = _read(_amounts(*({"cents": "5", "year": "MMXX", "nature": "gift"} for _ in range(200))))
    assert _told(file) == [
        (f"/{n}/{at}", kind) for n in range(2, 202) for at, kind in (("year", "int_type"), ("nature", "enum"))
    ]
    assert (file.lines, file.count) == ([], 200)


def test_a_missing_cell_and_a_missing_column_are_told_apart() -> None:
    assert _told(_read(_amounts({"cents": ""}))) == [("/2/cents", "missing")]
    assert _told(_read(_csv({"code": "a", "on": "2020-01-01", "funder": "etat", "euros": "5"}))) == [
        ("/1/nature", "missing"),
        ("/1/kind", "missing"),
        ("/1/source.title", "missing"),
    ]


def test_an_empty_year_is_a_sum_of_several_years_and_the_same_line_once_its_year_is_known() -> None:
    loose, known = _read(_amounts({"cents": "5", "year": ""})), _read(_amounts({"cents": "5", "year": "2021"}))
    assert (loose.faults, known.faults) == ([], [])
    (one,), (other,) = loose.lines, known.lines
    assert isinstance(one.entry, Amount)
    assert one.entry.year is None
    assert one.entry.id == other.entry.id
    absent = {name: cell for name, cell in _AMOUNT.items() if name != "year"}
    assert _read(_csv({**absent, "cents": "5"})).lines == loose.lines


def test_an_unknown_column_is_named_by_its_place_and_never_by_its_words() -> None:
    file = _read(_amounts({"cents": "5", "canari": "x"}))
    assert _told(file) == [("/1/9", "extra_forbidden")]
    assert "canari" not in file.faults[0].detail


def test_a_column_twice_and_euros_beside_cents_are_refused() -> None:
    assert _told(_read(_amounts({"cents": "5", "euros": "5"}))) == [("/1/euros", "rule")]
    assert _told(_read(_amounts({"cents": "5"}).replace("code,", "on,", 1))) == [
        ("/1/2", "repeated"),
        ("/1/code", "missing"),
    ]


def test_more_cells_than_columns_are_refused() -> None:
    assert _told(_read(_amounts({"cents": "5"}).rstrip() + ",more\n")) == [("/2", "too_long")]


def test_fewer_cells_than_columns_are_refused_though_the_last_may_be_empty() -> None:
    whole, bare = _amounts({"cents": "5", "action": "1"}), _amounts({"cents": "5", "action": ""})
    assert _told(_read(whole.rstrip().removesuffix(",1") + "\n")) == [("/2", "too_short")]
    assert _told(_read(bare.rstrip().removesuffix(","))) == [("/2", "too_short")]
    assert _told(_read(bare)) == []


def test_an_open_quotation_mark_is_refused_where_its_cell_begins_and_reading_goes_on_below() -> None:
    open_ = '"open' + _amounts({"cents": "5"}, {"cents": "x"}, {"cents": "6", "code": "b"}).partition("\n")[2]
    file = _read(_amounts({"cents": "5"}) + open_)
    assert _told(file) == [("/3", "csv"), ("/4/cents", "int_type")]
    assert ([line.number for line in file.lines], file.count) == ([2, 5], 4)


def test_a_quotation_mark_too_many_is_refused_by_its_line_alone() -> None:
    first, second, third = _amounts({"cents": "5"}, {"cents": "6", "code": "b"}).splitlines(keepends=True)
    file = _read(first + '"a"b' + second + third)
    assert _told(file) == [("/2", "csv")]
    assert ([line.number for line in file.lines], file.count) == ([3], 2)


def test_a_header_that_is_no_csv_is_the_only_line_named() -> None:
    assert _told(_read('"code,on\na,2020-01-01\nb,2020-01-01\n')) == [("/1", "csv")]
    assert _read('"code,on\na,2020-01-01\nb,2020-01-01\n').count == 2


def test_many_open_quotation_marks_are_named_in_seconds() -> None:
    began = time.perf_counter()
    file = _read(_amounts({"cents": "5"}) + 'a","x\n' * 15_000)
    assert time.perf_counter() - began < 10
    assert (len(file.faults), file.count) == (15_000, 15_001)


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_lacks_its_header(text: str) -> None:
    assert _told(_read(text)) == [("/1", "missing")]


def test_no_fault_of_a_file_repeats_what_is_in_it() -> None:
    canary = "canari-7f3a"
    text = _amounts({"cents": canary, "nature": canary, "on": canary, "id": canary, "corrects": canary, "year": canary})
    for fault in _read(text).faults:
        assert canary not in fault.pointer + fault.detail
    assert len(_read(text).faults) == 6


def test_a_line_without_an_id_gets_the_same_one_each_time() -> None:
    first, second = _read(_amounts({"cents": "5"})), _read(_amounts({"cents": "7"}))
    assert first.lines[0].entry.id == second.lines[0].entry.id
    assert first.lines[0].entry.id.version == 5
    others = [
        _read(_amounts({"cents": "5", **other})) for other in ({"code": "b"}, {"corrects": plans.key()}, {"plan": "p"})
    ]
    assert len({first.lines[0].entry.id, *(file.lines[0].entry.id for file in others)}) == 4


def test_a_line_without_a_plan_is_about_the_one_asked_for() -> None:
    assert _read(_amounts({"cents": "5"})).lines[0].entry.plan == plans.PLAN
    assert _read(_amounts({"cents": "5", "plan": "own"})).lines[0].entry.plan == "own"
    assert _told(_read(_amounts({"cents": "5"}), plan=None)) == [("/1/plan", "missing")]


def test_lists_truths_days_and_numbers_are_read() -> None:
    text = _csv(
        {
            "number": "3",
            "on": "2020-01-01",
            "title.fr": "Ouvrir",
            "title.en": "Open",
            "title_published": "FAUX",
            "partners": "etat; ville",
            "planned_end": "2020-12-31",
            "source.title": "Plan",
            "source.published_on": "2019-05-27",
        },
        delimiter=";",
    )
    (line,) = _read(text, EntryType.action).lines
    assert isinstance(line.entry, Action)
    assert (line.entry.partners, line.entry.title_published) == (("etat", "ville"), False)
    assert (line.entry.planned_end, line.entry.source.published_on) == (date(2020, 12, 31), date(2019, 5, 27))
    target = {
        "code": "t",
        "on": "2020-01-01",
        "indicator": "contacts",
        "valid_from": "2020-01-01",
        "valid_to": "2021-01-01",
        "direction": "at_least",
        "value": "0,75",
        "watch": "0.5",
        "alarm": "-1",
        "source.title": "Plan",
    }
    (line,) = _read(_csv(target), EntryType.target).lines
    assert isinstance(line.entry, Target)
    assert (line.entry.value, line.entry.watch, line.entry.alarm) == (0.75, 0.5, -1.0)
    assert _told(_read(_csv({**target, "value": "nan", "watch": "1e5"}), EntryType.target)) == [
        ("/2/value", "float_type"),
        ("/2/watch", "float_type"),
    ]


def test_a_day_as_a_french_spreadsheet_writes_it_is_refused_not_guessed() -> None:
    assert [pointer for pointer, _ in _told(_read(_amounts({"cents": "5", "on": "02/03/2020"})))] == ["/2/on"]


def test_attendance_not_noted_and_nobody_present_are_told_apart() -> None:
    meeting = {"code": "m", "on": "2020-01-01", "committee": "c", "held": "true", "source.title": "PV"}
    for written, present in (("", None), (";", ()), ("etat", ("etat",))):
        (line,) = _read(_csv({**meeting, "present": written}), EntryType.meeting).lines
        assert isinstance(line.entry, Meeting)
        assert line.entry.present == present


@pytest.mark.parametrize("style", [CsvStyle(), CsvStyle(bom=True, mark=DecimalMark.comma)])
@pytest.mark.parametrize("kind", list(EntryType))
def test_what_is_exported_can_be_imported_again(kind: EntryType, style: CsvStyle) -> None:
    corrects = {"corrects": plans.key()} if kind is EntryType.withdrawal else {}
    title = {"title": {"fr": "=1+1", "en": '« a;b, "c" »'}} if "title.fr" in columns_of(kind) else {}
    sent = [
        plans.entry(kind.value, **corrects, **title),
        plans.entry(kind.value, source={"title": "-x", "reference": "p. 3"}),
    ]
    if kind is EntryType.meeting:
        sent.append(plans.entry("meeting", held=True, held_on="2020-03-02", present=[]))
    recorded = plans.recorded(*sent)
    file = read(kind, to_csv(register_table(plans.PLAN, kind, recorded), style), None)
    assert file.faults == []
    assert [line.entry for line in file.lines] == [one.entry for one in recorded]
    assert all(line.named for line in file.lines)


@pytest.mark.parametrize("kind", list(EntryType))
def test_every_field_of_a_type_is_a_column(kind: EntryType) -> None:
    names = set(columns_of(kind))
    assert {"id", "plan", "on", "source.title", "source.url", "corrects"} <= names
    sent = plans.entry(kind.value)
    flat = {f"{name}.{below}" for name, held in sent.items() if isinstance(held, dict) for below in held}
    assert flat | {name for name, held in sent.items() if not isinstance(held, dict)} - {"type"} <= names


def test_ten_thousand_lines_are_read_in_seconds_and_more_than_the_bound_are_not() -> None:
    lines = _amounts(*({"cents": str(n), "code": f"ligne-{n}"} for n in range(10_000)))
    began = time.perf_counter()
    file = _read(lines)
    assert time.perf_counter() - began < 10
    assert (len(file.lines), file.faults) == (10_000, [])
    header, _, line = _amounts({"cents": "5"}).partition("\n")
    beyond = _read(header + "\n" + line * (MOST_LINES + 1))
    assert _told(beyond) == [(f"/{MOST_LINES + 2}", "too_long")]
    assert beyond.lines == []


def test_the_id_of_a_line_does_not_depend_on_the_id_it_had() -> None:
    from app.plan.entries.importing import own_id

    entry = _read(_amounts({"cents": "5"})).lines[0].entry
    assert own_id(replace(entry, id=UUID(int=7))) == entry.id == own_id(entry)
