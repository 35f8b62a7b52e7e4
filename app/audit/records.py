"""An act as it is read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Remembered:
    """One act of a chain, for who reads it."""

    number: int
    at: datetime
    actor: UUID
    action: str
    detail: Mapping[str, Any]
