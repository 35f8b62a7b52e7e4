"""Every statement on encounters."""

from collections.abc import Sequence
from datetime import datetime

from app.db.bulk import Row, insert_all_new
from app.db.engine import WriteSession
from app.db.table import table_of
from app.encounters.models import Encounter
from app.ingest.revised import Candidate, store_revised


async def store(session: WriteSession, candidates: Sequence[Candidate], now: datetime) -> None:
    """Insert new encounters and correct known ones."""
    await store_revised(session, table_of(Encounter), candidates, now)


async def add_all_new(session: WriteSession, rows: Sequence[Row]) -> bool:
    """Insert encounters and say whether all of them were new."""
    return await insert_all_new(session, table_of(Encounter), rows)
