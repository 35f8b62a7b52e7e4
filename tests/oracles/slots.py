"""Slots of two hours of the clock in Paris, found hour by hour: nothing of `app` is used."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_PARIS = ZoneInfo("Europe/Paris")
_HOUR = timedelta(hours=1)


def began(instant: datetime) -> datetime:
    """Return the first instant of the slot that an instant lies in."""
    hour = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while _number(hour - _HOUR) == _number(hour):
        hour -= _HOUR
    return hour


def _number(instant: datetime) -> int:
    return instant.astimezone(_PARIS).hour // 2
