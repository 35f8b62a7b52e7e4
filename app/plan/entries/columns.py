"""Entries of one type as lines of a table: one column a field, dotted where fields nest. Pure Python.

The same columns are written when entries are exported and read when they are imported, so that what was exported can
be imported again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

from app.plan.records import TYPES, Recorded
from app.plan.records.entry import Entry, Source, Text
from app.plan.vocabulary import EntryType

BOOKKEEPING: Final = ("recorded_at", "role", "replaced_by")
"""Columns of an export that say how an entry was recorded; an import reads over them."""
EUROS: Final = "euros"
"""Stands for `cents` in an import, with two decimals at most."""
_FIRST: Final = ("id", "plan", "on")
_LAST: Final = ("source", "corrects")
Value = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where its cells stand in an entry, and what they are."""

    path: tuple[str, ...]
    kind: type
    """str, int, float, bool, date or UUID; str for codes of a vocabulary and for lists."""
    many: bool
    required: bool
    nullable: bool
    """Whether it may be null: an empty list is then written as a lone semicolon."""

    @property
    def name(self) -> str:
        """Return the name in the header."""
        return ".".join(self.path)

    def cell(self, entry: Entry) -> Value:
        """Return the cell of an entry; the members of a list are separated by semicolons."""
        held: Any = entry
        for step in self.path:
            held = getattr(held, step) if held is not None else None
        if isinstance(held, tuple):
            return ";".join(str(one) for one in held) or (";" if self.nullable else "")
        return str(held) if isinstance(held, UUID | StrEnum) else held


@cache
def columns_of(kind: EntryType) -> Mapping[str, Column]:
    """Return the columns of a type by name, in their order."""
    made = TYPES[kind]
    names = [one.name for one in fields(made)]
    own = [name for name in names if name not in {*_FIRST, *_LAST, "type"}]
    found = [column for name in (*_FIRST, *own, *_LAST) for column in _columns(made, (name,), required=True)]
    return {column.name: column for column in found}


def _columns(holder: type, path: tuple[str, ...], *, required: bool) -> Iterator[Column]:
    """Yield the columns of the last field of a path."""
    hints = get_type_hints(holder, include_extras=True)
    field = next(one for one in fields(holder) if one.name == path[-1])
    kind, many = _plain(hints[field.name])
    needed = required and field.default is MISSING
    if kind in {Text, Source}:
        for below in fields(kind):
            yield from _columns(kind, (*path, below.name), required=needed)
    else:
        # An id is made from what the line says, and a line without a plan is about the plan that was asked for.
        yield Column(path, kind, many, needed and path not in {("id",), ("plan",)}, field.default is None)


def _plain(hint: Any) -> tuple[type, bool]:  # noqa: ANN401 - an annotation
    """Return the type behind an annotation, and whether there are many of it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _plain(arguments[0])
    if origin is tuple:
        return _plain(arguments[0])[0], True
    if arguments:
        return _plain(next(one for one in arguments if one is not type(None)))
    return (str if issubclass(hint, StrEnum) else hint), False


def header_of(kind: EntryType) -> Sequence[str]:
    """Return the columns of an export."""
    return [*columns_of(kind), *BOOKKEEPING]


def line_of(one: Recorded, replaced_by: UUID | None) -> list[Value]:
    """Return the cells of an entry in an export, as wide as `header_of`."""
    cells = [column.cell(one.entry) for column in columns_of(one.entry.type).values()]
    return [*cells, one.recorded_at, one.role, str(replaced_by) if replaced_by else None]
