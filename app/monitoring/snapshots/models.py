"""The table of snapshots."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Integer, LargeBinary, String, UniqueConstraint

from app.db.table import Base, column, placed
from app.db.types import Bytes32, Day, Instant, Word


class PlanSnapshot(Base, table=True):
    """What was known of a plan when a month was over."""

    __tablename__ = "plan_snapshot"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        UniqueConstraint("plan", "month"),
        placed("reference", "Monthly snapshots of plans, about no person: a chain for each plan, only added to."),
    )

    plan: str = column(String(60), "Code of the plan.", key=True)
    number: int = column(Integer, "Place in the plan's chain, from 1, without gaps.", key=True)
    month: date = column(Day, "First day of the month it is of.")
    taken_at: datetime = column(Instant, "When it was taken, in ms since 1970 UTC.")
    code_version: str = column(Word, "Version of the service that took it.")
    previous: bytes = column(Bytes32, "Digest of the one before it; zeros for the first.")
    digest: bytes = column(Bytes32, "SHA-256(previous | body).")
    body: bytes = column(LargeBinary, "Its canonical JSON.")
