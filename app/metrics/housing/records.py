"""Counts of stays as they come out of the database."""

from dataclasses import dataclass
from typing import NamedTuple, Self
from uuid import UUID

from app.metrics.housing.definitions import RETENTION_DAYS


class FacilityNight(NamedTuple):
    """One night of a facility on which somebody came or left, or it reported how many places are free."""

    facility_id: UUID
    night: int
    change: int
    """By how much the number of stays differs from the night before."""
    before: int
    """The same until the instant of the night's latest report, 0 without one."""
    places_free: int | None
    """What that report says."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Nights of stays at no named facility."""

    kind: str
    nights: int


@dataclass(frozen=True, slots=True)
class Durations:
    """Stays opened in one period that lasted, or have been followed for, the same number of whole days."""

    period: int
    """Place in the list of periods."""
    kind: str
    days: int
    ended: bool
    stays: int
    transfers: int
    """Moves between emergency housings within them."""
    old: tuple[int, ...]
    """How many are old enough, for each of RETENTION_DAYS."""
    retained: tuple[int, ...]
    positive: tuple[int, ...]
    """How many were retained or had a positive exit before."""

    @classmethod
    def of(
        cls, period: int, kind: str, days: int, stays: int, transfers: int, *, old: int, ended: bool, positive: bool
    ) -> Self:
        """Return one group: all its stays lasted as long, and are old enough for the same of RETENTION_DAYS."""
        enough = [stays if old >= limit else 0 for limit in RETENTION_DAYS]
        kept = [n if days >= limit or not ended else 0 for n, limit in zip(enough, RETENTION_DAYS, strict=True)]
        better = enough if positive else kept
        return cls(period, kind, days, ended, stays, transfers, tuple(enough), tuple(kept), tuple(better))


@dataclass(frozen=True, slots=True)
class Exits:
    """Exits of one period to one destination."""

    period: int
    kind: str
    destination: str | None
    exits: int
    carded: int
    followed: int
    """Those of a card whose whole follow-up has passed within its year."""
    returned: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """Stays of one kind open for long at one instant; the last three may count one stay more than once."""

    kind: str
    open_long: int
    carded: int
    blocked: int
    by_reintegration: int
    by_longer_stay: int
    by_treatment: int
