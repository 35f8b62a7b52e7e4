"""Counting contacts: by facts where they answer, by the encounters where they do not."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Literal

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, always_settled
from app.metrics.contacts import facts, queries
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.outings import NEAR_DAYS

Dimension = Literal["territory", "team_id"]
Cell = tuple[int, Any]
"""The number of a period in its series, from 0, and the territory or team (None for all)."""


async def counted(
    session: ReadSession, view: View, periods: Sequence[Period], dimension: Dimension | None, wanted: Sequence[str]
) -> dict[Cell, tuple[int, ...]]:
    """Return the counts wanted (columns of ContactFact) of each period of a series and each group that has encounters.

    The session is one snapshot, so a day is counted once whatever is computed beside it.
    """
    around = NEAR_DAYS if queries.TIMED in wanted else 0
    parts = await parts_of(session, view, periods, always_settled, BY_MONTH, around)
    settled = {span: [day for part in parts for day in part.settled[span]] for span in BY_MONTH}
    runs = [run for part in parts for run in part.counted]
    starts = [period.since for period in periods]
    found: dict[Cell, tuple[int, ...]] = {}
    for day, key, *some in (
        *await facts.sums(session, view, dimension, wanted, settled),
        *await queries.counts(session, view, dimension, wanted, runs),
    ):
        cell = bisect_right(starts, day) - 1, key
        before = found.get(cell, (0,) * len(wanted))
        found[cell] = tuple(one + int(other) for one, other in zip(before, some, strict=True))
    return found
