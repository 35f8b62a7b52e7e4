"""What a group encounter may hold. Pure Python."""

from collections.abc import Mapping
from typing import Any, Final

ABOUT_ONE_PERSON: Final = ("card", "gender", "age_band", "sleeping", "first_contact_this_year")
"""The fields that describe one person; a group has counts only."""


def group_fault(about_one: Mapping[str, Any]) -> str | None:
    """Return the field that a group encounter may not carry, or None; None and "unknown" note nothing."""
    return next((name for name, value in about_one.items() if value is not None and value != "unknown"), None)
