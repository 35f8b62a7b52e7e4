"""The months that monitoring looks at; nobody chooses them. Pure Python."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.directory.rules import PARIS, service_day
from app.metrics.indicator import Period
from app.plan.records import Plan

_NOON: Final = time(12)


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


def over_at(month: Period) -> datetime:
    """Return the instant from which a month is over: noon of the first day after it, in Paris."""
    return datetime.combine(month.until, _NOON, PARIS).astimezone(UTC)


def months_after(day: date, last: Period) -> Sequence[Period]:
    """Return the months after the one a day lies in, up to and with `last`, the earliest first."""
    found, month = [], month_of(month_of(day).until)
    while month.since <= last.since:
        found.append(month)
        month = month_of(month.until)
    return found


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
