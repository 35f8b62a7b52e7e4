"""The table of the register of plans."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String

from app.db.table import Base, column, placed
from app.db.types import Bytes32, Day, Document, Instant, Key, Word, one_of
from app.plan.vocabulary import EntryType

LONGEST_CODE = 60
"""Characters of the code of a plan."""


class PlanEntry(Base, table=True):
    """One entry of the register, as it was recorded; nothing here is ever changed."""

    __tablename__ = "plan_entry"
    __table_args__ = (
        one_of("type", EntryType),
        Index(None, "plan", "type", "on_day"),
        placed("reference", "The register of plans: entries about plans, never about people; only added to."),
    )

    id: UUID = column(Key, "Identifier.", key=True)
    plan: str = column(String(LONGEST_CODE), "Code of the plan.")
    type: EntryType = column(Word, "What the entry is about.")
    on_day: date = column(Day, "Day the entry is about.")
    recorded_at: datetime = column(Instant, "When it was recorded, in ms since 1970 UTC.")
    role: str = column(Word, "Role of whoever recorded it.")
    account: UUID | None = column(Key, "Account that recorded it; null from the command line.", null=True)
    corrects: UUID | None = column(Key, "The entry it replaces.", null=True, refers="plan_entry.id", unique=True)
    content: dict[str, Any] = column(Document, "The rest of the entry: what its type has, without what is default.")
    digest: bytes = column(Bytes32, "SHA-256 of the entry's canonical JSON.")
