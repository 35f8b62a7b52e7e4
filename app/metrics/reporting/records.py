"""Counts as they come out of the database."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Described:
    """Encounters, those with one person, and of the latter those of whom a fact is not known."""

    encounters: int
    linked: int
    single: int
    gender: int
    age_band: int
    sleeping: int
    first_contact: int


@dataclass(frozen=True, slots=True)
class Part:
    """A count and how many of it fulfil something."""

    all: int
    some: int


@dataclass(frozen=True, slots=True)
class Day:
    """A service day of which a team sent a record."""

    team_id: UUID
    day: date
