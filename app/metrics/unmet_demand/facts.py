"""The facts of unmet demand."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.facts import EVERYWHERE, Facts, Source
from app.metrics.indicator import Granularity
from app.metrics.unmet_demand.definitions import UnmetBy
from app.metrics.unmet_demand.models import DemandFact, NeedFact
from app.metrics.unmet_demand.queries import ENCOUNTER, REFERRAL, Dimensions, cell, demand_by_day, needs_by_day
from app.metrics.unmet_demand.records import Added, Cell, Demand, Needs

Counts = TypeVar("Counts", bound=Added)
_EVERY: Final = {"territory": EVERYWHERE, "kind": EVERYWHERE}


def _nothing(_variant: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _names(counts: type[Added]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(counts))


DEMAND: Final = Facts(
    table_of(DemandFact),
    Source(REFERRAL.c.org_id, REFERRAL.c.cohort_day, lambda _period, _variant: demand_by_day(), _nothing),
    _EVERY,
    _names(Demand),
)
NEEDS: Final = Facts(
    table_of(NeedFact),
    Source(ENCOUNTER.c.org_id, ENCOUNTER.c.service_day, lambda period, _variant: needs_by_day(period), _nothing),
    _EVERY,
    _names(Needs),
)
GROUPED_BY: Final = frozenset({*UnmetBy, Granularity.day} - {UnmetBy.hour})
"""What facts can be grouped by."""


async def sums(
    session: ReadSession,
    view: View,
    kind: str | None,
    by: Dimensions,
    cohorts: Mapping[Span, Sequence[date]],
    counts: type[Counts],
) -> list[tuple[Cell, Counts]]:
    """Return the counts of these cohorts by cell, perhaps in parts."""
    if not any(cohorts.values()):
        return []
    facts = DEMAND if issubclass(counts, Demand) else NEEDS
    keys: dict[UnmetBy | Granularity, ColumnElement[Any]] = {
        UnmetBy.kind: facts.columns.kind,
        UnmetBy.territory: facts.columns.territory,
        UnmetBy.week: facts.keys[Span.week],
        UnmetBy.month: facts.keys[Span.month],
        Granularity.day: facts.columns.first_day,
    }
    conditions = [
        facts.only("territory", view.territories, grouped=UnmetBy.territory in by),
        facts.only("kind", None if kind is None else [kind], grouped=UnmetBy.kind in by),
    ]
    if view.org_id is not None:
        conditions.append(facts.columns.org_id == view.org_id)
    found = await facts.sums(session, [keys[dimension] for dimension in by], _names(counts), conditions, cohorts)
    return [(cell(by, row[: len(by)]), counts(*row[len(by) :])) for row in found if row[len(by)]]
