"""What a group encounter may hold. Pure Python."""

from collections.abc import Mapping
from typing import Any


def group_fault(people_count: int, about_one: Mapping[str, Any]) -> str | None:
    """Return the field that a group encounter may not carry, or None.

    `about_one` maps the fields that describe one person to what was noted; None or "unknown" notes nothing.
    """
    if people_count == 1:
        return None
    return next((name for name, value in about_one.items() if value is not None and value != "unknown"), None)
