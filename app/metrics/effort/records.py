"""Counts as they come out of the database."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NightReported:
    """What a facility said between 21:00 and 06:00 of one night."""

    facility_id: UUID
    day: date
    open: bool
    """At least once."""
