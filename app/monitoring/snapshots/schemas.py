"""Snapshots as they go over the wire; their own bytes are frozen, and these say what is in them."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from app.http.wire import Sent, example
from app.monitoring.snapshots.chaining import Difference
from app.monitoring.snapshots.records import Link
from app.monitoring.snapshots.vocabulary import Change

_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LINK: Final[dict[str, Any]] = {
    "id": "2026-10",
    "number": 2,
    "taken_at": "2026-11-01T11:30:00Z",
    "code_version": "0.1.0+5f2c81d0a97e",
    "previous": _SHA256,
    "sha256": _SHA256,
}


class SnapshotSent(Sent):
    """What is known of a snapshot beside its content."""

    id: str = Field(description="Its month.")
    number: int = Field(description="Place in the plan's chain, from 1.")
    taken_at: datetime = Field(description="When it was taken.")
    code_version: str = Field(description="Version of the service that took it, and digest of its sources.")
    previous: str = Field(description="Digest of the one before it; zeros for the first.")
    sha256: str = Field(description="SHA-256 of the bytes of `previous` followed by those of the snapshot.")

    @classmethod
    def of(cls, link: Link) -> "SnapshotSent":
        """Return a snapshot as it is listed."""
        return cls(
            id=link.id,
            number=link.number,
            taken_at=link.taken_at,
            code_version=link.code_version,
            previous=link.previous.hex(),
            sha256=link.digest.hex(),
        )


class SnapshotList(Sent):
    """Every snapshot of a plan."""

    model_config = Sent.model_config | example({"plan": "crack-2019", "items": [_LINK]})

    plan: str = Field(description="Code of the plan.")
    items: list[SnapshotSent] = Field(description="The first one first.")


class SnapshotDocument(Sent):
    """What was known of a plan when a month was over: the same bytes for ever."""

    model_config = Sent.model_config | example(
        {
            "plan": "crack-2019",
            "number": 2,
            "month": "2026-10",
            "taken_at": "2026-11-01T11:30:00.000+00:00",
            "code_version": "0.1.0+5f2c81d0a97e",
            "at": "2026-10-31",
            "known_at": "2026-11-01T11:30:00.000+00:00",
            "entries": {},
            "actions": {},
            "milestones": {},
            "money": {},
            "coordination": {},
            "targets": {},
            "kpis": {},
        }
    )

    plan: str = Field(description="Code of the plan.")
    number: int = Field(description="Place in the plan's chain, from 1.")
    month: str = Field(description="The month it is of.")
    taken_at: datetime = Field(description="When it was taken.")
    code_version: str = Field(description="Version of the service that took it, and digest of its sources.")
    at: date = Field(description="Everything is what stood on this day, as it was known at `known_at`.")
    known_at: datetime = Field(
        description="`taken_at`, or when the month was over where a later month had been over since."
    )
    entries: dict[str, Any] = Field(description="Every entry ever recorded, by id, and whether it stands.")
    actions: dict[str, Any] = Field(description="By number.")
    milestones: dict[str, Any] = Field(description="By code.")
    money: dict[str, Any] = Field(description="In EUR cents, by action, funder, budget year and kind, and in all.")
    coordination: dict[str, Any] = Field(description="By committee and quarter.")
    targets: dict[str, Any] = Field(description="By code.")
    kpis: dict[str, Any] = Field(description="Figures about no person, by code and key.")


class DifferenceSent(Sent):
    """One value that is not the same in two snapshots."""

    path: str = Field(description="Where, as a JSON pointer.")
    change: Change
    before: Any = Field(description="Null when it was added.")
    after: Any = Field(description="Null when it was removed.")

    @classmethod
    def of(cls, one: Difference) -> "DifferenceSent":
        """Return a difference as it is sent."""
        return cls(path=one.path, change=one.change, before=one.before, after=one.after)


class DifferencesSent(Sent):
    """How one snapshot became another."""

    model_config = Sent.model_config | example(
        {
            "plan": "crack-2019",
            "before": _LINK | {"id": "2026-09", "number": 1},
            "after": _LINK,
            "items": [{"path": "/kpis/decisions_overdue/value", "change": "changed", "before": 2, "after": 3}],
        }
    )

    plan: str = Field(description="Code of the plan.")
    before: SnapshotSent
    after: SnapshotSent
    items: list[DifferenceSent] = Field(description="By path.")
