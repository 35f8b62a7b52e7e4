"""Each action at a date: what every body last found of it, how its end slipped, whether it is late. Pure Python.

`entries` are those that stand at the date, in the order of `standing`. Bodies may disagree: nothing here chooses among
them, and no status of "the" action exists.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.plan.actions.milestones import MilestoneLine, milestones
from app.plan.records import AnyEntry
from app.plan.records.register import Action, Assessment
from app.plan.standing import latest, of_type
from app.plan.vocabulary import ActionStatus, Lacking

_SCALE: Final = (ActionStatus.not_started, ActionStatus.initiated, ActionStatus.partly_done, ActionStatus.done)
AT_LEAST: Final[Mapping[ActionStatus, frozenset[ActionStatus]]] = {
    **{status: frozenset(_SCALE[place:]) for place, status in enumerate(_SCALE)},
    ActionStatus.abandoned: frozenset({ActionStatus.abandoned}),
}
"""The statuses that reach one at least. Abandoned is no step of the scale: it reaches nothing but itself, so an action
abandoned half way is not among those initiated at least."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an action is to begin and to end, by the plan's own successive wordings."""

    first_end: date | None
    """The first end that was ever planned."""
    end: date | None
    """Last planned day by the last wording."""
    revisions: int
    """Wordings after the first, whatever they changed; corrected slips of the pen are none."""
    lacking: Lacking | None
    """Why there is no slip: set exactly then."""

    @property
    def slip_days(self) -> int | None:
        """Days from the first planned end to the last; negative when it was brought forward."""
        return None if self.first_end is None or self.end is None else (self.end - self.first_end).days


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action at a date."""

    action: Action
    """As last worded."""
    schedule: Schedule
    found: tuple[Assessment, ...]
    """What each body found last, by code of the body."""
    milestones: tuple[MilestoneLine, ...]
    late_since: date | None
    """First day after its planned end, when that is over; null when a body last found it done, or all that judged it
    abandoned."""

    @property
    def contradictory(self) -> bool:
        """Whether two bodies last found different statuses, on whichever days."""
        return len({one.status for one in self.found}) > 1

    @property
    def days_apart(self) -> int | None:
        """Days between the oldest and the newest of what bodies last found: the newer may simply know more."""
        days = [one.on for one in self.found]
        return (max(days) - min(days)).days if days else None

    @property
    def done_by(self) -> tuple[str, ...]:
        """The bodies that last found it done."""
        return tuple(one.body for one in self.found if one.status is ActionStatus.done)


def actions(entries: Sequence[AnyEntry], at: date) -> list[ActionLine]:
    """Return every action at a date, by number."""
    worded: dict[int, list[Action]] = {}
    for one in of_type(entries, Action):
        worded.setdefault(one.number, []).append(one)
    found = by_action(entries)
    reached = milestones(entries, at)
    return [
        _line(worded[number], found.get(number, ()), [one for one in reached if one.milestone.action == number], at)
        for number in sorted(worded)
    ]


def by_action(entries: Sequence[AnyEntry]) -> Mapping[int, tuple[Assessment, ...]]:
    """Return what each body last found of each number, by code of the body; whether such an action exists or not."""
    last = latest(of_type(entries, Assessment), lambda one: (one.action, one.body))
    found: dict[int, tuple[Assessment, ...]] = {}
    for one in sorted(last.values(), key=lambda one: one.body):
        found[one.action] = (*found.get(one.action, ()), one)
    return found


def _line(
    worded: Sequence[Action], found: tuple[Assessment, ...], reached: Iterable[MilestoneLine], at: date
) -> ActionLine:
    last = worded[-1]
    return ActionLine(last, schedule(worded), found, tuple(reached), _late_since(last.planned_end, found, at))


def schedule(worded: Sequence[Action]) -> Schedule:
    """Return the schedule of one action from its wordings, the first one first."""
    ends = [one.planned_end for one in worded if one.planned_end is not None]
    end = worded[-1].planned_end
    lacking = Lacking.never_dated if not ends else Lacking.no_longer_dated if end is None else None
    return Schedule(ends[0] if ends else None, end, len(worded) - 1, lacking)


def _late_since(end: date | None, found: Iterable[Assessment], at: date) -> date | None:
    if end is None or at <= end or _is_over({one.status for one in found}):
        return None
    return end + timedelta(days=1)


def _is_over(statuses: Collection[ActionStatus]) -> bool:
    """Say whether nobody waits for an action any more: a body found it done, or every body that judged it abandoned."""
    return ActionStatus.done in statuses or set(statuses) == {ActionStatus.abandoned}
