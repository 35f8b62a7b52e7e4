"""The table of the funnel's facts."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer

from app.db.table import Base, column, placed
from app.db.types import Day, Key, Small, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class FunnelFact(Base, table=True):
    """How far the referrals of a day, week or month came within one horizon, as if all were followed to its end."""

    __tablename__ = "funnel_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "horizon_days", "span", "kind", "first_day", "territory"),
        placed(
            "organisation", "Counts of referrals by cohort, horizon, territory and kind, computed from the referrals."
        ),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    span: str = column(Word, "Whether the cohort is a day, a week or a month.", key=True)
    first_day: date = column(Day, "First cohort day.", key=True)
    horizon_days: int = column(Small, "Days each referral is followed.", key=True)
    territory: str = column(TerritoryCode, "Where they were made; * for everywhere.", key=True)
    kind: str = column(Word, "Kind of facility; * for every kind.", key=True)
    made: int = column(Integer, "Referrals.")
    late: int = column(Integer, "Received late.")
    requested: int = column(Integer, "Requested or further.")
    accepted: int = column(Integer, "Accepted or further.")
    arrived: int = column(Integer, "Arrived or further.")
    admitted: int = column(Integer, "Admitted.")
    offered_recorded: int = column(Integer, "Offered, recorded as such.")
    requested_recorded: int = column(Integer, "Requested, recorded as such.")
    accepted_recorded: int = column(Integer, "Accepted, recorded as such.")
    arrived_recorded: int = column(Integer, "Arrived, recorded as such.")
    admitted_recorded: int = column(Integer, "Admitted, recorded as such.")
    waitlisted_recorded: int = column(Integer, "Waitlisted, recorded as such.")
    success: int = column(Integer, "Reached what counts as success.")
    refused: int = column(Integer, "Ended refused.")
    declined: int = column(Integer, "Ended declined.")
    no_show: int = column(Integer, "Ended with nobody there.")
    cancelled: int = column(Integer, "Ended cancelled.")
    expired: int = column(Integer, "Ended in silence.")
    provider_accepted: int = column(Integer, "Accepted or further, and not refused.")
    answered_app: int = column(Integer, "First answer learnt by app.")
    answered_desk: int = column(Integer, "First answer learnt by desk.")
    answered_phone: int = column(Integer, "First answer learnt by phone.")
