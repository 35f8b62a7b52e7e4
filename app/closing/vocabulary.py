"""Words of the end of key periods. Pure Python."""

from enum import StrEnum


class PeriodState(StrEnum):
    """How far the end of a key period has come."""

    open = "open"
    """Cards and slips are sealed with its key."""
    closing = "closing"
    """Closing has begun and was not finished: `keys close` goes on with it."""
    closed = "closed"
    """No record carries a link of it; nothing is sealed with its key any more, which is still there."""
    destroyed = "destroyed"
    """The key is gone, and no file of the database holds a link of it."""
