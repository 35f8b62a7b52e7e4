"""Every statement on patrols."""

from collections.abc import Sequence
from datetime import datetime

from app.db.engine import WriteSession
from app.db.table import table_of
from app.ingest.revised import Candidate, store_revised
from app.patrols.models import Patrol


async def store(session: WriteSession, candidates: Sequence[Candidate], now: datetime) -> None:
    """Insert new patrols and correct known ones."""
    await store_revised(session, table_of(Patrol), candidates, now)
