"""The table of the facts of reporting health."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary

from app.db.table import Base, column, placed
from app.db.types import Day, Key, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class ReportingFact(Base, table=True):
    """What the records of a day, week or month in one territory come to, with every lag of theirs.

    At ten million encounters in three years a day has 48 rows (three organisations, fifteen territories, everywhere),
    a year 21 000. Columns that hold objects hold JSON; teams and patrols may count in several territories, so what is
    everywhere is not the sum of the territories.
    """

    __tablename__ = "reporting_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "first_day", "territory"),
        placed("organisation", "How soon and how fully records arrived, by days and territory, computed from them."),
    )

    org_id: UUID = column(Key, "Organisation of the teams.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    territory: str = column(TerritoryCode, "Where they were; * for everywhere.", key=True)
    encounters: int = column(Integer, "Encounters.")
    linked: int = column(Integer, "Encounters linked to a patrol.")
    single: int = column(Integer, "Encounters with one person.")
    gender: int = column(Integer, "Of those, gender unknown.")
    age_band: int = column(Integer, "Of those, age band unknown.")
    sleeping: int = column(Integer, "Of those, sleeping place unknown.")
    first_contact: int = column(Integer, "Of those, first contact unknown.")
    off_clock: int = column(Integer, "Encounters from a device whose clock was off.")
    answers: int = column(Integer, "Answers of people to the referrals.")
    without_effect: int = column(Integer, "Answers the referral could not take.")
    encounter_lags: bytes = column(LargeBinary, "Encounters by hours until received.")
    referral_lags: bytes = column(LargeBinary, "Referrals by hours until received.")
    due: bytes = column(LargeBinary, "Referrals by the seconds of their timers.")
    closed: bytes = column(LargeBinary, "Of those, the ones closed before the timer ran out.")
    teams: bytes = column(LargeBinary, "By team, a bit for each day since the first of which it sent a patrol.")
    patrols: bytes = column(
        LargeBinary, "Everywhere only: patrols by the territories listed, and hours until received."
    )
    patrols_off: bytes = column(LargeBinary, "Everywhere only: patrols off the clock by the territories listed.")
