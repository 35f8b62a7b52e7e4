"""Counts as they come out of the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """Counts of referrals of one group. All but `made` and `late` are of followed referrals only."""

    key: str | None
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

    def __add__(self, other: "FunnelCounts") -> "FunnelCounts":
        """Add two groups; the sum has no key."""
        names = [name for name in self.__slots__ if name != "key"]
        return FunnelCounts(None, *(getattr(self, name) + getattr(other, name) for name in names))

    @classmethod
    def none(cls) -> "FunnelCounts":
        """Return the counts of an empty group."""
        return cls(None, *([0] * (len(cls.__slots__) - 1)))
