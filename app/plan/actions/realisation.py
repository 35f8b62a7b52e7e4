"""How many actions are where, body by body, beside what bodies said of the plan as a whole. Pure Python.

`entries` are those that stand at the date, in the order of `standing`. Counts of two bodies are never merged, and a
body's own statement is never replaced by the count of its assessments: they stand side by side.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.plan.actions.findings import AT_LEAST, ActionLine, by_action
from app.plan.ratios import ratio
from app.plan.records import AnyEntry
from app.plan.records.register import Action, Body, Statement
from app.plan.standing import latest, of_type
from app.plan.vocabulary import ActionStatus, BodyRole, Lacking, MilestoneState, StatementMeasure

_AS_PRINTED: Final = 0.005
"""A share printed in whole percent is the same as a count that far from it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one body last found of the actions there are."""

    body: str
    actions: int
    """Actions of the plan at the date, placeholders among them: what each share is of."""
    counts: Mapping[ActionStatus, int]
    """Every status, 0 among them."""
    of_no_action: int
    """Numbers it assessed that no action has at the date: counted nowhere else."""
    last_on: date | None
    """The newest day it found something on."""

    @property
    def assessed(self) -> int:
        """Actions it found something of."""
        return sum(self.counts.values())

    @property
    def not_assessed(self) -> int:
        """Actions it found nothing of."""
        return self.actions - self.assessed

    def at_least(self, status: ActionStatus) -> int:
        """Return how many actions it found to have reached a status at least."""
        return sum(self.counts[one] for one in AT_LEAST[status])

    @property
    def initiated_at_least(self) -> int:
        """Actions found initiated, partly done or done."""
        return self.at_least(ActionStatus.initiated)

    @property
    def lacking(self) -> Lacking | None:
        """Why it has no share: set exactly then."""
        if not self.actions:
            return Lacking.no_action
        return None if self.assessed else Lacking.nothing_assessed

    def share(self, status: ActionStatus = ActionStatus.initiated) -> float | None:
        """Return the share of all actions, assessed or not, that it found to have reached a status at least."""
        return None if self.lacking else ratio(self.at_least(status), self.actions)


def tallies(entries: Sequence[AnyEntry]) -> list[Tally]:
    """Return the tally of every body that assessed, or whose role it is to, by code."""
    bodies = latest(of_type(entries, Body), lambda one: one.code).values()
    expected = {one.code for one in bodies if BodyRole.assessor in one.roles}
    found = [one for every in by_action(entries).values() for one in every]
    return [_tally(entries, body) for body in sorted(expected | {one.body for one in found})]


def _tally(entries: Sequence[AnyEntry], body: str) -> Tally:
    numbers = {one.number for one in of_type(entries, Action)}
    found = [one for every in by_action(entries).values() for one in every if one.body == body]
    counted = [one for one in found if one.action in numbers]
    return Tally(
        body,
        len(numbers),
        {status: sum(one.status is status for one in counted) for status in ActionStatus},
        len(found) - len(counted),
        max((one.on for one in found), default=None),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A statement, with what the same body's own assessments came to on that very day."""

    statement: Statement
    derived: Tally | None
    """Null unless a count or a share of actions is stated: there is nothing to count otherwise."""
    contradictory: bool
    """Whether another body last said something else of the same."""

    @property
    def derived_count(self) -> int | None:
        """Actions it had found, up to the day of the statement, to have reached the status at least."""
        status = self.statement.status
        counted = self.derived is not None and self.derived.lacking is None and status is not None
        return self.derived.at_least(status) if counted and self.derived and status else None

    @property
    def agrees(self) -> bool | None:
        """Whether a stated count is what its assessments come to, of as many actions; null without both."""
        said, count = self.statement, self.derived_count
        if said.measure is not StatementMeasure.counted or count is None or self.derived is None:
            return None
        return (said.count, said.of) == (count, self.derived.actions)


def statements(entries: Sequence[AnyEntry]) -> list[Said]:
    """Return the last statement of each body on each thing, by (subject, what, day, body)."""
    last = list(latest(of_type(entries, Statement), lambda one: (one.body, one.code)).values())
    lines = [_said(entries, one, [other for other in last if _about(other) == _about(one)]) for one in last]
    return sorted(lines, key=lambda line: _place(line.statement))


def _place(one: Statement) -> tuple[str, str, date, str, str]:
    return one.subject.value, one.status.value if one.status else "", one.on, one.body, one.code


def _about(one: Statement) -> Hashable:
    """Return what a statement is about: statements of other bodies on the same are compared with it."""
    return one.subject, one.status or one.code


def _said(entries: Sequence[AnyEntry], one: Statement, on_the_same: Iterable[Statement]) -> Said:
    others = [other for other in on_the_same if other.body != one.body]
    up_to_then = [entry for entry in entries if entry.on <= one.on]
    derived = _tally(up_to_then, one.body) if one.status and one.measure is not StatementMeasure.qualitative else None
    return Said(one, derived, any(differ(one, other) for other in others))


def differ(one: Statement, other: Statement) -> bool:
    """Say whether two statements on the same give different figures; words alone contradict nothing.

    Two counts differ unless both numbers are the same. A count and a share differ by half a percent or more.
    """
    if one.measure is other.measure is StatementMeasure.counted:
        return (one.count, one.of) != (other.count, other.of)
    shares = published_share(one), published_share(other)
    if shares[0] is None or shares[1] is None:
        return False
    if one.measure is other.measure:
        return shares[0] != shares[1]
    return abs(shares[0] - shares[1]) >= _AS_PRINTED


def published_share(one: Statement) -> float | None:
    """Return the share a statement gives, or its count comes to; null for words."""
    if one.measure is StatementMeasure.share:
        return one.share
    if one.measure is StatementMeasure.counted and one.count is not None and one.of is not None:
        return ratio(one.count, one.of)
    return None


@dataclass(frozen=True, slots=True)
class Headline:
    """The actions of a plan, in a line."""

    actions: int
    placeholders: int
    """Actions whose title was not published."""
    dated: int
    """Actions with a planned end."""
    slipped: int
    """Actions whose planned end was moved to a later day."""
    late: int
    """Actions past their planned end that no body found done."""
    contradictory: int
    """Actions of which two bodies found different things."""
    assessed: int
    """Actions of which at least one body found something."""
    milestones: Mapping[MilestoneState, int]


def headline(lines: Sequence[ActionLine], states: Iterable[MilestoneState]) -> Headline:
    """Return the headline of actions and of the states of every milestone, the plan's own among them."""
    known = list(states)
    return Headline(
        len(lines),
        sum(not one.action.title_published for one in lines),
        sum(one.schedule.end is not None for one in lines),
        sum((one.schedule.slip_days or 0) > 0 for one in lines),
        sum(one.late_since is not None for one in lines),
        sum(one.contradictory for one in lines),
        sum(bool(one.found) for one in lines),
        {state: known.count(state) for state in MilestoneState},
    )
