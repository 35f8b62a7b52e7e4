"""The register as it is sent: as JSON, and as a table that can be imported again."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from app.http.tabular import Holds, Table
from app.plan.entries.columns import columns_of, header_of, line_of
from app.plan.records import Recorded
from app.plan.register.queries import written
from app.plan.register.schemas import RecordedSent, RegisterSent
from app.plan.vocabulary import EntryType

_HOLDS: Final[Mapping[type, Holds]] = {
    str: Holds.text,
    UUID: Holds.text,
    int: Holds.integer,
    float: Holds.number,
    bool: Holds.truth,
    date: Holds.day,
}


def register_sent(plan: str, kind: EntryType, recorded: Sequence[Recorded]) -> RegisterSent:
    """Return the entries of a type; `recorded` holds every withdrawal too."""
    replaced = _replaced(recorded)
    items = [
        RecordedSent(
            entry=written(one.entry),
            recorded_at=one.recorded_at,
            role=one.role,
            replaced_by=replaced.get(one.entry.id),
        )
        for one in recorded
        if one.entry.type is kind
    ]
    return RegisterSent(plan=plan, type=kind, items=items)


def register_table(plan: str, kind: EntryType, recorded: Sequence[Recorded]) -> Table:
    """Return the same entries as a table."""
    replaced, columns = _replaced(recorded), columns_of(kind)
    holds = {name: Holds.text if column.many else _HOLDS[column.kind] for name, column in columns.items()}
    holds |= dict.fromkeys(header_of(kind)[len(columns) :], Holds.text) | {"recorded_at": Holds.instant}
    rows = [line_of(one, replaced.get(one.entry.id)) for one in recorded if one.entry.type is kind]
    return Table(f"{plan}-{kind.value}", holds, rows, {"plan": plan, "type": kind.value})


def _replaced(recorded: Sequence[Recorded]) -> Mapping[UUID, UUID]:
    """Return {entry: the one that corrected or withdrew it}."""
    return {one.entry.corrects: one.entry.id for one in recorded if one.entry.corrects is not None}
