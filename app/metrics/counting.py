"""How SQL counts: within the caller's view, by keys of the calendar, in whole milliseconds."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, case, func, type_coerce
from sqlalchemy.orm import Mapped
from sqlmodel import col

from app.metrics.asking import View
from app.metrics.indicator import Period


def seen_by(view: View, table: Table) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement on a table with org_id and territory within the caller's view."""
    conditions: list[ColumnElement[bool]] = []
    if view.org_id is not None:
        conditions.append(table.c.org_id == view.org_id)
    if view.territories is not None:
        conditions.append(table.c.territory.in_(sorted(view.territories)))
    return conditions


def within(column: ColumnElement[date] | Mapped[date], period: Period) -> ColumnElement[bool]:
    """Return the condition: a service day lies in the period."""
    return (column >= period.since) & (column < period.until)


def ms(column: Any) -> ColumnElement[int]:  # noqa: ANN401 - a mapped attribute
    """Return an instant column as the whole milliseconds it is stored as."""
    return type_coerce(col(column), BigInteger)


def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many rows fulfil a condition, 0 for no rows."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
