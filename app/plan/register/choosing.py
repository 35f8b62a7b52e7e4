"""Which plan a question is about when it does not say. Pure Python."""

from collections.abc import Iterable
from datetime import date

from app.plan.records import Plan, Recorded
from app.plan.standing import latest, of_type, standing


def standing_plans(recorded: Iterable[Recorded]) -> list[Plan]:
    """Return every plan as last worded, by (first day, code)."""
    worded = latest(of_type(standing(recorded), Plan), lambda one: one.plan)
    return sorted(worded.values(), key=lambda one: (one.valid_from, one.plan))


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
