"""The tables of the facts of unmet demand."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer

from app.db.table import Base, column, placed
from app.db.types import Day, Key, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class DemandFact(Base, table=True):
    """What was asked of the referrals of a day, week or month, and what came of it, in their present state."""

    __tablename__ = "demand_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "kind", "first_day", "territory"),
        placed("organisation", "Counts of demand by days, territory and kind, computed from the referrals."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First cohort day.", key=True)
    territory: str = column(TerritoryCode, "Where they were made; * for everywhere.", key=True)
    kind: str = column(Word, "Kind of facility; * for every kind.", key=True)
    made: int = column(Integer, "Referrals.")
    late: int = column(Integer, "Received late.")
    requests: int = column(Integer, "Requested or further.")
    unanswered: int = column(Integer, "Requested, and nobody answered.")
    no_place: int = column(Integer, "Refused or put on a waiting list for want of a place.")
    refused_no_place: int = column(Integer, "Refused for want of a place.")
    refused_closed: int = column(Integer, "Refused because closed.")
    refused_not_eligible: int = column(Integer, "Refused as not eligible.")
    refused_other: int = column(Integer, "Refused for another reason.")
    waited: int = column(Integer, "Put on a waiting list.")
    waited_no_place: int = column(Integer, "Put on a waiting list for want of a place.")
    still_waiting: int = column(Integer, "Still on a waiting list.")
    never_requested: int = column(Integer, "Offered and never requested.")


class NeedFact(Base, table=True):
    """The needs expressed in the encounters of a day, week or month, under the first kind that answers each."""

    __tablename__ = "need_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "kind", "first_day", "territory"),
        placed("organisation", "Counts of needs by days, territory and kind, computed from encounters and referrals."),
    )

    org_id: UUID = column(Key, "Organisation of the team.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    territory: str = column(TerritoryCode, "Where it was; * for everywhere.", key=True)
    kind: str = column(Word, "First kind that answers the need; * for every kind.", key=True)
    expressed: int = column(Integer, "Needs expressed.")
    without_offer: int = column(Integer, "Those without a referral that answers them.")
