"""The verdict that tells a decision to the sender."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from app import errors
from app.errors import Fault
from app.http.envelope import Outcome, Verdict, rejected
from app.ingest.rules import Decision, Stored

PERIOD_CLOSED: Final = "period_closed"


def noting_unlinked(verdict: Verdict, *, unlinked: bool) -> Verdict:
    """Return the verdict; the log remembers that something was stored without the card or slip it came with."""
    if not unlinked or verdict.outcome is not Outcome.created:
        return verdict
    return replace(verdict, note={"id": verdict.id, "unlinked": True})


def telling_unlinked(verdict: Verdict, faults: Sequence[Fault]) -> Verdict:
    """Return the verdict on what is stored now, with which of its links were not made; sent again it is not told."""
    if not faults or verdict.outcome is not Outcome.created:
        return verdict
    return replace(verdict, problem=errors.link_not_made(faults=faults))


def period_over(pointer: str) -> Fault:
    """Return the fault of a card, a slip or a previous referral that cannot be kept any more."""
    return Fault(pointer, PERIOD_CLOSED, "is of a year whose key is gone: kept without it")


def not_here(pointer: str) -> Fault:
    """Return the fault of a link to a referral that nobody has sent yet, or that is none."""
    return Fault(pointer, "not_here", "is not known here; the two are linked when it comes")


def verdict_on(decision: Decision, item_id: UUID, digest: bytes, stored: Stored | None) -> Verdict:
    """Return the verdict; a contradiction carries both digests for the log."""
    match decision:
        case Decision.create:
            return Verdict(item_id, Outcome.created)
        case Decision.correct:
            return Verdict(item_id, Outcome.created)
        case Decision.keep | Decision.superseded:
            return Verdict(item_id, Outcome.unchanged)
        case Decision.contradict:
            note = {"id": item_id, "stored": stored.digest.hex() if stored else None, "received": digest.hex()}
            return Verdict(item_id, Outcome.conflict, errors.item_conflict(), note)
        case Decision.too_late:
            return rejected(item_id, errors.correction_too_late())
        case Decision.foreign:
            return rejected(item_id, errors.not_yours())
