"""The statements of the register of plans."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select, true

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among
from app.db.table import table_of
from app.plan.records import AnyEntry, Recorded
from app.plan.register.models import PlanEntry
from app.plan.register.schemas import ENTRIES
from app.plan.vocabulary import EntryType

_ENTRY: Final = table_of(PlanEntry)
_COLUMNS: Final = {"id": "id", "plan": "plan", "type": "type", "on": "on_day", "corrects": "corrects"}
"""What stands in columns of its own, by its name in the entry."""


async def load(
    session: ReadSession | WriteSession, plan: str, types: Collection[EntryType] | None = None
) -> list[Recorded]:
    """Return every entry of a plan ever recorded, of some types or of all, by (on, recorded_at, id).

    Withdrawals come with any types: `standing` needs them to tell what stands.
    """
    conditions = [_ENTRY.c.plan == plan]
    if types is not None:
        conditions.append(_ENTRY.c.type.in_(sorted({*types, EntryType.withdrawal})))
    return await _recorded(session, conditions)


async def plans(session: ReadSession | WriteSession) -> list[Recorded]:
    """Return every entry of type plan, of whichever plan, and every withdrawal, in the order of `load`."""
    return await _recorded(session, [_ENTRY.c.type.in_([EntryType.plan, EntryType.withdrawal])])


async def _recorded(session: ReadSession | WriteSession, conditions: Sequence[ColumnElement[bool]]) -> list[Recorded]:
    columns = _ENTRY.c
    statement = select(_ENTRY).where(true(), *conditions).order_by(columns.on_day, columns.recorded_at, columns.id)
    rows = (await session.execute(statement)).mappings().all()
    entries = ENTRIES.validate_json(orjson.dumps([_said(row) for row in rows]))
    return [
        Recorded(entry, row["recorded_at"], row["role"], row["account"])
        for entry, row in zip(entries, rows, strict=True)
    ]


def _said(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as the JSON of its entry."""
    return {**row["content"], **{name: row[column] for name, column in _COLUMNS.items()}}


async def digests(session: WriteSession, ids: Collection[UUID]) -> Mapping[UUID, bytes]:
    """Return {id: digest} of those of these entries that are there, in whichever plan."""
    found = await session.execute(select(_ENTRY.c.id, _ENTRY.c.digest).where(among(session, _ENTRY.c.id, ids)))
    return {key: digest for key, digest in found}  # noqa: C416 - rows are no pairs for mypy


async def add(session: WriteSession, recorded: Sequence[Recorded]) -> bool:
    """Add entries; False when one is there already, or another one corrects the same: then roll back."""
    return not recorded or await insert_all_new(session, _ENTRY, [_row(one) for one in recorded])


def _row(one: Recorded) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "plan": entry.plan,
        "type": entry.type.value,
        "on_day": entry.on,
        "recorded_at": one.recorded_at,
        "role": one.role,
        "account": one.account,
        "corrects": entry.corrects,
        "content": {name: value for name, value in written(entry).items() if name not in _COLUMNS},
        "digest": digest_of(entry),
    }


def written(entry: AnyEntry) -> dict[str, Any]:
    """Return an entry as JSON, without what its absence would say: a field added later changes no digest."""
    (said,) = ENTRIES.dump_python([entry], mode="json", exclude_defaults=True)
    return {**said, "type": entry.type.value}


def digest_of(entry: AnyEntry) -> bytes:
    """Return the SHA-256 of an entry's canonical JSON."""
    return sha256(orjson.dumps(written(entry), option=orjson.OPT_SORT_KEYS)).digest()
