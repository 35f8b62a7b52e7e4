"""Following a chain entry by entry, and naming what was done to it. Pure Python, memory bounded whatever its length.

Each entry's code covers the code before it, its number and its content. An entry that does not fit may have been
changed, or something beside it taken out, put in or moved: the entries after it tell which, because whoever tampers
without the key has only codes that fit somewhere else.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.audit.vocabulary import Tampering

FIRST: Final = bytes(32)
"""What stands before the first entry."""
_MOST_PUZZLING: Final = 256
"""More entries that fit nowhere are not explained one by one: from there on the chain was rewritten."""
_MOST_TAKEN_OUT: Final = 1000
"""So many missing entries are looked for behind a renumbering."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is stored, whatever somebody made of its parts; `at` is in ms since 1970 UTC."""

    number: Any
    at: Any
    actor: Any
    action: Any
    detail: Any
    mac: Any


@dataclass(frozen=True, slots=True)
class Finding:
    """What was done to which entries: `first` and `last` are numbers of entries, or lines of the file of anchors."""

    kind: Tampering
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head a chain had when it was written down outside: its number and code."""

    number: int
    mac: bytes


MacOf = Callable[[bytes, int, Entry], bytes | None]
"""Returns the code of an entry after a code and under a number; None for one that has no canonical form."""


@dataclass(slots=True)
class _Run:
    """Entries in a row that do not fit, the code before them, and how far numbers were off by then."""

    before: bytes
    shift: int
    entries: list[Entry] = field(default_factory=list)


class Follower:
    """Takes the entries of one chain in the order of their numbers; `findings` is complete after `finish`."""

    def __init__(self, mac_of: MacOf) -> None:
        """Begin before the first entry."""
        self._mac_of = mac_of
        self._last: bytes | None = FIRST
        self._shift = 0
        self._run: _Run | None = None
        self._unexplained: list[_Run] = []
        self._puzzling = 0
        self._lost = False
        self.expected = 1
        self.findings: list[Finding] = []

    @property
    def reached(self) -> int:
        """The number that the last entry had when it was written."""
        return self.expected - 1 + self._shift

    def follow(self, entry: Entry) -> None:
        """Look at the next entry."""
        if not isinstance(entry.number, int) or entry.number < self.expected:
            self._find(Tampering.inserted, self.expected, self.expected)
            return
        if entry.number > self.expected:
            self._end_run()
            self._find(Tampering.removed, self.expected, entry.number - 1)
            self._last = None  # what stood before is gone: the next one is taken as it is
        self.expected = entry.number + 1
        if self._lost:
            return
        if self._run is not None:
            self._last = self._resume(self._run, entry)
            return
        if self._last is not None and not self._fits(entry, self._last, entry.number + self._shift):
            self._run = _Run(self._last, self._shift)
            self._puzzle(self._run, entry)
        self._last = _code(entry)

    def finish(self) -> None:
        """Explain what is left, once the chain has ended."""
        self._end_run()
        moved, changed = self._placed()
        for kind, numbers in ((Tampering.reordered, moved), (Tampering.changed, changed)):
            for first, last in _stretches(sorted(numbers)):
                self._find(kind, first, last)
        self.findings.sort(key=lambda finding: (finding.first, finding.last))

    def _find(self, kind: Tampering, first: int, last: int) -> None:
        self.findings.append(Finding(kind, first, last))

    def _fits(self, entry: Entry, before: bytes, number: int) -> bool:
        made = self._mac_of(before, number, entry)
        return made is not None and hmac.compare_digest(made, _code(entry))

    def _puzzle(self, run: _Run, entry: Entry) -> None:
        run.entries.append(entry)
        self._puzzling += 1
        if self._puzzling > _MOST_PUZZLING:
            self._find(Tampering.rewritten, run.entries[0].number, run.entries[0].number)
            self._run, self._lost = None, True

    def _resume(self, run: _Run, entry: Entry) -> bytes:
        """Look for the place where the chain goes on; return the code that the next entry follows."""
        last, number = run.entries[-1], entry.number + self._shift
        remade = self._mac_of(self._before(run), last.number + run.shift, last)
        if self._fits(entry, _code(last), number) or (remade is not None and self._fits(entry, remade, number)):
            self._end_run()
        elif (swapped := self._in_order([*run.entries, entry], run)) is not None:
            self._run = None
            self._find(Tampering.reordered, run.entries[0].number, entry.number)
            return swapped
        elif self._fits(entry, run.before, number - len(run.entries)):
            self._slip(run, -len(run.entries), Tampering.inserted)
        elif taken := next((n for n in range(1, _MOST_TAKEN_OUT) if self._fits(entry, _code(last), number + n)), 0):
            self._slip(run, taken, Tampering.removed)
        else:
            self._puzzle(run, entry)
        return _code(entry)

    def _before(self, run: _Run) -> bytes:
        return _code(run.entries[-2]) if len(run.entries) > 1 else run.before

    def _slip(self, run: _Run, by: int, kind: Tampering) -> None:
        """Go on with numbers that are off by so many: entries were put in or taken out and the rest renumbered."""
        first = run.entries[0].number
        self._find(kind, first, first + abs(by) - 1)
        self._shift += by
        self._run = None

    def _in_order(self, entries: Sequence[Entry], run: _Run) -> bytes | None:
        """Return the last code when these entries are what stood here, in another order."""
        before, left = run.before, list(entries)
        for place in range(len(entries)):
            number = entries[0].number + run.shift + place
            found = next((entry for entry in left if self._fits(entry, before, number)), None)
            if found is None:
                return None
            left.remove(found)
            before = _code(found)
        return before

    def _end_run(self) -> None:
        if self._run is not None:
            self._unexplained.append(self._run)
            self._run = None

    def _placed(self) -> tuple[set[int], set[int]]:
        """Return the numbers whose entries stand elsewhere, and those whose entries the key never wrote."""
        pool = [entry for run in self._unexplained for entry in run.entries]
        moved: set[int] = set()
        changed: set[int] = set()
        for run in self._unexplained:
            before = run.before
            for standing in run.entries:
                number = standing.number + run.shift
                found = next((entry for entry in pool if self._fits(entry, before, number)), None)
                if found is None:
                    changed.add(standing.number)
                elif found is not standing:
                    moved |= {standing.number, found.number}
                before = _code(found or standing)
        return moved, changed - moved


class Anchored:
    """Holds a chain against the heads that were written down outside while it grew."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        """Take the anchors of one chain, in any order."""
        self._wanted: dict[int, set[bytes]] = {}
        for anchor in anchors:
            self._wanted.setdefault(anchor.number, set()).add(anchor.mac)
        self._held = 0
        self._other: int | None = None

    def look(self, entry: Entry) -> None:
        """Look at the next entry."""
        wanted = self._wanted.get(entry.number)
        if wanted is None:
            return
        if wanted == {_code(entry)}:
            self._held = entry.number
        elif self._other is None:
            self._other = entry.number

    def findings(self, reached: int, others: Sequence[Finding]) -> list[Finding]:
        """Return what the anchors add to what the chain itself has told; `reached` is where it ends now."""
        found = []
        other = self._other
        if other is not None and not any(finding.first <= other for finding in others):
            found.append(Finding(Tampering.regrown, self._held + 1, other))
        last = max(self._wanted, default=0)
        if last > reached:
            found.append(Finding(Tampering.truncated, reached + 1, last))
        return found


def _code(entry: Entry) -> bytes:
    return entry.mac if isinstance(entry.mac, bytes) else b""


def _stretches(numbers: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Return (first, last) of each row of consecutive numbers."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
