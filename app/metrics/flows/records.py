"""Counts of links as they come out of the database, and where they were looked for."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from struct import Struct
from typing import Any, Final

import orjson

from app.directory.rules import KindRule
from app.metrics.flows.definitions import CELLS


@dataclass(frozen=True, slots=True)
class Flow:
    """Referrals that went the same way."""

    period: int
    """Place in the list of periods."""
    source: str | None
    """Rung of the success before; None when there is none."""
    target: str
    """Rung of the success, or how the referral stands."""
    rule: str
    referrals: int
    late: int


@dataclass(frozen=True, slots=True)
class ExitFlow:
    """Stays that ended the same way."""

    rung: str
    destination: str | None
    exits: int


@dataclass(frozen=True, slots=True, order=True)
class RungRule:
    """On which rung a kind stands on the days of [valid_from, valid_until)."""

    valid_from: date
    kind: str
    valid_until: date | None
    rung: str

    @classmethod
    def of(cls, rule: KindRule) -> "RungRule":
        """Return what a rule of the directory says of rungs."""
        return cls(rule.valid_from, rule.code, rule.valid_until, rule.rung.value)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where earlier referrals are looked for, and what rung each is on: flows are counted under one of these."""

    own: bool
    """Only among the referrals of the target's own organisation."""
    territories: frozenset[str] | None
    """Only in these; None for anywhere."""
    rungs: tuple[RungRule, ...]
    """Latest first."""

    @classmethod
    def of(cls, rules: Iterable[KindRule], territories: Collection[str] | None, *, own: bool) -> "Lookup":
        """Prepare a look-up by the directory's rules."""
        rungs = sorted(map(RungRule.of, rules), reverse=True, key=lambda rule: (rule.valid_from, rule.kind))
        return cls(own, None if territories is None else frozenset(territories), tuple(rungs))

    @property
    def name(self) -> bytes:
        """What facts under this look-up are kept by: other territories, rungs or links have other facts."""
        return hashlib.sha256(orjson.dumps([self.document(), CELLS])).digest()[:16]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "own": self.own,
            "territories": None if self.territories is None else sorted(self.territories),
            "rungs": [[r.valid_from, r.kind, r.valid_until, r.rung] for r in self.rungs],
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Lookup":
        """Return what a document says."""
        rungs = (
            RungRule(date.fromisoformat(since), kind, until and date.fromisoformat(until), rung)
            for since, kind, until, rung in document["rungs"]
        )
        listed = document["territories"]
        return cls(document["own"], None if listed is None else frozenset(listed), tuple(rungs))


Cell = tuple[str | None, str, str]
"""Source, target and rule."""
_CODES: Final = {cell: code for code, cell in enumerate(CELLS)}
_PACKED: Final = Struct("<HII")


class Matrix:
    """How many referrals went each way, and how many of them came late: what one fact holds."""

    def __init__(self, packed: bytes = b"") -> None:
        """Read what `packed` gave."""
        self._counts = {code: (n, late) for code, n, late in _PACKED.iter_unpack(packed)}

    def add(self, cell: Cell, referrals: int, late: int) -> None:
        """Count referrals in one cell."""
        self._add(_CODES[cell], referrals, late)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Matrix":
        """Return what a fact holds."""
        return cls(row["flows"])

    def columns(self) -> dict[str, Any]:
        """Return the columns of the fact."""
        return {"flows": self.packed()}

    def plus(self, other: "Matrix", _days_later: int) -> None:
        """Count all of another's, whenever it was."""
        for code, (referrals, late) in other._counts.items():  # noqa: SLF001 - of the same class
            self._add(code, referrals, late)

    def packed(self) -> bytes:
        """Return ten bytes a cell, in the order of cells: its number, referrals, late."""
        return b"".join(_PACKED.pack(code, *self._counts[code]) for code in sorted(self._counts))

    def flows(self, period: int) -> list[Flow]:
        """Return the counts of a period."""
        cells = ((CELLS[code], counts) for code, counts in sorted(self._counts.items()))
        return [Flow(period, source, to, rule, n, late) for (source, to, rule), (n, late) in cells]

    def _add(self, code: int, referrals: int, late: int) -> None:
        n, came_late = self._counts.get(code, (0, 0))
        self._counts[code] = n + referrals, came_late + late
