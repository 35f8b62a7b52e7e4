"""The tables of the facts about flows."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes16, Day, Document, Key, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class FlowLookup(Base, table=True):
    """Where earlier referrals are looked for: facts of each look-up listed here are complete but for marked days."""

    __tablename__ = "flow_lookup"
    __table_args__ = (placed("reference", "Look-ups for earlier referrals that facts about flows are kept of."),)

    lookup: bytes = column(Bytes16, "SHA-256(its content)[:16].", key=True)
    version: int = column(Big, "Version of the directory it is known to be of.")
    content: dict[str, Any] = column(Document, "Whose referrals, in which territories, and the rung of each kind.")


class FlowFact(Base, table=True):
    """From where to where the referrals of a day, week or month went, for one look-up.

    One row a territory, and one for all of the look-up: at ten million encounters, 15 territories and 3 organisations
    48 a day, 20,000 a year and look-up with weeks and months, of some 500 bytes; one row a cell would be 60 times as
    many.
    """

    __tablename__ = "flow_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "lookup", "span", "first_day", "territory"),
        placed("organisation", "Counts of flows between rungs by days and territory, computed from the referrals."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First cohort day.", key=True)
    lookup: bytes = column(Bytes16, "Where earlier referrals were looked for.", key=True)
    territory: str = column(TerritoryCode, "Where they were made; * for all of the look-up's territories.", key=True)
    flows: bytes = column(LargeBinary, "Ten bytes a cell: number of the cell, referrals, those received late.")
