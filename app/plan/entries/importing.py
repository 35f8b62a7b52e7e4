"""A CSV file of entries of one type, read: every line that cannot be is named, by line and column, without its value.

UTF-8 with or without a byte order mark; cells separated by commas or semicolons, whichever the first line has. Lines
are numbered as an editor does, from 1 for the header.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import TypeAdapter, ValidationError

from app.errors import Fault
from app.http.faults import errors_of, fault_of
from app.plan.entries.columns import BOOKKEEPING, EUROS, Column, columns_of
from app.plan.records import TYPES, AnyEntry
from app.plan.register.known import natural_key
from app.plan.vocabulary import EntryType

MOST_LINES: Final = 20_000
MOST_BYTES: Final = 8_000_000
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:maraude:plan")
_UNNAMED: Final = UUID(int=0)
"""Stands for the id of a line while it is read."""
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,15})?")
_EUROS: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){0,4}|[0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_TRUTHS: Final = {"true": True, "vrai": True, "oui": True, "false": False, "faux": False, "non": False}
_GUARDED: Final = re.compile(r"'[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - the wide forms count too
"""How an export writes what a spreadsheet would compute."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a file and the line it stands on."""

    number: int
    entry: AnyEntry
    named: bool
    """Whether the line says its id itself."""


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds: the lines that can be read, and what is wrong with the others, by line."""

    lines: Sequence[Line]
    faults: Sequence[Fault]
    count: int
    """Lines below the header, whether they can be read or not."""


def read(kind: EntryType, raw: bytes, plan: str | None) -> File:
    """Return the entries of a CSV file; `plan` is the one of lines that name none.

    Pointers of faults are /line/column, or /line for what is wrong with a whole line.
    """
    text, fault = _text(raw)
    if fault is not None:
        return File([], [fault], 0)
    rows, broken = _rows(text)
    if not rows:
        return File([], broken or [Fault("/1", "missing", "must be a header that names the columns")], 0)
    header, below = _header(rows[0][1]), rows[1:]
    faults = _header_faults(kind, header, plan)
    if faults:
        return File([], faults, len(below))
    if len(below) > MOST_LINES:
        beyond = Fault(f"/{below[MOST_LINES][0]}", "too_long", f"is beyond the {MOST_LINES} lines that are read")
        return File([], [beyond], len(below))
    found = _entries(kind, header, below, plan)
    return File(found.lines, sorted([*broken, *found.faults], key=_place), len(below))


def _place(fault: Fault) -> int:
    return int(fault.pointer.split("/")[1])


def _text(raw: bytes) -> tuple[str, Fault | None]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        return "", Fault(f"/{number}", "encoding", "is not UTF-8: save the file as CSV in UTF-8")
    if "\0" in text:
        number = text[: text.index("\0")].count("\n") + 1
        return "", Fault(f"/{number}", "encoding", "holds a NUL: save the file as CSV in UTF-8")
    return text, None


def _rows(text: str) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """Return (number of its first line, cells) of each row that is not blank, and where the file stops being CSV."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    rows, began = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((began, cells))
            began = reader.line_num + 1
    except csv.Error:
        return rows, [Fault(f"/{began}", "csv", "cannot be read as CSV: a quotation mark is missing or too many")]
    return rows, []


