"""Counts as they come out of the database."""

from dataclasses import dataclass, fields
from typing import Self
from uuid import UUID

Cell = tuple[str, ...]
"""The values of the dimensions asked for, in their order; empty for the total."""


@dataclass(frozen=True, slots=True)
class Added:
    """Counts of one group that add up over groups."""

    def plus(self, other: Self) -> Self:
        """Return the counts of two groups that share nothing."""
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Demand(Added):
    """Counts of referrals of one group."""

    made: int = 0
    late: int = 0
    requests: int = 0
    unanswered: int = 0
    no_place: int = 0
    refused_no_place: int = 0
    refused_closed: int = 0
    refused_not_eligible: int = 0
    refused_other: int = 0
    waited: int = 0
    waited_no_place: int = 0
    still_waiting: int = 0
    never_requested: int = 0


@dataclass(frozen=True, slots=True)
class Needs(Added):
    """Counts of needs of one group: expressed, and without a referral that answers them."""

    expressed: int = 0
    without_offer: int = 0


@dataclass(frozen=True, slots=True)
class Reported:
    """What one facility reported over the times of one group; `free_ms` is places times milliseconds."""

    facility_id: UUID
    cell: Cell
    free_ms: int
    ms: int
