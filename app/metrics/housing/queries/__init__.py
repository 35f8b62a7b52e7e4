"""The statements behind housing, each in one function that returns plain records."""

from app.metrics.housing.queries.blocked import BlockedQuestion, Placed, blocked, blocked_by_place
from app.metrics.housing.queries.opened import StaysQuestion
from app.metrics.housing.queries.places import Nights, facility_nights, unplaced
from app.metrics.housing.queries.stays import durations, exits

__all__ = [
    "BlockedQuestion",
    "Nights",
    "Placed",
    "StaysQuestion",
    "blocked",
    "blocked_by_place",
    "durations",
    "exits",
    "facility_nights",
    "unplaced",
]
