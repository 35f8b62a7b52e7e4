"""Counts as they come out of the database."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from operator import add
from uuid import UUID

from app.metrics.reporting.definitions import Kept


@dataclass(frozen=True, slots=True)
class Described:
    """Encounters, those with one person, and of the latter those of whom a fact is not known."""

    encounters: int = 0
    linked: int = 0
    single: int = 0
    gender: int = 0
    age_band: int = 0
    sleeping: int = 0
    first_contact: int = 0

    def counts(self) -> tuple[int, ...]:
        """Return all of it, in the order it is declared in."""
        return (
            self.encounters,
            self.linked,
            self.single,
            self.gender,
            self.age_band,
            self.sleeping,
            self.first_contact,
        )

    def plus(self, other: "Described") -> "Described":
        """Return both together."""
        return Described(*map(add, self.counts(), other.counts()))


@dataclass(frozen=True, slots=True)
class Part:
    """A count and how many of it fulfil something."""

    all: int = 0
    some: int = 0

    def plus(self, other: "Part") -> "Part":
        """Return both together."""
        return Part(self.all + other.all, self.some + other.some)


@dataclass(frozen=True, slots=True)
class Day:
    """A service day of which a team sent a record."""

    team_id: UUID
    day: date


def _no_lags() -> defaultdict[Kept, Counter[int]]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Report:
    """What the records of a period come to; of what nobody asked for, nothing."""

    lags: defaultdict[Kept, Counter[int]] = field(default_factory=_no_lags)
    """How many records were received how many hours late."""
    described: Described = field(default_factory=Described)
    closed: Part = field(default_factory=Part)
    """Referrals whose timers ran out, and those of known outcome by then."""
    answers: Part = field(default_factory=Part)
    """Answers, and those without effect."""
    clocks: Part = field(default_factory=Part)
    """Encounters and patrols, and those of a device whose clock was off."""
