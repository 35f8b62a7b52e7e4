"""The table of key periods that are ending or have ended."""

from datetime import datetime

from app.db.table import Base, column, placed
from app.db.types import Big, Instant, Word


class KeyPeriod(Base, table=True):
    """How far the end of a key period has come: each step is begun again until its instant stands here."""

    __tablename__ = "key_period"
    __table_args__ = (placed("reference", "Key periods that are ending or have ended; an open one has no row."),)

    name: str = column(Word, "Name of its key: period-2026 for the calendar year 2026 in Paris.", key=True)
    began_at: datetime = column(Instant, "When closing began, ms since 1970 UTC.")
    frozen_at: datetime | None = column(Instant, "When what needs links had been kept as numbers.", null=True)
    nulled_at: datetime | None = column(Instant, "When no record carried a link of it any more.", null=True)
    destroyed_at: datetime | None = column(Instant, "When the key was gone, and no file held a link.", null=True)
    unlinked: int = column(Big, "Links taken away so far: of encounters, referrals and held events.")
