"""The table that says which records are coarse."""

from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint

from app.db.table import Base, column, placed
from app.db.types import Day, Word

RECORDS: Final = "records"


class Coarsening(Base, table=True):
    """From which service day on records are kept fine; no row before the first were made coarse."""

    __tablename__ = "coarsening"
    __table_args__ = (
        CheckConstraint(f"name = '{RECORDS}'", name="one_row"),
        placed("reference", "The day from which records keep their day, slot and quarter; one row."),
    )

    name: str = column(Word, "Always the same: there is one row.", key=True)
    before: date = column(Day, "Records of service days before this Monday are coarse, but for what is still open.")
