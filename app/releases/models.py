"""Tables of what was published, and of the exact counts that wait to be."""

from datetime import date, datetime

from sqlalchemy import Integer, LargeBinary, String

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes32, Day, Instant, Small, TerritoryCode, Word, between, one_of
from app.releases.vocabulary import Dimension, Measure, Part, Span

PeriodCode = String(7)


class ReleaseTally(Base, table=True):
    """The records of a month and a place, counted while they are known by day; gone once the year is published."""

    __tablename__ = "release_tally"
    __table_args__ = (
        one_of("measure", Measure),
        one_of("dimension", Dimension),
        between("late", 0, 2),
        placed("reference", "Exact monthly counts that larger releases are made of; no finer than coarse records."),
    )

    perimeter: str = column(Word, "Code of the perimeter.", key=True)
    month: date = column(Day, "First day of the month.", key=True)
    place: str = column(TerritoryCode, "Arrondissement or commune; * for the perimeter.", key=True)
    measure: str = column(Word, "What is counted.", key=True)
    dimension: str = column(Word, "What it is split by.", key=True)
    category: str = column(Word, "Which part of the split.", key=True)
    late: int = column(Small, "0 in time for the month's release, 1 for the quarter's, 2 for the year's.", key=True)
    count: int = column(Integer, "Records.")
    keys: int = column(Big, "Sum of their record keys modulo 2^32.")
    largest: int = column(Integer, "Most encounters of one patrol; 0 where patrols do not matter.")
    taken_at: datetime = column(Instant, "When it was counted, in ms since 1970 UTC.")


class Release(Base, table=True):
    """One frozen publication."""

    __tablename__ = "release"
    __table_args__ = (
        one_of("span", Span),
        placed("reference", "Frozen releases: what left the service, never recomputed."),
    )

    id: str = column(PeriodCode, "The period it is of: 2026-10, 2026-Q3 or 2026.", key=True)
    perimeter: str = column(Word, "Code of the perimeter.")
    span: str = column(Word, "Length of the period.")
    period_from: date = column(Day, "First service day.")
    period_to: date = column(Day, "First service day after it.")
    computed_at: datetime = column(Instant, "When it was frozen, in ms since 1970 UTC.")
    code_version: str = column(Word, "Version of the service that computed it.")
    method: str = column(Word, "Name of the protection it went through.")
    digest: bytes = column(Bytes32, "SHA-256 of its canonical JSON.")


class ReleaseFile(Base, table=True):
    """The bytes of a release in one format; the dictionary is one of them."""

    __tablename__ = "release_file"
    __table_args__ = (
        one_of("part", Part),
        placed("reference", "The bytes of frozen releases, as they are fetched."),
    )

    release_id: str = column(PeriodCode, "The release.", key=True, refers="release.id")
    part: str = column(Word, "Its format, or the dictionary.", key=True)
    body: bytes = column(LargeBinary, "The bytes.")
    digest: bytes = column(Bytes32, "Their SHA-256.")
