"""The table of the facts about contacts."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer

from app.db.table import Base, column, placed
from app.db.types import Day, Key, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class ContactFact(Base, table=True):
    """The encounters of a day, week or month in one territory by one team.

    At ten million encounters of three organisations with a team each in fifteen territories, sums included: 96 rows a
    day, 41,000 a year with weeks and months.
    """

    __tablename__ = "contact_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "first_day", "territory"),
        placed("organisation", "Counts of encounters by days, territory and team, computed from the encounters."),
    )

    org_id: UUID = column(Key, "Organisation of the team.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    territory: str = column(TerritoryCode, "Where they were; * for everywhere.", key=True)
    team_id: UUID = column(Key, "Team that met people; the nil UUID for every team.", key=True)
    encounters: int = column(Integer, "Encounters.")
    contacts: int = column(Integer, "People present, summed.")
    with_card: int = column(Integer, "Contacts with a card.")
    first: int = column(Integer, "Contacts said to be the first this year.")
    met_before: int = column(Integer, "Contacts said not to be the first this year.")
    first_without_card: int = column(Integer, "First contacts without a card.")
    late: int = column(Integer, "Encounters received late.")
    contacts_timed: int = column(Integer, "Contacts on patrols of known duration of the same day or the next ones.")
    outside: int = column(Integer, "Contacts outside the perimeter.")
