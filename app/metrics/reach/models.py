"""The tables of the facts of reach."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary

from app.db.table import Base, column, placed
from app.db.types import Bytes16, Day, Key, Small, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span


class ContactFact(Base, table=True):
    """The encounters of a day, week or month in one territory by one team."""

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


class PersonNumber(Base, table=True):
    """A small number for each card of a key period, so that sets of people are bitmaps.

    It links the days of one person, as the cards do: it goes with the key of its period.
    """

    __tablename__ = "person_number"
    __table_args__ = (
        Index(None, "year", "number"),
        placed("reference", "Numbers of cards for bitmaps of people; destroyed with the key of their period."),
    )

    link_id: bytes = column(Bytes16, "HMAC-SHA256(period key, card)[:16].", key=True)
    year: int = column(Small, "Key period: the calendar year the card was shown in.")
    number: int = column(Integer, "Number, from 1, unlike any other's.", unique=True)


class PeopleFact(Base, table=True):
    """Who was met in a day or month in one territory, as a Roaring bitmap of numbers."""

    __tablename__ = "people_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "first_day", "territory"),
        placed("organisation", "Sets of card carriers met, by day and month; destroyed with the key of their period."),
    )

    org_id: UUID = column(Key, "Organisation of the teams.", key=True)
    span: str = column(Word, "Whether it covers a day or a month.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    territory: str = column(TerritoryCode, "Where they were met; * for everywhere.", key=True)
    people: bytes = column(LargeBinary, "Roaring bitmap of person_number.number, serialised.")
