"""The register while entries are added to it: what stands, and what may be named. Pure Python."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Final
from uuid import UUID

from app.plan.records import AnyEntry, Plan, Withdrawal
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


_NAMES: Final[Mapping[str, EntryType]] = {
    "action": EntryType.action,
    "objective": EntryType.objective,
    "body": EntryType.body,
    "lead": EntryType.body,
    "partners": EntryType.body,
    "funder": EntryType.body,
    "members": EntryType.body,
    "expected": EntryType.body,
    "present": EntryType.body,
    "owner": EntryType.body,
    "committee": EntryType.committee,
    "meeting": EntryType.meeting,
    "milestone": EntryType.milestone,
    "decision": EntryType.decision,
    "series": EntryType.series,
}
"""Which type of entry a field names one of, whatever entry the field stands in."""


def references(entry: AnyEntry) -> Iterator[tuple[str, EntryType, Hashable]]:
    """Yield (JSON pointer, type, code) of each entry that one names; every entry but a plan names its plan."""
    if not isinstance(entry, Plan):
        yield "/plan", EntryType.plan, entry.plan
    for one in fields(entry):
        held, kind = getattr(entry, one.name), _NAMES.get(one.name)
        if kind is None or held is None:
            continue
        if isinstance(held, tuple):
            yield from ((f"/{one.name}/{number}", kind, code) for number, code in enumerate(held))
        else:
            yield f"/{one.name}", kind, held


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
        self._replaced: Final[dict[UUID, UUID]] = {}
        """The entry that corrects or withdraws each one that does not stand."""
        self._said: Final[dict[Hashable, int]] = {}
        """How many entries that stand say something, by natural key."""
        self._defined: Final[dict[Hashable, dict[UUID, date]]] = {}
        """The entries that stand with the day each is about, by what others name them by."""
        self._naming: Final[dict[Hashable, int]] = {}
        """How many entries that stand name something, by the same."""
        listed = list(entries)
        self._replaced.update({one.corrects: one.id for one in listed if one.corrects is not None})
        for one in listed:
            self._entries[one.id] = one
            if one.id not in self._replaced:
                self._count(one, 1)

    def add(self, entry: AnyEntry) -> None:
        """Let an entry stand, and the one it corrects stand no more."""
        if entry.corrects is not None and entry.corrects not in self._replaced:
            replaced = self._entries.get(entry.corrects)
            self._replaced[entry.corrects] = entry.id
            if replaced is not None:
                self._count(replaced, -1)
        self._entries[entry.id] = entry
        self._count(entry, 1)

    def _count(self, entry: AnyEntry, step: int) -> None:
        said = natural_key(entry)
        self._said[said] = self._said.get(said, 0) + step
        defined = self._defined.setdefault(_called(entry), {})
        if step > 0:
            defined[entry.id] = entry.on
        else:
            defined.pop(entry.id, None)
        if not isinstance(entry, Withdrawal):  # it says of nothing that it is there
            for key in {_key(entry.plan, kind, code) for _, kind, code in references(entry)}:
                self._naming[key] = self._naming.get(key, 0) + step

    def entry(self, entry_id: UUID) -> AnyEntry | None:
        """Return an entry, whether it stands or not."""
        return self._entries.get(entry_id)

    def is_replaced(self, entry_id: UUID) -> bool:
        """Say whether an entry was corrected or withdrawn."""
        return entry_id in self._replaced

    def is_withdrawn(self, entry_id: UUID) -> bool:
        """Say whether an entry, or the last of its corrections, was withdrawn: nothing stands in its place."""
        last = entry_id
        while last in self._replaced:
            last = self._replaced[last]
        return last != entry_id and isinstance(self._entries.get(last), Withdrawal)

    def is_said(self, entry: AnyEntry) -> bool:
        """Say whether an entry that stands, other than the one it corrects, says something about the same."""
        key = natural_key(entry)
        corrected = self._entries.get(entry.corrects) if entry.corrects is not None else None
        own = corrected is not None and corrected.id not in self._replaced and natural_key(corrected) == key
        return self._said.get(key, 0) > own

    def knows(self, plan: str, kind: EntryType, code: Hashable) -> bool:
        """Say whether an entry of a type that stands defines a code or number of a plan."""
        return bool(self._defined.get(_key(plan, kind, code)))

    def first_day(self, plan: str, kind: EntryType, code: Hashable) -> date | None:
        """Return the first day of the entries that stand and define a code, None when none does."""
        return min(self._defined.get(_key(plan, kind, code), {}).values(), default=None)

    def left_unnamed(self, entry: AnyEntry) -> int:
        """Return how many entries that stand name a code that nothing would define once an entry stands.

        That is so when it withdraws the last entry that defines the code, or corrects it to have another one.
        """
        replaced = self._entries.get(entry.corrects) if entry.corrects is not None else None
        if replaced is None or replaced.id in self._replaced or _called(entry) == _called(replaced):
            return 0
        last = self._defined.get(_called(replaced), {}).keys() == {replaced.id}
        return self._naming.get(_called(replaced), 0) if last else 0


def _key(plan: str, kind: EntryType, code: Hashable) -> Hashable:
    return plan, kind, code


def _called(entry: AnyEntry) -> Hashable:
    """Return what other entries may name an entry by: its code or number, of a plan the plan's own code."""
    code = entry.plan if entry.type is EntryType.plan else getattr(entry, "code", getattr(entry, "number", None))
    return _key(entry.plan, entry.type, code)
