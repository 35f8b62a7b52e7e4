"""The tables of what is kept of stays whose records are coarse: counts by day, which nobody computes again.

Rows are added to in the transaction that makes the records coarse (`app.metrics.housing.keeping`).
"""

from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer

from app.db.table import Base, column, placed
from app.db.types import Bytes16, Day, Key, TerritoryCode, Word, one_of, where
from app.referrals.vocabulary import Destination


class StayOpened(Base, table=True):
    """Stays by the day they were opened on and how long they lasted. About a row a stay: few begin and last alike."""

    __tablename__ = "stay_opened"
    __table_args__ = (
        Index(None, "opened_on"),
        placed("organisation", "Stays whose records are coarse, by day of opening and how long they lasted."),
    )

    org_id: UUID = column(Key, "Organisation that made the first referral.", key=True)
    opened_on: date = column(Day, "Day of the admission in Paris.", key=True)
    territory: str = column(TerritoryCode, "Where the first referral was made.", key=True)
    kind: str = column(Word, "Kind of facility of the first referral.", key=True)
    days: int = column(Integer, "Whole days they lasted, moves included.", key=True)
    positive: bool = column(Boolean, "The exit was a step further.", key=True)
    stays: int = column(Integer, "Stays.")
    moves: int = column(Integer, "Moves between emergency housings within them.")


class StayLeft(Base, table=True):
    """Exits by day and destination; a move is none."""

    __tablename__ = "stay_left"
    __table_args__ = (
        one_of("destination", Destination),
        Index(None, "left_on"),
        placed("organisation", "Exits of stays whose records are coarse, by day and destination."),
    )

    org_id: UUID = column(Key, "Organisation that made the last referral.", key=True)
    left_on: date = column(Day, "Day of the exit in Paris.", key=True)
    territory: str = column(TerritoryCode, "Where the last referral was made.", key=True)
    kind: str = column(Word, "Kind of facility of the last referral.", key=True)
    destination: str = column(Word, "Where the stays ended.", key=True)
    exits: int = column(Integer, "Exits.")
    carded: int = column(Integer, "Those whose last referral carried a card.")


class PlaceNight(Base, table=True):
    """Who came to a facility and who left it, by night."""

    __tablename__ = "place_night"
    __table_args__ = (
        Index(None, "facility_id", "night"),
        placed("organisation", "Changes of occupancy by stays whose records are coarse, by facility and night."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    facility_id: UUID = column(Key, "The facility.", key=True, refers="facility.id")
    night: date = column(Day, "Service day of the night.", key=True)
    change: int = column(Integer, "By how much these stays differ in number from the night before.")
    before: int = column(Integer, "The same until the instant of the night's latest report of free places.")


class UnplacedNight(Base, table=True):
    """The same of stays at no named facility."""

    __tablename__ = "unplaced_night"
    __table_args__ = (
        Index(None, "night"),
        placed("organisation", "Changes in number of stays at no named facility whose records are coarse, by night."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals.", key=True)
    night: date = column(Day, "Service day of the night.", key=True)
    territory: str = column(TerritoryCode, "Where they were made.", key=True)
    kind: str = column(Word, "Kind of facility.", key=True)
    change: int = column(Integer, "By how much they differ in number from the night before.")


class FollowedExit(Base, table=True):
    """An exit whose person is looked for by card in the 180 days after it.

    It links an exit to encounters as their cards do: the card goes with the key of its period, and then the row.
    """

    __tablename__ = "followed_exit"
    __table_args__ = (
        Index(None, "left_on"),
        Index(None, "link_id", **where("link_id IS NOT NULL")),
        placed("organisation", "Exits followed by card whose records are coarse; gone with the key of their period."),
    )

    org_id: UUID = column(Key, "Organisation that made the last referral.", key=True)
    id: UUID = column(Key, "Random identifier.", key=True)
    link_id: bytes | None = column(
        Bytes16, "Seal of the card: a byte for the key period, HMAC-SHA256(period key, card)[:15].", null=True
    )
    left_on: date = column(Day, "Day of the exit in Paris.")
    territory: str = column(TerritoryCode, "Where the last referral was made.")
    kind: str = column(Word, "Kind of facility of the last referral.")


class ExitSighting(Base, table=True):
    """Somewhere the person was met sleeping outside after such an exit, by an encounter that is coarse."""

    __tablename__ = "exit_sighting"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "exit_id"], ["followed_exit.org_id", "followed_exit.id"]),
        placed("organisation", "Where persons were met outside after a followed exit, without a day."),
    )

    org_id: UUID = column(Key, "Organisation of the exit.", key=True)
    exit_id: UUID = column(Key, "The exit.", key=True)
    by_org_id: UUID = column(Key, "Organisation that met the person.", key=True)
    territory: str = column(TerritoryCode, "Where.", key=True)


class BlockedDay(Base, table=True):
    """Stays open for more than 30 days as a day begins, and those that could not go on, for each look-up there is.

    A row of no organisation says that the day was counted for a look-up. With 3 organisations, 15 territories, two
    kinds and ten look-ups: 900 rows a day at most.
    """

    __tablename__ = "blocked_day"
    __table_args__ = (
        Index(None, "day", "lookup"),
        placed("organisation", "Stays open for long and blocked, by day, of days whose records are coarse."),
    )

    org_id: UUID = column(Key, "Organisation that made the referrals; the nil UUID: the day was counted.", key=True)
    day: date = column(Day, "Day, at whose beginning in Paris.", key=True)
    lookup: bytes = column(Bytes16, "Digest of where referrals to later rungs were looked up.", key=True)
    territory: str = column(TerritoryCode, "Where the stays' last referrals were made.", key=True)
    kind: str = column(Word, "Kind of facility.", key=True)
    open_long: int = column(Integer, "Stays open for more than 30 days.")
    carded: int = column(Integer, "Those whose person carries a card.")
    blocked: int = column(Integer, "Those that could not go on.")
    by_reintegration: int = column(Integer, "For want of reintegration housing.")
    by_longer_stay: int = column(Integer, "For want of longer-stay housing.")
    by_treatment: int = column(Integer, "For want of treatment.")
