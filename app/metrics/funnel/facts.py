"""The funnel's facts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Integer, Select, String, bindparam, literal, select

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.facts import EVERYWHERE, Facts, Source
from app.metrics.funnel.definitions import GroupBy
from app.metrics.funnel.models import FunnelFact
from app.metrics.funnel.queries import REFERRAL, Cohort, FunnelQuestion, counted, parameters
from app.metrics.funnel.records import COUNTERS, FunnelCounts
from app.metrics.funnel.rules import HORIZONS
from app.metrics.indicator import Period

_KEPT: Final = tuple(name for name in COUNTERS if name != "followed")
"""Of a fact all referrals are taken to be followed, so `followed` is `made`."""


def _counting() -> Select[Any]:
    """Return the statement that computes facts of days from the referrals, for the horizon among its parameters."""
    counts = zip(COUNTERS, Cohort(of_all=True).counts(), strict=True)
    cohort = (REFERRAL.c.cohort_day, REFERRAL.c.territory, REFERRAL.c.kind)
    return (
        select(
            REFERRAL.c.org_id,
            bindparam("horizon", type_=Integer),
            literal(Span.day.value, String),
            *cohort,
            *(expression.label(name) for name, expression in counts if name != "followed"),
        )
        .where(counted())
        .group_by(REFERRAL.c.org_id, *cohort)
    )


_COUNTING: Final = _counting()


def _counted(_period: Period, _variant: Mapping[str, Any]) -> Select[Any]:
    return _COUNTING


def _given(variant: Mapping[str, Any]) -> Mapping[str, Any]:
    days = variant["horizon_days"]
    return {"horizon": days, **parameters(timedelta(days=days))}


FACTS: Final = Facts(
    table_of(FunnelFact),
    Source(REFERRAL.c.org_id, REFERRAL.c.cohort_day, _counted, _given),
    {"territory": EVERYWHERE, "kind": EVERYWHERE},
    _KEPT,
    [{"horizon_days": days} for days in HORIZONS],
)
_KEYS: Final[dict[GroupBy, Any]] = {
    GroupBy.kind: FACTS.columns.kind,
    GroupBy.territory: FACTS.columns.territory,
    GroupBy.week: FACTS.keys[Span.week],
    GroupBy.month: FACTS.keys[Span.month],
}
GROUPED_BY: Final = frozenset(_KEYS)
"""What facts can be grouped by."""


async def sums(
    session: ReadSession,
    view: View,
    question: FunnelQuestion,
    cohorts: Mapping[Span, Sequence[date]],
    kinds: Collection[str],
    *,
    followed: bool,
) -> list[FunnelCounts]:
    """Return the counts of these cohorts by key, perhaps in parts; `kinds` are all there are.

    Of cohorts that are not followed yet, only how many referrals were made and came late.
    """
    if not any(cohorts.values()):
        return []
    by_kind = GroupBy.kind in question.group_by
    wanted = [question.kind] if question.kind is not None else list(kinds) if by_kind else None
    conditions = [
        FACTS.columns.horizon_days == question.horizon.days,
        FACTS.only("territory", view.territories, grouped=GroupBy.territory in question.group_by),
        FACTS.only("kind", wanted, grouped=by_kind),
    ]
    if view.org_id is not None:
        conditions.append(FACTS.columns.org_id == view.org_id)
    keys = [_KEYS[split] for split in question.group_by]
    names = ["made" if name == "followed" else name for name in COUNTERS] if followed else ["made", "late"]
    nothing = [0] * (len(COUNTERS) - len(names))
    found = await FACTS.sums(session, keys, names, conditions, cohorts)
    return [FunnelCounts(tuple(row[: len(keys)]), *row[len(keys) :], *nothing) for row in found]
