"""The table of patrols."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer

from app.db.table import Base, column, placed
from app.db.types import Bytes32, Day, Document, Instant, Key, Small, between


class Patrol(Base, table=True):
    """One outing."""

    __tablename__ = "patrol"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "team_id"], ["team.org_id", "team.id"]),
        between("workers", 1, 20),
        Index(None, "org_id", "service_day"),
        placed("organisation", "One outing of a team, also when nobody was met."),
    )

    org_id: UUID = column(Key, "Organisation of the team.", key=True)
    id: UUID = column(Key, "UUID made on the device.", key=True)
    team_id: UUID = column(Key, "Team that went out.")
    service_day: date = column(Day, "Service day it belongs to.")
    started_at: datetime = column(Instant, "Start, ms since 1970 UTC.")
    ended_at: datetime | None = column(Instant, "End, ms since 1970 UTC; null while out.", null=True)
    night: bool = column(Boolean, "A night outing.")
    workers: int = column(Small, "People of the team who went out.")
    territories: list[str] = column(Document, "Territory codes visited.")
    withdrawn: bool = column(Boolean, "Entered in error.")
    skew_s: int = column(Integer, "Device clock behind ours, in seconds, at the last revision.")
    first_received_at: datetime = column(Instant, "Hour the first revision was received in, ms since 1970 UTC.")
    received_at: datetime = column(Instant, "Hour this revision was received in, ms since 1970 UTC.")
    revision: int = column(Small, "Revision, from 1.")
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content of this revision.")
