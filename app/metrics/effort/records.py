"""Counts as they come out of the database."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Worked:
    """Patrols of one service day, and of one team when asked by team. `ms` and `night_ms` are of timed patrols."""

    day: date
    team: UUID | None
    patrols: int
    timed: int
    open_ended: int
    without_contact: int
    late: int
    ms: float
    night_ms: float


@dataclass(frozen=True, slots=True)
class Met:
    """People met on one service day, and by one team when asked by team; and those of them met on timed patrols."""

    day: date
    team: UUID | None
    contacts: int
    contacts_timed: int


@dataclass(frozen=True, slots=True)
class NightReported:
    """What a facility said between 21:00 and 06:00 of one night."""

    facility_id: UUID
    day: date
    open: bool
    """At least once."""
