"""The tables of sets of people. All of them link the days of one person: they go with the key of their period."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary

from app.db.table import Base, column, placed
from app.db.types import Bytes16, Day, Key, Small, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span
from app.metrics.people.vocabulary import KeptSpan


class PersonNumber(Base, table=True):
    """A small number for each card of a key period, so that sets of people are bitmaps.

    It links the days of one person, as the cards do: it goes with the key of its period.
    """

    __tablename__ = "person_number"
    __table_args__ = (
        Index(None, "year", "number"),
        placed("reference", "Numbers of cards for bitmaps of people; destroyed with the key of their period."),
    )

    link_id: bytes = column(
        Bytes16, "Seal of the card: a byte for the key period, HMAC-SHA256(period key, card)[:15].", key=True
    )
    year: int = column(Small, "Key period: the calendar year the card was shown in.")
    number: int = column(Integer, "Number, from 1, unlike any other's.", unique=True)


class PeopleFact(Base, table=True):
    """Who was met in a day or month in one territory, as a Roaring bitmap of numbers.

    Of the days whose records are coarse there is one set a month, at its first day.
    """

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


class AloneFact(Base, table=True):
    """The encounters with one person of a day in one territory, and who showed a card of the day's own year.

    A card shown after midnight in the last night of a year is of the next year's key and not in it: all of a row goes
    with the key of its day's year, and before that when its records become coarse. Three organisations in 15
    territories have 48 rows a day, 17,500 a year.
    """

    __tablename__ = "alone_fact"
    __table_args__ = (
        Index(None, "day", "territory"),
        placed("organisation", "Who was met alone with a card, by day; destroyed with the key of the day's year."),
    )

    org_id: UUID = column(Key, "Organisation of the teams.", key=True)
    day: date = column(Day, "Service day.", key=True)
    territory: str = column(TerritoryCode, "Where they were met; * for everywhere.", key=True)
    encounters: int = column(Integer, "Encounters with one person.")
    with_card: int = column(Integer, "Those with a card stored under the key of the day's year.")
    late: int = column(Integer, "Those received late.")
    people: bytes = column(LargeBinary, "Roaring bitmap of person_number.number of those with such a card, serialised.")


class PersonsKept(Base, table=True):
    """How many persons showed a card in a month, quarter or year of a closed period: numbers that link nothing.

    Counted from the sets before these go with the period's key: for each organisation and all together, in all
    territories, in each territory with what lies below it and in each perimeter.
    """

    __tablename__ = "persons_kept"
    __table_args__ = (
        one_of("span", KeptSpan),
        placed("reference", "Distinct card carriers of closed key periods, as numbers."),
    )

    scope: bytes = column(Bytes16, "SHA-256(organisation, territories)[:16]: whose encounters, and where.", key=True)
    span: str = column(Word, "Whether it covers a month, a quarter or a year.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    persons: int = column(Integer, "Distinct cards.")
