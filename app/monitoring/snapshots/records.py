"""A snapshot as it is stored: plain values, no table."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A snapshot without its content."""

    plan: str
    number: int
    month: date
    taken_at: datetime
    code_version: str
    previous: bytes
    digest: bytes

    @property
    def id(self) -> str:
        """Its name within the plan: its month."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot with its content as canonical JSON."""

    link: Link
    body: bytes
