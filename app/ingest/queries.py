"""From which day on records are kept fine."""

from datetime import date
from typing import Final

from sqlalchemy import select, update

from app.db.bulk import insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.ingest.models import RECORDS, Coarsening

_TABLE: Final = table_of(Coarsening)
_BEFORE: Final = select(_TABLE.c.before)


async def coarse_before(session: ReadSession | WriteSession) -> date | None:
    """Return the first service day whose records are fine; None: all are."""
    return (await session.execute(_BEFORE)).scalar_one_or_none()


async def set_coarse_before(session: WriteSession, day: date) -> date:
    """Say that records of service days before `day` are coarse or becoming so; it never moves back."""
    await insert_new(session, _TABLE, [{"name": RECORDS, "before": day}])
    await session.execute(update(_TABLE).where(_TABLE.c.before < day).values(before=day))
    holds: date = (await session.execute(_BEFORE)).scalar_one()
    return holds
