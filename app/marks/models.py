"""The table of marks."""

from datetime import date
from uuid import UUID

from app.db.table import Base, column, placed
from app.db.types import Big, Day, Key


class StaleDay(Base, table=True):
    """A mark of one transaction on one service day of an organisation.

    A mark is a row of its own, never an update of another's: whoever computes the day takes away only the marks that
    were there to be seen, and a transaction that commits later leaves its own.
    """

    __tablename__ = "stale_day"
    __table_args__ = (placed("organisation", "Service days whose records changed since their facts were computed."),)

    org_id: UUID = column(Key, "Organisation of the records.", key=True)
    day: date = column(Day, "Service day, or cohort day of referrals.", key=True)
    position: int = column(Big, "Commit position of the transaction that changed them.", key=True)
