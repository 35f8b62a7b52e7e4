"""The months that monitoring looks at; nobody chooses them. Pure Python."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.directory.rules import service_day
from app.metrics.indicator import Period
from app.plan.records import Plan


def month_of(day: date) -> Period:
    """Return the calendar month a day lies in."""
    since = day.replace(day=1)
    return Period(since, (since + timedelta(days=31)).replace(day=1))


def month_before(month: Period) -> Period:
    """Return the calendar month before one."""
    return month_of(month.since - timedelta(days=1))


def code_of(month: Period) -> str:
    """Return the name of a month: 2026-10."""
    return f"{month.since:%Y-%m}"


def last_over(now: datetime) -> Period:
    """Return the last month that is over: its last night ends at noon of the next month's first day, in Paris."""
    return month_before(month_of(service_day(now, night=True)))


def last_of_plan(plan: Plan, now: datetime) -> Period | None:
    """Return the last month that is over and began while the plan was in force; None when none is yet."""
    month = min(last_over(now), month_of(plan.valid_to - timedelta(days=1)), key=lambda one: one.since)
    return month if month.until > plan.valid_from else None


def months_until(last: Period, first_day: date, most: int) -> Sequence[Period]:
    """Return up to `most` months that end with one, none that ends before a day, the earliest first."""
    found = [last]
    while len(found) < most and month_before(found[-1]).until > first_day:
        found.append(month_before(found[-1]))
    return found[::-1]
