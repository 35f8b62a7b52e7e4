"""What entries of each type must fulfil beyond their form: pairs of (field, what is wrong). Pure Python."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from app.plan.records import (
    Action,
    Amount,
    AnyEntry,
    Assessment,
    Decision,
    DecisionEnded,
    Meeting,
    MilestoneReached,
    Observation,
    Plan,
    Statement,
    Target,
    Withdrawal,
)
from app.plan.vocabulary import AmountNature, Direction, StatementMeasure, Subject

Wrong = Iterator[tuple[str, str]]


def wrong_in(entry: AnyEntry) -> Wrong:
    """Yield what contradicts itself in an entry, by field."""
    match entry:
        case Plan():
            yield from _in_order(entry.valid_from, entry.valid_to)
        case Action():
            yield from _planned(entry)
        case Statement():
            yield from _stated(entry)
        case Amount():
            yield from _booked(entry)
        case Meeting():
            yield from _met(entry)
        case Decision() if entry.due_on is not None and entry.due_on < entry.on:
            yield "due_on", "must not lie before the day of the decision"
        case Target():
            yield from _in_order(entry.valid_from, entry.valid_to)
            yield from _aimed(entry)
        case Observation() if entry.on.day != 1:
            yield "on", "must be the first day of its month"
        case Withdrawal() if entry.corrects is None:
            yield "corrects", "is required: the entry that is withdrawn"
        case _:
            pass


def ahead_in(entry: AnyEntry, today: date) -> Wrong:
    """Yield the days still to come on which something is said to have happened, by field; what is planned may be."""
    match entry:
        case Assessment() | Statement() | MilestoneReached() | DecisionEnded() | Observation() if entry.on > today:
            yield "on", _AHEAD
        case Amount() if entry.nature is AmountNature.expenditure and entry.on > today:
            yield "on", _AHEAD
        case Meeting() if entry.held_on is not None and entry.held_on > today:
            yield "held_on", _AHEAD
        case _:
            pass


_AHEAD: Final = "must not lie in the future: it is the day of something that happened"


def _in_order(valid_from: date, valid_to: date) -> Wrong:
    if valid_from >= valid_to:
        yield "valid_to", "must lie after valid_from"


def _planned(action: Action) -> Wrong:
    if (
        action.planned_start is not None
        and action.planned_end is not None
        and action.planned_end < action.planned_start
    ):
        yield "planned_end", "must not lie before planned_start"


def _stated(statement: Statement) -> Wrong:
    counted, share = statement.measure is StatementMeasure.counted, statement.measure is StatementMeasure.share
    for name, value, wanted in (
        ("count", statement.count, counted),
        ("of", statement.of, counted),
        ("share", statement.share, share),
    ):
        if wanted and value is None:
            yield name, f"is required when the measure is {statement.measure.value}"
        elif not wanted and value is not None:
            yield name, f"must be null when the measure is {statement.measure.value}"
    if counted and statement.count is not None and statement.of is not None and statement.count > statement.of:
        yield "count", "must not be more than `of`"
    of_actions = statement.subject is Subject.realisation and (counted or share)
    if statement.status is not None and not of_actions:
        yield "status", "stands with a count or a share of actions only: subject realisation, not qualitative"


def _booked(amount: Amount) -> Wrong:
    revision = amount.nature is AmountNature.revision
    if revision and amount.cause is None:
        yield "cause", "is required with a revision"
    if amount.nature is AmountNature.commitment and amount.cause is not None:
        yield "cause", "must be null with a commitment"
    if not revision and amount.cents < 0:
        yield "cents", f"must not be negative for the nature {amount.nature.value}"


def _met(meeting: Meeting) -> Wrong:
    if meeting.held and meeting.held_on is None:
        yield "held_on", "is required when the meeting was held"
    if not meeting.held and meeting.held_on is not None:
        yield "held_on", "must be null unless the meeting was held"
    if not meeting.held and meeting.present is not None:
        yield "present", "must be null unless the meeting was held"


def _aimed(target: Target) -> Wrong:
    sign = 1 if target.direction is Direction.at_least else -1
    if sign * target.watch > sign * target.value:
        yield "watch", "must not be better than the value to reach"
    if sign * target.alarm > sign * target.watch:
        yield "alarm", "must not be better than `watch`"
    if (target.baseline is None) != (target.baseline_on is None):
        missing = "baseline" if target.baseline is None else "baseline_on"
        yield missing, "is required: a baseline and its day stand together"
