"""Counting patrols: by facts where they answer, by the patrols where they do not."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, Span, always_settled
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.outings import NEAR_DAYS
from app.metrics.patrolling import facts, queries
from app.metrics.patrolling.records import Cell, Patrols, Worked


async def worked(session: ReadSession, view: View, periods: Sequence[Period], *, by_team: bool) -> dict[Cell, Worked]:
    """Return the patrols of each period of a series, by team when asked.

    The session is one snapshot, so a day is counted once whatever is computed beside it.
    """
    settled, runs = await _parts(session, view, periods)
    starts = [period.since for period in periods]
    added: defaultdict[Cell, Patrols] = defaultdict(Patrols)
    nights: defaultdict[Cell, set[date]] = defaultdict(set)
    for first_day, team, some in await facts.sums(session, view, settled, by_team=by_team):
        added[bisect_right(starts, first_day) - 1, team] += some
    for day, team in await facts.nights(session, view, _hull(periods), by_team=by_team):
        if not any(run.since <= day < run.until for run in runs):
            nights[bisect_right(starts, day) - 1, team].add(day)
    for day, team, some in await queries.worked(session, view, runs, by_team=by_team):
        cell = bisect_right(starts, day) - 1, team
        added[cell] += some
        if some.night_ms > 0:
            nights[cell].add(day)
    return {cell: Worked(some, frozenset(nights[cell])) for cell, some in added.items() if some.patrols}


async def times(session: ReadSession, view: View, periods: Sequence[Period]) -> dict[tuple[int, str], float]:
    """Return {(number of the period, territory of the view): ms of team time}, of timed patrols.

    The time of a patrol is shared equally among the territories it lists; one that lists none is in none.
    """
    settled, runs = await _parts(session, view, periods)
    starts = [period.since for period in periods]
    found: defaultdict[tuple[int, str], float] = defaultdict(float)
    for day, territory, ms in (
        *await facts.times(session, view, settled),
        *await queries.times(session, view, runs),
    ):
        found[bisect_right(starts, day) - 1, territory] += ms
    return dict(found)


async def _parts(
    session: ReadSession, view: View, periods: Sequence[Period]
) -> tuple[Mapping[Span, Sequence[date]], Sequence[Period]]:
    """Return the cohorts that facts answer, and the runs of days that only the patrols answer."""
    parts = await parts_of(session, view, periods, always_settled, BY_MONTH, NEAR_DAYS)
    settled = {span: [day for part in parts for day in part.settled[span]] for span in BY_MONTH}
    return settled, [run for part in parts for run in part.counted]


def _hull(periods: Sequence[Period]) -> Period:
    return Period(periods[0].since, periods[-1].until)
