"""The table of questions asked."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Integer

from app.db.table import Base, column, placed
from app.db.types import Day, Key


class QueryBudget(Base, table=True):
    """How many questions one account has asked on one day."""

    __tablename__ = "query_budget"
    __table_args__ = (
        CheckConstraint("spent >= 0", name="spent_counted"),
        placed("organisation", "Questions for figures asked by accounts today; rows of past days are removed."),
    )

    org_id: UUID = column(Key, "Organisation of the account.", key=True, refers="organisation.id")
    account_id: UUID = column(Key, "Account that asked.", key=True)
    day: date = column(Day, "Day in Europe/Paris.", key=True)
    spent: int = column(Integer, "Questions asked.")
