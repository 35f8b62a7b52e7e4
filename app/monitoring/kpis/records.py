"""A KPI: what it means, and one value of it. Pure Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.directory.vocabulary import Label
from app.metrics.indicator import Period
from app.monitoring.kpis.definitions import Kpi
from app.monitoring.kpis.vocabulary import LIVE_SOURCE, KpiStatus, Why
from app.plan.records.entry import Source
from app.plan.records.steering import Target


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a KPI: of the plan, or of one body or committee of it."""

    kpi: Kpi
    period: Period | None
    """Null for a state: what holds now."""
    value: float | None
    missing: Why | None = None
    """Why there is no value: set exactly then."""
    key: str | None = None
    """Code of the body, statement, committee or territory; None for the plan."""
    key_label: Label | None = None
    unknown: int | None = None
    """How many of `base` are not known; None where nothing can be."""
    base: int | None = None
    source: str = LIVE_SOURCE
    territory: str | None = None
    """Official code of the territory it is of, then its key, too; None for the perimeter."""
    said_on: date | None = None
    """When a body said it; None for what is computed."""
    document: Source | None = None
    """Where that stands: set with `said_on`."""


@dataclass(frozen=True, slots=True)
class Held:
    """A value held against the plan's target for it."""

    value: Value
    target: Target | None
    status: KpiStatus
    status_reason: Why | None
    """Why the status is not known: set exactly then."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """An indicator of the catalogue that monitors never get live."""

    code: str
    label: Label


@dataclass(frozen=True, slots=True)
class Sheet:
    """All KPIs of a plan."""

    rows: Sequence[Held]
    withheld: Sequence[Withheld]
