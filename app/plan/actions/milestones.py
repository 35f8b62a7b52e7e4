"""Milestones at a date: due, reached or missed, and how far they were moved. Pure Python.

`entries` are those that stand at the date, in the order of `standing`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.plan.records import AnyEntry
from app.plan.records.register import Milestone, MilestoneReached
from app.plan.standing import of_type
from app.plan.vocabulary import MilestoneState


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """One milestone as it is planned now, and who says it was reached."""

    milestone: Milestone
    first_due: date
    """The day it was due at first."""
    reached: tuple[MilestoneReached, ...]
    """What each body last said, by day."""
    state: MilestoneState

    @property
    def slip_days(self) -> int:
        """Days it was moved by; negative when it was brought forward."""
        return (self.milestone.due_on - self.first_due).days

    @property
    def reached_on(self) -> date | None:
        """The earliest day a body gives."""
        return min((one.on for one in self.reached), default=None)

    @property
    def days_after_due(self) -> int | None:
        """Days from the day it is due now to the day it was reached; negative when it was early."""
        return None if self.reached_on is None else (self.reached_on - self.milestone.due_on).days


def milestones(entries: Sequence[AnyEntry], at: date) -> list[MilestoneLine]:
    """Return every milestone at a date, by (day due now, code).

    It is reached once a body says so, whenever it was due; else it is missed from the day after the one it is due now.
    """
    planned: dict[str, list[Milestone]] = {}
    for one in of_type(entries, Milestone):
        planned.setdefault(one.code, []).append(one)
    said = of_type(entries, MilestoneReached)
    lines = [_line(every, [one for one in said if one.milestone == code], at) for code, every in planned.items()]
    return sorted(lines, key=lambda line: (line.milestone.due_on, line.milestone.code))


def _line(planned: Sequence[Milestone], said: Iterable[MilestoneReached], at: date) -> MilestoneLine:
    last = planned[-1]
    by_body = {one.body: one for one in said}
    reached = tuple(sorted(by_body.values(), key=lambda one: (one.on, one.body)))
    return MilestoneLine(last, planned[0].due_on, reached, _state(last, at, reached=bool(reached)))


def _state(milestone: Milestone, at: date, *, reached: bool) -> MilestoneState:
    if reached:
        return MilestoneState.reached
    return MilestoneState.missed if milestone.due_on < at else MilestoneState.due
