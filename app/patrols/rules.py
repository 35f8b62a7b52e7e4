"""What makes a patrol believable. Pure Python."""

from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = timedelta(hours=24)


def period_fault(started_at: datetime, ended_at: datetime | None) -> str | None:
    """Return what is wrong with a patrol's start and end, or None."""
    if ended_at is None:
        return None
    if ended_at < started_at:
        return "must not be before started_at"
    return "must be within 24 hours of started_at" if ended_at - started_at > LONGEST else None
