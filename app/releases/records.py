"""What is counted and what was frozen: plain values, no table."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.releases.vocabulary import Dimension, Measure, Missing, Part, Scope


@dataclass(frozen=True, slots=True)
class Key:
    """What a tally counts, in one place."""

    place: str
    measure: Measure
    dimension: Dimension
    category: str


@dataclass(slots=True)
class Tally:
    """The records of a cell, exactly: how many, the sum of their keys, and how many of one patrol at most."""

    count: int = 0
    keys: int = 0
    largest: int = 0

    def add(self, other: "Tally") -> None:
        """Put the records of another cell, all different, to these."""
        self.count += other.count
        self.keys = (self.keys + other.keys) % 2**32
        self.largest = max(self.largest, other.largest)


@dataclass(slots=True)
class Month:
    """The tallies of a month by lateness: 0 in time for its own release, 1 for the quarter's, 2 for the year's."""

    tallies: dict[tuple[Key, int], Tally] = field(default_factory=dict)

    def of(self, key: Key, late: int) -> Tally:
        """Return the tally of a cell, an empty one when it has none yet."""
        return self.tallies.setdefault((key, late), Tally())


@dataclass(frozen=True, slots=True)
class Cell:
    """One published count."""

    scope: Scope
    place: str
    measure: Measure
    dimension: Dimension
    category: str
    value: int | None
    value_missing: Missing | None
    share: float | None
    share_missing: Missing | None


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a frozen release beside its cells."""

    id: str
    perimeter: str
    span: str
    period_from: date
    period_to: date
    computed_at: datetime
    code_version: str
    method: str
    digest: bytes

    @property
    def last_day(self) -> date:
        """Its last service day."""
        return self.period_to - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a part of a release."""

    part: Part
    body: bytes
    digest: bytes
