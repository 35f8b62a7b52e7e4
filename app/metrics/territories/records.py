"""Counts as they come out of the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Met:
    """People met in one territory, some of them outside the perimeter, some on patrols of known duration."""

    territory: str
    contacts: int
    contacts_timed: int
    outside: int
    late: int
    """Encounters received late."""
