"""What the demo city reads straight from the tables, and never writes there."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Table, func, select, type_coerce

from app.db.bulk import Row
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.db.types import Instant
from app.encounters.models import Encounter
from app.patrols.models import Patrol
from app.referrals.models import Referral, ReferralEvent

ENCOUNTER: Final = table_of(Encounter)
PATROL: Final = table_of(Patrol)
REFERRAL: Final = table_of(Referral)
EVENT: Final = table_of(ReferralEvent)


async def holds_encounters(session: ReadSession | WriteSession) -> bool:
    """Say whether there is any encounter."""
    return (await session.execute(select(ENCOUNTER.c.id).limit(1))).first() is not None


async def count_encounters(session: ReadSession) -> int:
    """Return how many encounters there are."""
    return int((await session.execute(select(func.count()).select_from(ENCOUNTER))).scalar_one())


async def encounter_ids(session: ReadSession, limit: int) -> list[UUID]:
    """Return the ids of some encounters, in order."""
    return list((await session.execute(select(ENCOUNTER.c.id).order_by(ENCOUNTER.c.id).limit(limit))).scalars())


async def rows_with(session: ReadSession, column: ColumnElement[Any], values: Collection[Any]) -> Sequence[Row]:
    """Return whole rows of a column's table where it has one of some values; instants are left as milliseconds."""
    if not values:
        return []
    found = await session.execute(_whole(column.table).where(column.in_(values)))
    return [dict(row) for row in found.mappings()]


def _whole(table: Table) -> Select[Any]:
    return select(
        *(type_coerce(c, BigInteger).label(c.name) if isinstance(c.type, Instant) else c for c in table.columns)
    )
