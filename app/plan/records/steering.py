"""Targets, what happened around the plan, and who took note of an alert. Pure Python."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen, MinLen

from app.plan.records.entry import Entry, Slug, Text, Words
from app.plan.vocabulary import Direction, EntryType

Value = Annotated[float, Ge(-1e12), Le(1e12)]
Territory = Annotated[str, MinLen(2), MaxLen(10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Entry):
    """What an indicator is to reach, set on `on`; a later entry of the same code revises it."""

    type: Literal[EntryType.target] = EntryType.target
    """What the entry is about."""
    code: Slug
    indicator: Slug
    """Code of the indicator (`/v1/kpis` lists them)."""
    territory: Territory | None = None
    """Official code; null for the plan's perimeter."""
    valid_from: date
    """First day."""
    valid_to: date
    """First day after."""
    direction: Direction
    value: Value
    """To reach."""
    watch: Value
    """Beyond it, on the wrong side, one watches."""
    alarm: Value
    """Beyond it, on the wrong side, it is an alarm: not better than `watch`."""
    baseline: Value | None = None
    """Where it started."""
    baseline_on: date | None = None
    """Required with a baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Entry):
    """A series of others' aggregates, by territory and month: drawn beside figures, never joined to records."""

    type: Literal[EntryType.series] = EntryType.series
    """What the entry is about."""
    code: Slug
    title: Text
    unit: Text
    publisher: Words
    """Who publishes it."""
    licence: Words
    """Under which licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Entry):
    """One value of a series; `on` is the first day of its month."""

    type: Literal[EntryType.observation] = EntryType.observation
    """What the entry is about."""
    series: Slug
    """Code of the series."""
    territory: Territory
    """Official code of a quarter, commune or above; nothing finer exists here."""
    value: Value
    """In the unit of the series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Entry):
    """Somebody took note of an alert on `on`: the service writes role and account beside it."""

    type: Literal[EntryType.acknowledgement] = EntryType.acknowledgement
    """What the entry is about."""
    alert: Annotated[str, MinLen(3), MaxLen(200)]
    """Id of the alert, as `/v1/plan/alerts` gives it."""
    until: date | None = None
    """Shown as acknowledged before this day; null: as long as it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Entry):
    """The entry named by `corrects` should never have been made; it stays, and counts no more."""

    type: Literal[EntryType.withdrawal] = EntryType.withdrawal
    """What the entry is about."""
