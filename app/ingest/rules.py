"""What to do with an item whose id may already be there: a pure decision with a closed set of outcomes."""

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """Every fate an item can have."""

    create = "create"
    """New: store it."""
    keep = "keep"
    """Stored already with the same content: a resent batch."""
    correct = "correct"
    """A later revision by the same team in time: replace the content."""
    superseded = "superseded"
    """An older revision than the stored one, arriving late: nothing to do."""
    contradict = "contradict"
    """The same id and revision with other content: refuse, and keep both digests in the log."""
    too_late = "too_late"
    """A correction after the 72 hours in which corrections are taken."""
    foreign = "foreign"
    """A correction of another team's record."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows about an id."""

    digest: bytes
    revision: int = 1
    own: bool = True
    """Whether the same team stored it."""
    correctable: bool = True
    """Whether it was first received less than 72 hours ago."""


def decide(stored: Stored | None, digest: bytes, revision: int = 1, *, comparable: bool = True) -> Decision:
    """Return the fate of an item. Total: every combination has exactly one.

    It is not `comparable` when it came with a card or slip of a closed period: what was stored under the period's key
    cannot be told from something else any more, and is taken for the same item sent again.
    """
    if stored is None:
        return Decision.create
    if not stored.own:
        return Decision.foreign
    if revision < stored.revision:
        return Decision.superseded
    if revision == stored.revision:
        return Decision.keep if digest == stored.digest or not comparable else Decision.contradict
    return Decision.correct if stored.correctable else Decision.too_late
