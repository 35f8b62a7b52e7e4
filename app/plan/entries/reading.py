"""The rows of a CSV file: what cannot be read is named by its line, and all the rest goes on. Pure Python.

UTF-8 with or without a byte order mark; cells separated by commas or semicolons, whichever the first line has. Lines
are numbered as an editor does, from 1 for the header.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.errors import Fault

_LONGEST_ROW: Final = 20
"""Lines one row may run over: a quotation mark nobody closed would else take every line that follows."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOST: Final = "\ufffd"
"""Stands for bytes that mean nothing in UTF-8."""
_NOT_UTF_8: Final = "is not UTF-8: save the file as CSV in UTF-8"
_NUL: Final = "holds a NUL: save the file as CSV in UTF-8"
_NOT_CSV: Final = "cannot be read as CSV: a quotation mark is missing or too many"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds, blank lines apart."""

    header: Sequence[str]
    """The cells of the first row; empty when it cannot be read, or when there is none."""
    rows: Sequence[tuple[int, Sequence[str]]]
    """(number of its first line, cells) of each row below that can be read."""
    faults: Sequence[Fault]
    """One for each line that cannot be read, by line; of the header's alone where that is one of them."""
    numbers: Sequence[int]
    """First line of each row below the header, whether it can be read or not."""


@dataclass(frozen=True, slots=True)
class _Row:
    first: int
    last: int
    cells: Sequence[str] | None
    """None where the row is no CSV; it is then one line long."""


def read_rows(raw: bytes) -> Sheet:
    """Return the rows of a file."""
    lines, damaged = _lines(raw)
    rows = list(_rows(lines))
    if not rows:
        return Sheet((), (), (), ())
    damaged = {**{row.first: Fault(f"/{row.first}", "csv", _NOT_CSV) for row in rows if row.cells is None}, **damaged}
    header, *below = rows
    numbers = [row.first for row in below]
    broken = [damaged[number] for number in sorted(damaged)]
    if header.cells is None or any(number <= header.last for number in damaged):
        return Sheet((), (), [one for one in broken if int(one.pointer[1:]) <= header.last], numbers)
    whole = [row for row in below if not any(number in damaged for number in range(row.first, row.last + 1))]
    return Sheet(header.cells, [(row.first, row.cells or ()) for row in whole], broken, numbers)


def _lines(raw: bytes) -> tuple[Sequence[str], Mapping[int, Fault]]:
    """Return the lines of a file, and what is wrong with those that are no text in UTF-8, by number."""
    other = raw.startswith(_UTF_16)
    text = raw.decode("utf-16" if other else "utf-8-sig", errors="replace")
    lost = other or not _is_utf_8(raw)
    damaged = {}
    lines = list(io.StringIO(text, newline=""))
    for number, line in enumerate(lines, 1):
        if other or (lost and _LOST in line):
            damaged[number] = Fault(f"/{number}", "encoding", _NOT_UTF_8)
        elif "\0" in line:
            damaged[number] = Fault(f"/{number}", "encoding", _NUL)
    return lines, damaged


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rows(lines: Sequence[str]) -> Iterator[_Row]:
    """Yield each row that is not blank; after one that is no CSV, reading begins again at the next line."""
    delimiter = ";" if lines and ";" in lines[0] else ","
    fed = _Feed(lines)
    while fed.at < len(lines):
        reader = csv.reader(fed, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _Row(fed.began + 1, fed.at, cells)
                fed.began = fed.at
        except csv.Error:
            yield _Row(fed.began + 1, fed.began + 1, None)
            fed.began += 1
            fed.at = fed.began


class _Feed:
    """Lines as the CSV reader asks for them, a few at most for one row."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.began = 0
        """Place of the first line of the row that is being read."""
        self.at = 0
        """Place of the next line."""

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.at == len(self._lines) or self.at - self.began == _LONGEST_ROW:
            raise StopIteration
        line = self._lines[self.at]
        self.at += 1
        return line
