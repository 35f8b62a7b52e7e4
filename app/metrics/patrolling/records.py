"""Counts of patrols as they come out of the database."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Patrols:
    """Patrols of one group. `ms` and `night_ms` are of timed patrols, as far as they were in the view."""

    patrols: int = 0
    timed: int = 0
    open_ended: int = 0
    without_contact: int = 0
    late: int = 0
    ms: float = 0
    night_ms: float = 0

    def __add__(self, other: "Patrols") -> "Patrols":
        """Add two groups that have no patrol in common."""
        return Patrols(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Patrols)))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the counts, in order."""
        return tuple(one.name for one in fields(cls))

    @classmethod
    def of(cls, *sums: float) -> Self:
        """Return the counts as they come out of sums, in order: these may be decimals."""
        patrols, timed, open_ended, without_contact, late = (int(one) for one in sums[:-2])
        ms, night_ms = (float(one) for one in sums[-2:])
        return cls(patrols, timed, open_ended, without_contact, late, ms, night_ms)


Cell = tuple[int, UUID | None]
"""The number of a period in its series, from 0, and the team; None when not asked by team."""


@dataclass(frozen=True, slots=True)
class Worked:
    """The patrols of one period, by one team when asked, and the service days on whose night one was out."""

    patrols: Patrols
    nights: frozenset[date]
