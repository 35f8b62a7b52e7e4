"""Counting encounters: by facts where they answer, by the encounters where they do not."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from app.db.engine import ReadSession
from app.marks.queries import unlinked_before
from app.metrics.asking import View
from app.metrics.cohorts import always_settled
from app.metrics.contacts import counting as contacts
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.linking import CARDS_GONE, KEPT_BY_MONTH, gone, kept_by_month
from app.metrics.people.keeping import kept, scope_of, span_of
from app.metrics.people.vocabulary import KeptSpan
from app.metrics.reach import people, queries
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell, ReachCounts

_DIMENSION: Final[Mapping[ReachGroupBy | None, contacts.Dimension | None]] = {
    None: None,
    ReachGroupBy.territory: "territory",
    ReachGroupBy.team: "team_id",
}


async def counts(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, ReachCounts]:
    """Return the counts of each period of a series and each group that has encounters."""
    found = await contacts.counted(session, view, periods, _DIMENSION[group_by], ReachCounts.names())
    return {queries.cell(*cell): ReachCounts(*some) for cell, some in found.items()}


async def persons(
    session: ReadSession,
    view: View,
    periods: Sequence[Period],
    group_by: ReachGroupBy | None,
    groups: Collection[Cell] = (),
) -> dict[Cell, int | str]:
    """Return how many different cards were seen in each period and group, or why that is not known: by bitmaps.

    Teams have none. Of periods whose cards are gone, what was kept as a number: for all of the period, or for each of
    `groups` in it.
    """
    first = gone(periods, await unlinked_before(session))
    found: dict[Cell, int | str] = {}
    if first < len(periods):
        live = await _seen(session, view, periods[first:], group_by)
        blurred = {n for n in range(first, len(periods)) if kept_by_month(periods[n], view.fine_from)}
        found = {(number + first, key): persons for (number, key), persons in live.items()}
        asked = {*found, *groups, *((n, None) for n in blurred if group_by is None)}
        found |= dict.fromkeys((cell for cell in asked if cell[0] in blurred), KEPT_BY_MONTH)
    if first:
        cells = [(n, None) for n in range(first)] if group_by is None else [one for one in groups if one[0] < first]
        found |= await _kept(session, view, periods, group_by, cells)
    return found


async def _seen(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, int]:
    if group_by is ReachGroupBy.team:
        return await queries.distinct_persons(session, view, periods, group_by)
    parts = await parts_of(session, view, periods, always_settled, people.SPANS)
    by_territory = group_by is ReachGroupBy.territory
    return await people.distinct(session, view, periods, parts, by_territory=by_territory)


async def _kept(
    session: ReadSession,
    view: View,
    periods: Sequence[Period],
    group_by: ReachGroupBy | None,
    cells: Sequence[tuple[int, str | None]],
) -> dict[Cell, int | str]:
    """Return the numbers kept of these cells, or that there are none; of teams none are."""
    if group_by is ReachGroupBy.team:
        return dict.fromkeys(cells, CARDS_GONE)

    def scope(key: str | None) -> bytes:
        return scope_of(view.org_id, view.territories if key is None else frozenset([key]))

    numbers = await kept(session, {scope(key) for _, key in cells}, {periods[n].since.year for n, _ in cells})
    found: dict[Cell, int | str] = {}
    for n, key in cells:
        span, since = span_of(periods[n]), periods[n].since
        is_kept = (scope(key), KeptSpan.year, since.replace(month=1)) in numbers
        found[n, key] = numbers.get((scope(key), span, since), 0) if span and is_kept else CARDS_GONE
    return found
