"""Counting encounters: by facts where they answer, by the encounters where they do not."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from app.db.engine import ReadSession
from app.marks.queries import unlinked_before
from app.metrics.asking import View
from app.metrics.cohorts import always_settled
from app.metrics.contacts import counting as contacts
from app.metrics.facts import EVERYBODY, parts_of
from app.metrics.indicator import Period
from app.metrics.linking import gone
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
) -> dict[Cell, int | None]:
    """Return how many different cards were seen in each period and group: by bitmaps; teams have none.

    Of periods whose cards are gone, what was kept as a number: for all of the period, or for each of `groups` in it.
    None: that was not kept.
    """
    first = gone(periods, await unlinked_before(session))
    found: dict[Cell, int | None] = {}
    if first < len(periods):
        live = await _seen(session, view, periods[first:], group_by)
        found = {(number + first, key): persons for (number, key), persons in live.items()}
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
) -> dict[Cell, int | None]:
    """Return the numbers kept of these cells; those of teams are kept whoever asks."""

    def scope(key: str | None) -> bytes:
        match group_by:
            case ReachGroupBy.territory:
                return scope_of(view.org_id, frozenset([key or ""]))
            case ReachGroupBy.team:
                return scope_of(None, view.territories)
            case None:
                return scope_of(view.org_id, view.territories)

    numbers = await kept(session, {scope(key) for _, key in cells}, {periods[n].since.year for n, _ in cells})
    found: dict[Cell, int | None] = {}
    for n, key in cells:
        span, since = span_of(periods[n]), periods[n].since
        team = UUID(key) if key and group_by is ReachGroupBy.team else EVERYBODY
        is_kept = (scope(key), EVERYBODY, KeptSpan.year, since.replace(month=1)) in numbers
        found[n, key] = numbers.get((scope(key), team, span, since), 0) if span and is_kept else None
    return found
