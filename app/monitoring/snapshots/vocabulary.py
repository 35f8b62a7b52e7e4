"""What may have been done to the snapshots of a plan. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Tampering(StrEnum):
    """What somebody did to a chain of snapshots."""

    changed = "changed"
    reordered = "reordered"
    removed = "removed"
    truncated = "truncated"
    inserted = "inserted"
    rewritten = "rewritten"
    gap = "gap"
    log_broken = "log_broken"


SENTENCES: Final[Mapping[Tampering, str]] = {
    Tampering.changed: "not what was stored there: its digest is another",
    Tampering.reordered: "stands where another one was taken",
    Tampering.removed: "taken out",
    Tampering.truncated: "cut off: the audit log remembers it",
    Tampering.inserted: "put in: the audit log knows nothing of it",
    Tampering.rewritten: "taken out and another put there: the audit log remembers another digest",
    Tampering.gap: "not of the month after the one before it: a month is lacking between them",
    Tampering.log_broken: "first entry of the service's audit log that does not hold: what it remembers may be made up",
}


class Change(StrEnum):
    """What became of a value from one snapshot to another."""

    added = "added"
    removed = "removed"
    changed = "changed"
