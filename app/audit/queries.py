"""Reading chains, from their heads or from their beginning, and adding to them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, select, type_coerce
from sqlalchemy.orm import aliased
from sqlalchemy.types import NullType
from sqlmodel import col

from app.audit.models import AuditEntry
from app.audit.records import Remembered
from app.audit.rules import Entry
from app.db.bulk import Row, insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import CHAINING, hold
from app.db.table import table_of

_TABLE = table_of(AuditEntry)
_PAGE: Final = 2000


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


def _as_stored(column: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a mapped column
    """Return a column as the driver gives it: what somebody put there may not be of its type."""
    return type_coerce(column, NullType())


_STORED: Final = tuple(_as_stored(col(c)) for c in (AuditEntry.at, AuditEntry.actor, AuditEntry.action))
_REST: Final = tuple(_as_stored(col(c)) for c in (AuditEntry.detail, AuditEntry.mac))
_NUMBER: Final = _as_stored(col(AuditEntry.number))


async def stored(session: ReadSession, org_id: UUID) -> AsyncIterator[Entry]:
    """Yield one organisation's chain as it is stored, by number, a page of it in memory at a time."""
    asked = select(_NUMBER, *_STORED, *_REST).where(col(AuditEntry.org_id) == org_id)
    asked = asked.order_by(col(AuditEntry.number)).limit(_PAGE)
    page = (await session.execute(asked)).all()
    while page:
        for row in page:
            yield Entry(*row)
        if len(page) < _PAGE:
            return
        page = (await session.execute(asked.where(col(AuditEntry.number) > page[-1][0]))).all()


async def chains(session: ReadSession) -> Sequence[UUID]:
    """Return whose chains there are, by id: one step of the key a chain, however long they are."""
    found: list[UUID] = []
    asked = select(col(AuditEntry.org_id)).order_by(col(AuditEntry.org_id)).limit(1)
    one = (await session.scalars(asked)).first()
    while one is not None:
        found.append(one)
        one = (await session.scalars(asked.where(col(AuditEntry.org_id) > one))).first()
    return found


async def head(session: ReadSession | WriteSession, org_id: UUID) -> tuple[int, bytes] | None:
    """Return (number, mac) of a chain's last entry."""
    asked = select(col(AuditEntry.number), col(AuditEntry.mac)).where(col(AuditEntry.org_id) == org_id)
    row = (await session.execute(asked.order_by(col(AuditEntry.number).desc()).limit(1))).first()
    return (row.number, row.mac) if row is not None else None


_READ: Final = select(*(_TABLE.c[name] for name in ("number", "at", "actor", "action", "detail")))


async def latest(session: ReadSession, org_id: UUID, action: str) -> Remembered | None:
    """Return the last entry of one kind."""
    asked = _READ.where(_TABLE.c.org_id == org_id, _TABLE.c.action == action)
    row = (await session.execute(asked.order_by(_TABLE.c.number.desc()).limit(1))).first()
    return Remembered(*row) if row is not None else None


async def every(session: ReadSession, org_id: UUID, action: str) -> Sequence[Remembered]:
    """Return all entries of one kind, the first one first: of a kind that is rare."""
    asked = _READ.where(_TABLE.c.org_id == org_id, _TABLE.c.action == action)
    return [Remembered(*row) for row in await session.execute(asked.order_by(_TABLE.c.number))]


async def last_between(
    session: ReadSession, org_id: UUID, since: datetime | None, until: datetime | None, before: int | None, size: int
) -> Sequence[Remembered]:
    """Return entries of a span of time, those next below a number when there is one, the last one first."""
    asked = _spanning(org_id, since, until)
    if before is not None:
        asked = asked.where(_TABLE.c.number < before)
    found = await session.execute(asked.order_by(_TABLE.c.number.desc()).limit(size))
    return [Remembered(*row) for row in found]


async def all_between(
    session: ReadSession, org_id: UUID, since: datetime | None, until: datetime | None
) -> AsyncIterator[Remembered]:
    """Yield the entries of a span of time, the first one first, a page of them in memory at a time."""
    asked = _spanning(org_id, since, until).order_by(_TABLE.c.number).limit(_PAGE)
    page = (await session.execute(asked)).all()
    while page:
        for row in page:
            yield Remembered(*row)
        if len(page) < _PAGE:
            return
        page = (await session.execute(asked.where(_TABLE.c.number > page[-1][0]))).all()


def _spanning(org_id: UUID, since: datetime | None, until: datetime | None) -> Select[Any]:
    asked = _READ.where(_TABLE.c.org_id == org_id)
    if since is not None:
        asked = asked.where(_TABLE.c.at >= since)
    return asked.where(_TABLE.c.at < until) if until is not None else asked
