"""The tables of the facts about the time to success."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary

from app.db.table import Base, column, placed
from app.db.types import Big, Day, Key, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class TimeFact(Base, table=True):
    """How the referrals made in a day, week or month in one territory ended, and on which day after their making.

    Outcomes are counted as soon as they are recorded: what of them does not count yet is for the reader to find.
    With 3 organisations and 15 territories: 48 rows a day, a week and a month, about 20,600 a year. Of 1.7 million
    referrals a year about 30 MB: 8 bytes a cell, and 8 for each referral that has no outcome, in six copies at most
    (day, week and month, each by territory and for all).
    """

    __tablename__ = "time_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "first_day", "territory"),
        placed("organisation", "Outcomes of referrals by day after their making, computed from the referrals."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    span: str = column(Word, "Whether the cohort is a day, a week or a month.", key=True)
    first_day: date = column(Day, "First cohort day.", key=True)
    territory: str = column(TerritoryCode, "Where they were made; * for everywhere.", key=True)
    cells: bytes = column(LargeBinary, "Kind, ending and day, packed: ascending uint32, little-endian.")
    counts: bytes = column(LargeBinary, "Referrals of each cell: uint32, little-endian.")
    opened: bytes = column(
        LargeBinary, "Kind and instant of making of those without an outcome, packed: ascending int64, little-endian."
    )
    last_open_at: int | None = column(
        Big, "When the last of those was made, ms since 1970 UTC; null without any.", null=True
    )


class KindNumber(Base, table=True):
    """A small number for each kind of facility that a referral ever had, so that cells are numbers."""

    __tablename__ = "kind_number"
    __table_args__ = (placed("reference", "Numbers of kinds of facility, for packed facts."),)

    kind: str = column(Word, "Kind of facility.", key=True)
    number: int = column(Integer, "Number, from 1, unlike any other's.", unique=True)
