"""The table that belongs to no feature: the counter that puts SQLite's commits in order."""

from typing import Final

from sqlalchemy import CheckConstraint

from app.db.table import Base, column, placed
from app.db.types import Big, Word

COMMITS: Final = "commits"


class Feed(Base, table=True):
    """The one row that `app.db.portability.commit_position` counts up on SQLite; PostgreSQL has transaction ids."""

    __tablename__ = "feed"
    __table_args__ = (
        CheckConstraint(f"name = '{COMMITS}'", name="one_row"),
        placed("local", "Order of commits where the database has no transaction ids (SQLite); one row."),
    )

    name: str = column(Word, "Always the same: there is one row.", key=True)
    position: int = column(Big, "Position of the last transaction that took one.")
