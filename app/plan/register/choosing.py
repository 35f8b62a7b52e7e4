"""Which plan a question is about when it does not say. Pure Python."""

from collections.abc import Iterable
from datetime import date, datetime

from app.plan.records import Plan, Recorded
from app.plan.standing import latest, of_type, standing


def standing_plans(recorded: Iterable[Recorded]) -> list[Plan]:
    """Return every plan as last worded, by (first day, code)."""
    worded = latest(of_type(standing(recorded), Plan), lambda one: one.plan)
    return sorted(worded.values(), key=lambda one: (one.valid_from, one.plan))


def worded_then(recorded: Iterable[Recorded], code: str, at: date, known_at: datetime | None) -> Plan | None:
    """Return a plan as it was worded at a date, as known at an instant; None when it was never entered.

    Before the day of its first wording, or before that was known, it is the first one: an answer has to be about some
    plan, and that one says least of what came later.
    """
    every = list(recorded)

    def worded(day: date | None, instant: datetime | None) -> list[Plan]:
        return [one for one in of_type(standing(every, day, instant), Plan) if one.plan == code]

    if then := worded(at, known_at):
        return then[-1]
    return next(iter(worded(None, known_at) or worded(None, None)), None)


def chosen(plans: Iterable[Plan], code: str | None, today: date) -> Plan | None:
    """Return the plan of a code, or None; without a code the one valid today, else the last one to end.

    Of several valid today it is the one that began last; of several that end together, the same.
    """
    known = list(plans)
    if code is not None:
        return next((one for one in known if one.plan == code), None)
    valid = [one for one in known if one.valid_from <= today < one.valid_to]
    if valid:
        return max(valid, key=lambda one: (one.valid_from, one.plan))
    return max(known, key=lambda one: (one.valid_to, one.valid_from, one.plan), default=None)
