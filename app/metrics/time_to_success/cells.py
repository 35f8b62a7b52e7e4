"""What a fact holds, packed: how many referrals of each kind ended in which way on which day. Pure Python.

A cell is kind * 4096 + ending * 512 + day. Whoever has no outcome yet is followed until somebody asks, so a fact knows
the instant of each making: kind * 2**20 days - instant, in ms. Adding the instant of the question and dividing by a
day then gives the days followed and the kind in one number.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.clock import DAY_MS
from app.metrics.time_to_success.definitions import CAUSES, LONGEST_HORIZON_DAYS, Ending

ENDINGS: Final = (*CAUSES, Ending.expired, Ending.open)
"""What a cell can count, by number; the last is all that had no outcome, on day 0."""
LATE: Final = len(ENDINGS)
"""The number that stands for all referrals received late, on day 0."""
_BEYOND: Final = LONGEST_HORIZON_DAYS + 1
"""Stands for every day after the longest horizon."""
_DAYS: Final = 512
_ENDINGS: Final = 8
_KIND_DAYS: Final = 2**20
_AHEAD: Final = _KIND_DAYS // 2
"""Room for days below 0: made on a clock that is ahead."""
CELL: Final = "I"
OPEN: Final = "q"


@dataclass(slots=True)
class Cells:
    """The referrals of one place in one span of days."""

    counts: Counter[int] = field(default_factory=Counter)
    opened: list[int] = field(default_factory=list)

    def add(self, kind: int, ending: Ending, value: int, n: int, late: int) -> None:
        """Count n referrals of a kind; `value` is the day they ended on, or of open ones when they were made (ms)."""
        is_open = ending is Ending.open
        self.counts[_cell(kind, ENDINGS.index(ending), 0 if is_open else value)] += n
        if is_open:
            self.opened += [kind * _KIND_DAYS * DAY_MS - value] * n
        if late:
            self.counts[_cell(kind, LATE, 0)] += late

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Cells":
        """Return what a fact holds."""
        counts = zip(unpacked(CELL, row["cells"]), unpacked(CELL, row["counts"]), strict=True)
        return cls(Counter(dict(counts)), list(unpacked(OPEN, row["opened"])))

    def plus(self, other: "Cells", _days_later: int) -> None:
        """Count what another holds besides: days are those after the making, whenever that was."""
        for cell, n in other.counts.items():
            self.counts[cell] += n
        self.opened += other.opened

    def columns(self) -> dict[str, bytes | int | None]:
        """Return the columns of a fact, the same for the same referrals."""
        cells = sorted(self.counts)
        return {
            "cells": _packed(CELL, cells),
            "counts": _packed(CELL, [self.counts[cell] for cell in cells]),
            "opened": _packed(OPEN, sorted(self.opened)),
            "last_open_at": max((-one % (_KIND_DAYS * DAY_MS) for one in self.opened), default=None),
        }


def _cell(kind: int, ending: int, day: int) -> int:
    return (kind * _ENDINGS + ending) * _DAYS + min(max(day, 0), _BEYOND)


def unpacked(code: str, data: bytes) -> "array[int]":
    """Return packed numbers."""
    numbers = array(code, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _packed(code: str, values: Iterable[int]) -> bytes:
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


class Gathered:
    """Facts of several groups put together: hundreds of thousands of numbers, so columns of arrow add them up."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._cells = {name: array(CELL) for name in ("group", "cell", "n")}
        self._opened = {"group": array(CELL), "opened": array(OPEN)}

    def add(self, group: int, cells: bytes, counts: bytes, opened: bytes | None) -> None:
        """Put a fact to a group; `opened` may be left out when all of those were followed beyond the horizon."""
        self._cells["cell"] += (some := unpacked(CELL, cells))
        self._cells["n"] += unpacked(CELL, counts)
        self._cells["group"] += array(CELL, [group]) * len(some)
        self._opened["opened"] += (still := unpacked(OPEN, opened or b""))
        self._opened["group"] += array(CELL, [group]) * len(still)

    def counts(self, as_of: int) -> Iterator[tuple[int, int, Ending | None, int, int]]:
        """Return (group, kind, ending, day, n), with no ending how many were late; perhaps in parts, some below 0.

        Open referrals are given on the last full day before `as_of` (ms); those without their makings beyond all days.
        """
        for group, cell, n in self._summed():
            whole, day = divmod(cell, _DAYS)
            kind, number = divmod(whole, _ENDINGS)
            ending = None if number == LATE else ENDINGS[number]
            yield group, kind, ending, _BEYOND if ending is Ending.open else day, n
        for group, followed, n in self._followed(as_of):
            kind, day = divmod(followed + _AHEAD, _KIND_DAYS)
            yield group, kind, Ending.open, max(day - _AHEAD, 0), n
            yield group, kind, Ending.open, _BEYOND, -n

    def _summed(self) -> Iterator[tuple[int, int, int]]:
        import pyarrow as pa  # noqa: PLC0415 - a third of a second, once, for whoever asks first

        table = pa.table({name: _column(numbers) for name, numbers in self._cells.items()})
        found = table.group_by(["group", "cell"], use_threads=False).aggregate([("n", "sum")])
        return zip(*(found[name].to_pylist() for name in ("group", "cell", "n_sum")), strict=True)

    def _followed(self, as_of: int) -> Iterator[tuple[int, int, int]]:
        import pyarrow as pa  # noqa: PLC0415 - the same
        import pyarrow.compute as pc  # noqa: PLC0415 - the same

        days = pc.divide(pc.add(_column(self._opened["opened"]), as_of), DAY_MS)
        table = pa.table({"group": _column(self._opened["group"]), "days": days})
        found = table.group_by(["group", "days"], use_threads=False).aggregate([([], "count_all")])
        return zip(*(found[name].to_pylist() for name in ("group", "days", "count_all")), strict=True)


def _column(numbers: "array[int]") -> Any:  # noqa: ANN401 - an array of arrow, which has no types
    import pyarrow as pa  # noqa: PLC0415 - the same

    kind = pa.int64() if numbers.typecode == OPEN else pa.uint32()
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])
