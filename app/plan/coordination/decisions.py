"""Where decisions stand on a day, and how old they are. Pure Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.plan.records import AnyEntry
from app.plan.records.coordination import Decision, DecisionEnded
from app.plan.standing import latest, of_type
from app.plan.vocabulary import DecisionOutcome, DecisionState


@dataclass(frozen=True, slots=True)
class Followed:
    """A decision on a day."""

    decision: Decision
    """As it is worded on that day."""
    taken_on: date
    """When it was first taken; a later entry of its code may move the day it is due, never this one."""
    state: DecisionState
    ended_on: date | None
    """The day it was done or dropped; null while it is open."""
    age_days: int
    """From the day it was taken until it ended, or until the day one looks; 0 when it is said to have ended before."""
    late_days: int | None
    """How many of them lie after its day; null for one without a day."""


@dataclass(frozen=True, slots=True)
class Stock:
    """How many decisions stand how; those overdue are among the open ones."""

    open: int
    overdue: int
    done: int
    dropped: int
    oldest_open_days: int | None
    """Null when none is open."""


def followed(entries: Iterable[AnyEntry], day: date) -> list[Followed]:
    """Return the decisions taken up to a day as they then stood, the oldest first."""
    until = [one for one in entries if one.on <= day]
    ends = latest(of_type(until, DecisionEnded), lambda one: one.decision)
    first: dict[str, date] = {}
    for one in of_type(until, Decision):
        first.setdefault(one.code, one.on)
    decisions = latest(of_type(until, Decision), lambda one: one.code).values()
    found = [_followed(one, first[one.code], ends.get(one.code), day) for one in decisions]
    return sorted(found, key=lambda one: (one.taken_on, one.decision.code))


def _followed(decision: Decision, taken_on: date, end: DecisionEnded | None, day: date) -> Followed:
    closed = end.on if end else None
    last = closed or day
    late = None if decision.due_on is None else max(0, (last - decision.due_on).days)
    if end is not None:
        state = DecisionState.done if end.outcome is DecisionOutcome.done else DecisionState.dropped
    else:
        state = DecisionState.overdue if late else DecisionState.open
    return Followed(decision, taken_on, state, closed, max(0, (last - taken_on).days), late)


def stock(decisions: Sequence[Followed]) -> Stock:
    """Count decisions by where they stand."""
    states = [one.state for one in decisions]
    open_ages = [one.age_days for one in decisions if one.ended_on is None]
    return Stock(
        len(open_ages),
        states.count(DecisionState.overdue),
        states.count(DecisionState.done),
        states.count(DecisionState.dropped),
        max(open_ages, default=None),
    )
