"""The table of holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index

from app.db.table import Base, column, placed
from app.db.types import Bytes32, Instant, Key


class PlaceHold(Base, table=True):
    """A place of a facility, held for one referral until it expires; whether it lives is decided when it is read."""

    __tablename__ = "place_hold"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "referral_id"], ["referral.org_id", "referral.id"]),
        ForeignKeyConstraint(["org_id", "team_id"], ["team.org_id", "team.id"]),
        CheckConstraint("expires_at > made_at", name="lasts"),
        CheckConstraint("released_at IS NULL OR released_at >= made_at", name="released_after_made"),
        Index(None, "org_id", "referral_id"),
        Index(None, "org_id", "team_id", "expires_at"),
        Index(None, "facility_id", "expires_at"),
        placed("organisation", "Places held for referrals for a limited time."),
    )

    org_id: UUID = column(Key, "Organisation that made the referral.", key=True)
    id: UUID = column(Key, "UUID made on the device.", key=True)
    team_id: UUID = column(Key, "Team that holds the place.")
    referral_id: UUID = column(Key, "Referral it is held for.")
    facility_id: UUID = column(Key, "Facility whose place it is.", refers="facility.id")
    made_at: datetime = column(Instant, "When it began, ms since 1970 UTC.")
    expires_at: datetime = column(Instant, "When it ends by itself, ms since 1970 UTC.")
    released_at: datetime | None = column(Instant, "When the team or the facility gave it up.", null=True)
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content of the request.")
