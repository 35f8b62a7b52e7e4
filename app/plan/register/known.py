"""The register while entries are added to it: what stands, and what may be named. Pure Python."""

from collections.abc import Hashable, Iterable
from typing import Final
from uuid import UUID

from app.plan.records import AnyEntry
from app.plan.records.entry import Entry
from app.plan.vocabulary import EntryType

_NATURAL: Final[dict[EntryType, tuple[str, ...]]] = {
    EntryType.plan: ("on",),
    EntryType.body: ("code", "on"),
    EntryType.objective: ("number", "on"),
    EntryType.action: ("number", "on"),
    EntryType.milestone: ("code", "on"),
    EntryType.milestone_reached: ("milestone", "body"),
    EntryType.assessment: ("action", "body", "on"),
    EntryType.statement: ("code", "body", "on"),
    EntryType.amount: ("code", "on", "kind", "funder"),
    EntryType.committee: ("code", "on"),
    EntryType.meeting: ("code",),
    EntryType.decision: ("code",),
    EntryType.decision_outcome: ("decision",),
    EntryType.target: ("code", "on"),
    EntryType.series: ("code", "on"),
    EntryType.observation: ("series", "territory", "on"),
    EntryType.acknowledgement: ("id",),
    EntryType.withdrawal: ("corrects",),
}
"""What tells an entry from every other of its type and plan: two that agree in it would contradict each other.

The budget year of an amount is no part of it: a line whose year is found out later corrects the one that had none.
"""


def natural_key(entry: Entry) -> tuple[Hashable, ...]:
    """Return what an entry is about, by its plan and type: no two that stand share it."""
    kind: EntryType = entry.type  # type: ignore[attr-defined]  # every class of entry has its own
    return (entry.plan, kind, *(getattr(entry, name) for name in _NATURAL[kind]))


class Register:
    """The entries of plans and what others may name of them. Territories and perimeters are the directory's."""

    def __init__(self, entries: Iterable[AnyEntry], territories: frozenset[str], perimeters: frozenset[str]) -> None:
        """Take every entry ever recorded of the plans in question, in any order."""
        self.territories: Final = territories
        self.perimeters: Final = perimeters
        self._entries: Final[dict[UUID, AnyEntry]] = {}
        self._replaced: Final[set[UUID]] = set()
        self._standing: Final[dict[Hashable, int]] = {}
        """How many entries that stand say something, by natural key and by what others name."""
        listed = list(entries)
        self._replaced.update(one.corrects for one in listed if one.corrects is not None)
        for one in listed:
            self._entries[one.id] = one
            if one.id not in self._replaced:
                self._count(one, 1)

    def add(self, entry: AnyEntry) -> None:
        """Let an entry stand, and the one it corrects stand no more."""
        if entry.corrects is not None and entry.corrects not in self._replaced:
            replaced = self._entries.get(entry.corrects)
            self._replaced.add(entry.corrects)
            if replaced is not None:
                self._count(replaced, -1)
        self._entries[entry.id] = entry
        self._count(entry, 1)

    def _count(self, entry: AnyEntry, step: int) -> None:
        for key in {natural_key(entry), _named(entry)}:
            self._standing[key] = self._standing.get(key, 0) + step

    def entry(self, entry_id: UUID) -> AnyEntry | None:
        """Return an entry, whether it stands or not."""
        return self._entries.get(entry_id)

    def is_replaced(self, entry_id: UUID) -> bool:
        """Say whether an entry was corrected or withdrawn."""
        return entry_id in self._replaced

    def is_said(self, entry: AnyEntry) -> bool:
        """Say whether an entry that stands, other than the one it corrects, says something about the same."""
        key = natural_key(entry)
        corrected = self._entries.get(entry.corrects) if entry.corrects is not None else None
        own = corrected is not None and corrected.id not in self._replaced and natural_key(corrected) == key
        return self._standing.get(key, 0) > own

    def knows(self, plan: str, kind: EntryType, code: Hashable) -> bool:
        """Say whether an entry of a type that stands defines a code or number of a plan."""
        return self._standing.get((plan, kind, "named", code), 0) > 0


def _named(entry: AnyEntry) -> Hashable:
    """Return what other entries may name an entry by: its code or number, of a plan the plan's own code."""
    code = entry.plan if entry.type is EntryType.plan else getattr(entry, "code", getattr(entry, "number", None))
    return (entry.plan, entry.type, "named", code)
