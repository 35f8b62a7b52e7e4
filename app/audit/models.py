"""The table of the chain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes32, Document, Instant, Key, Word


class AuditEntry(Base, table=True):
    """One act, bound to the one before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        placed("organisation", "Append-only log, one hash chain per organisation; the service's own has the nil UUID."),
    )

    org_id: UUID = column(Key, "Organisation whose chain this is; the nil UUID is the service itself.", key=True)
    number: int = column(Big, "Place in the chain, from 1, without gaps.", key=True)
    at: datetime = column(Instant, "When, in ms since 1970 UTC.")
    actor: UUID = column(Key, "Device or account that acted; the nil UUID is the service itself.")
    action: str = column(Word, "What was done.")
    detail: dict[str, Any] = column(Document, "Counts, ids and digests; never content.")
    mac: bytes = column(Bytes32, "HMAC-SHA256(K_audit, previous mac | canonical JSON of this entry).")
