"""Which instants a span of days has, and how a detail is written. Pure Python."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from app.directory.rules import PARIS

_FIRST: Final = date(2020, 1, 1)
_LAST: Final = date(2100, 1, 1)
"""Nothing is remembered of before or after; far days have no instant in UTC."""


def start_of(day: date | None) -> datetime | None:
    """Return the first instant of a day in Paris, in UTC."""
    if day is None:
        return None
    return datetime.combine(min(max(day, _FIRST), _LAST), time(), PARIS).astimezone(UTC)


def written(detail: Mapping[str, Any]) -> dict[str, str]:
    """Return each detail as text; what was not asked for is left out."""
    return {name: _text(value) for name, value in sorted(detail.items()) if value is not None}


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
