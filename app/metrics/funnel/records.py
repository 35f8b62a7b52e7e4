"""Counts as they come out of the database."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """Counts of referrals of one group. All but `made` and `late` are of followed referrals only."""

    key: tuple[str, ...]
    """A code for each thing grouped by; empty for the total."""
    made: int
    late: int
    followed: int
    requested: int
    accepted: int
    arrived: int
    admitted: int
    offered_recorded: int
    requested_recorded: int
    accepted_recorded: int
    arrived_recorded: int
    admitted_recorded: int
    waitlisted_recorded: int
    success: int
    refused: int
    declined: int
    no_show: int
    cancelled: int
    expired: int
    provider_accepted: int
    answered_app: int
    answered_desk: int
    answered_phone: int

    def plus(self, other: "FunnelCounts", key: tuple[str, ...]) -> "FunnelCounts":
        """Return the counts of both groups together, under a key."""
        return FunnelCounts(key, *(getattr(self, name) + getattr(other, name) for name in COUNTERS))

    @classmethod
    def none(cls, key: tuple[str, ...] = ()) -> "FunnelCounts":
        """Return the counts of an empty group."""
        return cls(key, *([0] * len(COUNTERS)))


COUNTERS: Final = tuple(name for name in FunnelCounts.__slots__ if name != "key")
