"""The statements that keep snapshots and read them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from app.db.bulk import insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.monitoring.snapshots.models import PlanSnapshot
from app.monitoring.snapshots.records import Link, Snapshot

Session = ReadSession | WriteSession
_SNAPSHOT: Final = table_of(PlanSnapshot)
_C: Final = _SNAPSHOT.c
_LINK: Final = [column for column in _C if column.name != "body"]


async def links(session: Session, plan: str) -> Sequence[Link]:
    """Return the snapshots of a plan without their content, the first one first."""
    found = await session.execute(select(*_LINK).where(_C.plan == plan).order_by(_C.number))
    return [Link(**row) for row in found.mappings()]


async def stored(session: Session, plan: str) -> Sequence[Snapshot]:
    """Return the snapshots of a plan as they are stored, the first one first."""
    found = await session.execute(select(_SNAPSHOT).where(_C.plan == plan).order_by(_C.number))
    return [_snapshot(row) for row in found.mappings()]


async def of_month(session: Session, plan: str, month: date) -> Snapshot | None:
    """Return the snapshot of a month, or None."""
    row = (await session.execute(select(_SNAPSHOT).where(_C.plan == plan, _C.month == month))).mappings().first()
    return _snapshot(row) if row else None


async def plans(session: Session) -> Sequence[str]:
    """Return the codes of the plans that have snapshots."""
    return (await session.scalars(select(_C.plan).distinct().order_by(_C.plan))).all()


async def keep(session: WriteSession, snapshot: Snapshot) -> None:
    """Keep a snapshot; the caller holds the chain, so neither its number nor its month is taken."""
    await insert_new(session, _SNAPSHOT, [asdict(snapshot.link) | {"body": snapshot.body}])


def _snapshot(row: Mapping[Any, Any]) -> Snapshot:
    said = dict(row)
    body = said.pop("body")
    return Snapshot(Link(**said), body)