def _header(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns; spreadsheets leave empty ones at the end."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _header_faults(kind: EntryType, header: Sequence[str], plan: str | None) -> list[Fault]:
    columns, offered = columns_of(kind), _offered(kind)
    faults = [
        Fault(f"/1/{number}", "extra_forbidden", f"must be one of {', '.join(offered)}")
        for number, name in enumerate(header, 1)
        if name not in offered and name not in BOOKKEEPING
    ]
    faults += [
        Fault(f"/1/{number}", "repeated", "must not be repeated")
        for number, name in enumerate(header, 1)
        if name in header[: number - 1]
    ]
    given = {*header, *(["cents"] if EUROS in header else [])}
    wanted = [name for name, column in columns.items() if column.required or (name == "plan" and plan is None)]
    faults += [Fault(f"/1/{name}", "missing", "is required as a column") for name in wanted if name not in given]
    if EUROS in header and "cents" in header:
        faults.append(Fault(f"/1/{EUROS}", "rule", "must not stand beside cents"))
    return faults


def _offered(kind: EntryType) -> list[str]:
    columns = columns_of(kind)
    return [*columns, *([EUROS] if "cents" in columns else [])]


@cache
def _adapter(kind: EntryType) -> TypeAdapter[list[AnyEntry]]:
    made: Any = TYPES[kind]
    return TypeAdapter(list[made])


def _entries(kind: EntryType, header: Sequence[str], rows: Sequence[tuple[int, list[str]]], plan: str | None) -> File:
    """Read rows whose header is right, all of them at once."""
    faults: list[Fault] = []
    numbers, sent, named = [], [], []
    for number, cells in rows:
        if len(cells) > len(header) and any(cells[len(header) :]):
            faults.append(Fault(f"/{number}", "too_long", "has more cells than the header"))
            continue
        said = _object(kind, dict(zip(header, cells, strict=False)))
        named.append("id" in said)
        numbers.append(number)
        sent.append({"id": str(_UNNAMED), **({"plan": plan} if plan is not None else {}), **said})
    try:
        entries: Sequence[AnyEntry] = _adapter(kind).validate_json(orjson.dumps(sent))
    except ValidationError as error:
        found = errors_of(error)
        faults += [_line_fault(numbers[one["loc"][0]], one, header) for one in found]
        wrong = {one["loc"][0] for one in found}
        kept = [place for place in range(len(sent)) if place not in wrong]
        entries = _adapter(kind).validate_json(orjson.dumps([sent[place] for place in kept]))
        numbers, named = [numbers[place] for place in kept], [named[place] for place in kept]
    lines = [
        Line(number, entry if has_id else replace(entry, id=own_id(entry)), has_id)
        for number, entry, has_id in zip(numbers, entries, named, strict=True)
    ]
    return File(lines, faults, len(rows))


def own_id(entry: AnyEntry) -> UUID:
    """Return the id of an entry that came without one: made from what it is about, so that it is the same each time."""
    parts = [*natural_key(entry), entry.corrects or ""]
    return uuid5(_NAMESPACE, "\n".join(str(part) for part in parts))


def _line_fault(number: int, error: Mapping[str, Any], header: Sequence[str]) -> Fault:
    """Return a fault of pydantic by line and column: a member of a list stands in its list's column."""
    fault = fault_of(error, skip=1)
    name = ".".join(step for step in fault.pointer.split("/") if step and not step.isdigit())
    if name == "cents" and EUROS in header:
        return Fault(f"/{number}/{EUROS}", "rule", "must be euros with two decimals at most, such as 1234,50")
    return Fault(f"/{number}/{name}", fault.code, fault.detail)


def _object(kind: EntryType, cells: Mapping[str, str]) -> Json:
    """Return the JSON of a line; empty cells are left out, what cannot be converted is left to be refused."""
    made: Json = {}
    for name, written in cells.items():
        cell = written.strip()
        column = columns_of(kind).get("cents" if name == EUROS else name)
        if column is None or (not cell and not column.many):
            continue
        holder = made
        for step in column.path[:-1]:
            holder = holder.setdefault(step, {})
        if cell or column.required:
            holder[column.path[-1]] = _cents(cell) if name == EUROS else _converted(column, cell)
    return made


def _converted(column: Column, cell: str) -> Any:  # noqa: ANN401 - JSON
    text = cell[1:] if _GUARDED.match(cell) else cell
    if column.many:
        return list(_members(text))
    if column.kind is bool:
        return _TRUTHS.get(text.lower(), text)
    if column.kind is int and _WHOLE.fullmatch(text):
        return int(text)
    if column.kind is float and _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return text


def _members(cell: str) -> Iterator[str]:
    yield from (member for member in re.split(r"[;\s]+", cell) if member)


def _cents(cell: str) -> Any:  # noqa: ANN401 - JSON
    """Return whole cents; what is no amount of euros stays text, which is refused."""
    found = _EUROS.fullmatch(cell[1:] if _GUARDED.match(cell) else cell)
    if found is None:
        return cell
    sign, whole, decimals = found.groups()
    cents = int(re.sub(r"\D", "", whole)) * 100 + int((decimals or "").ljust(2, "0"))
    return -cents if sign == "-" else cents
