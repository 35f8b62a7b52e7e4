"""How SQL counts: within the caller's view, by keys of the calendar, in whole milliseconds."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    case,
    column,
    func,
    literal,
    or_,
    select,
    table,
    type_coerce,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from app.clock import HOUR_MS, SLOT_HOURS
from app.db.types import Key
from app.metrics.asking import View
from app.metrics.indicator import LATE_AFTER_HOURS, Period

_ORGANISATION: Final = table("organisation", column("id", Key))


def seen_by(view: View, records: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement on records with org_id and territory within the caller's view."""
    conditions: list[ColumnElement[bool]] = []
    if view.org_id is not None:
        conditions.append(records.c.org_id == view.org_id)
    if view.territories is not None:
        conditions.append(records.c.territory.in_(sorted(view.territories)))
    return conditions


def seen_during(view: View, records: FromClause, day: str, runs: Sequence[Period]) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement on records within the view, and to runs of days in order.

    Raises `invalid` when records of some of these days are coarse.
    """
    view.refuse_coarse(runs[0].since)
    return [*during(view, records, day, runs), *seen_by(view, records)]


def during(view: View, records: FromClause, day: str, runs: Sequence[Period]) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement to runs of days in order, of which there is at least one.

    Indexes of days begin with the organisation: where a view has none, every organisation is named, as PostgreSQL would
    read the whole index for one day.
    """
    days = records.c[day]
    conditions = [within(days, Period(runs[0].since, runs[-1].until))]
    if len(runs) > 1:
        conditions.append(or_(*(within(days, run) for run in runs)))
    if view.org_id is None:
        conditions.append(records.c.org_id.in_(select(_ORGANISATION.c.id)))
    return conditions


def within(day: ColumnElement[date] | Mapped[date], period: Period) -> ColumnElement[bool]:
    """Return the condition: a service day lies in the period."""
    return (day >= period.since) & (day < period.until)


def ms(instant: Any) -> ColumnElement[int]:  # noqa: ANN401 - a mapped attribute
    """Return an instant column as the whole milliseconds it is stored as."""
    return type_coerce(col(instant), BigInteger)


def came_late(referral: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped class or a table's columns
    """Return the condition: a referral was surely received more than 24 hours after its slot ended."""
    return ms(referral.received_at) - ms(referral.created_at) >= (SLOT_HOURS + LATE_AFTER_HOURS) * HOUR_MS


def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many rows fulfil a condition, 0 for no rows."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def number_of(day: Any, periods: Sequence[Period], first: int = 0) -> ColumnElement[int]:  # noqa: ANN401 - a mapped column
    """Return the number in its series of the period that a day lies in.

    `periods` follow one another without a gap. It is a tree of halves: a thousand days would make a long list.
    """
    if len(periods) == 1:
        return literal(first, Integer)
    middle = len(periods) // 2
    early, later = number_of(day, periods[:middle], first), number_of(day, periods[middle:], first + middle)
    return case((day < periods[middle].since, early), else_=later)
