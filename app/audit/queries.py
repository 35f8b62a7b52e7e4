"""Reading the head of a chain and adding to it."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.audit.models import AuditEntry
from app.db.bulk import Row, insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import CHAINING, hold
from app.db.table import table_of

_TABLE = table_of(AuditEntry)


# Written once: building and hashing a statement costs more than running it, and every posting runs this one.
_later = aliased(AuditEntry)
_HEADS: Final = select(col(AuditEntry.org_id), col(AuditEntry.number), col(AuditEntry.mac)).where(
    col(AuditEntry.org_id).in_(bindparam("org_ids", expanding=True)),
    col(AuditEntry.number)
    == select(func.max(_later.number)).where(col(_later.org_id) == col(AuditEntry.org_id)).scalar_subquery(),
)


async def heads(session: WriteSession, org_ids: Iterable[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """Return {organisation: (number, mac)} of each chain's last entry, holding the chains until commit."""
    wanted = sorted(set(org_ids))
    connection = await session.connection()
    await hold(connection, CHAINING, wanted)
    return {org: (number, mac) for org, number, mac in await connection.execute(_HEADS, {"org_ids": wanted})}


async def add(session: WriteSession, rows: Sequence[Row]) -> None:
    """Add entries to their chains, which the caller holds: none can be there already."""
    if not await insert_all_new(session, _TABLE, rows):
        msg = "an audit entry was overtaken although its chain was held"
        raise RuntimeError(msg)


async def chain(session: ReadSession, org_id: UUID) -> Sequence[AuditEntry]:
    """Return one organisation's chain, first entry first."""
    found = await session.scalars(
        select(AuditEntry).where(col(AuditEntry.org_id) == org_id).order_by(col(AuditEntry.number))
    )
    return found.all()
