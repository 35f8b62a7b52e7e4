"""Everything that was ever entered about one action, what was corrected included. Pure Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.plan.records import AnyEntry, Recorded
from app.plan.records.coordination import Decision, DecisionEnded
from app.plan.records.money import Amount
from app.plan.records.register import Action, Assessment, Milestone, MilestoneReached
from app.plan.records.steering import Withdrawal


@dataclass(frozen=True, slots=True)
class Past:
    """One entry about an action."""

    recorded: Recorded
    replaced_by: UUID | None
    """The entry that corrects or withdraws it; null while it stands."""


def history(recorded: Iterable[Recorded], number: int, at: date, known_at: datetime | None) -> list[Past]:
    """Return the entries about an action and about days up to `at`, as known, by (recorded_at, on, id).

    Withdrawals of any of them come along, whatever day they are about.
    """
    known = [one for one in recorded if known_at is None or one.recorded_at <= known_at]
    replaced = {one.entry.corrects: one.entry.id for one in known if one.entry.corrects is not None}
    own = _Own([one.entry for one in known], number)
    listed = [one for one in known if one.entry.on <= at and own.is_about(one.entry)]
    named = {one.entry.id for one in listed}
    listed += [one for one in known if isinstance(one.entry, Withdrawal) and one.entry.corrects in named]
    listed.sort(key=lambda one: (one.recorded_at, one.entry.on, one.entry.id.bytes))
    return [Past(one, replaced.get(one.entry.id)) for one in listed]


class _Own:
    """What belongs to an action: milestones and decisions that ever named it bring what became of them."""

    def __init__(self, entries: Sequence[AnyEntry], number: int) -> None:
        self._number = number
        self._milestones = {one.code for one in entries if isinstance(one, Milestone) and one.action == number}
        self._decisions = {one.code for one in entries if isinstance(one, Decision) and one.action == number}

    def is_about(self, entry: AnyEntry) -> bool:
        match entry:
            case Action():
                return entry.number == self._number
            case Milestone():
                return entry.code in self._milestones  # also its wordings before or after it named the action
            case MilestoneReached():
                return entry.milestone in self._milestones
            case DecisionEnded():
                return entry.decision in self._decisions
            case Assessment() | Amount() | Decision():
                return entry.action == self._number
            case _:
                return False
