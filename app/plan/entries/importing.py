"""A CSV file of entries of one type, read: a line that cannot be is named, by line and column, without its value."""

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
from app.plan.entries.reading import read_rows
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
    sheet = read_rows(raw)
    count = len(sheet.numbers)
    if not sheet.header:
        return File([], sheet.faults or [Fault("/1", "missing", "must be a header that names the columns")], count)
    header = _header(sheet.header)
    faults = _header_faults(kind, header, plan)
    if faults:
        return File([], [*faults, *sheet.faults], count)
    if count > MOST_LINES:
        beyond = Fault(f"/{sheet.numbers[MOST_LINES]}", "too_long", f"is beyond the {MOST_LINES} lines that are read")
        return File([], [beyond], count)
    lines, found = _entries(kind, header, sheet.rows, plan)
    return File(lines, sorted([*sheet.faults, *found], key=_place), count)


def _place(fault: Fault) -> int:
    return int(fault.pointer.split("/")[1])


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


def _entries(
    kind: EntryType, header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], plan: str | None
) -> tuple[list[Line], list[Fault]]:
    """Read rows whose header is right, all of them at once."""
    faults: list[Fault] = []
    numbers, sent, named = [], [], []
    for number, cells in rows:
        misfit = _misfit(number, cells, len(header))
        if misfit is not None:
            faults.append(misfit)
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
    return lines, faults


def _misfit(number: int, cells: Sequence[str], wide: int) -> Fault | None:
    """Return the fault of a row whose cells would stand under other columns than meant, or under none."""
    if len(cells) < wide:
        return Fault(f"/{number}", "too_short", "has fewer cells than the header")
    if any(cells[wide:]):
        return Fault(f"/{number}", "too_long", "has more cells than the header")
    return None


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
