"""Counting the windows of coverage: days by facts where they answer, by the encounters where they do not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from pyroaring import BitMap

from app.db.engine import ReadSession
from app.marks.queries import marked, unlinked_before
from app.metrics.asking import View
from app.metrics.coverage import facts, queries
from app.metrics.coverage.definitions import Refusal, Window
from app.metrics.coverage.records import Counted, Met
from app.metrics.coverage.statistics import Captures
from app.metrics.people.queries import numbers


async def count(session: ReadSession, view: View, windows: Sequence[Window]) -> list[Counted]:
    """Return what was counted in each window; windows may share days, and each day is read once."""
    before = await unlinked_before(session)
    refused = {window.period: _why_not(window, before, view.fine_from) for window in windows}
    answerable = [window for window in windows if refused[window.period] is None]
    days = {day for window in answerable for day in _days(window)}
    stale = days & await marked(session, view.org_id, min(days), max(days) + timedelta(days=1)) if days else set()
    met: defaultdict[date, Met] = defaultdict(Met, await queries.met(session, view, stale))
    parts: defaultdict[date, list[BitMap]] = defaultdict(list)
    for day, counts, people in await facts.met(session, view, days - stale):
        met[day] += counts
        parts[day].append(people)
    lately: defaultdict[date, BitMap] = defaultdict(BitMap)
    shown = await queries.cards(session, view, stale)
    known = await numbers(session, {card for _, card in shown})
    for day, card in shown:
        lately[day].add(known[card])
    sets = lately | {day: BitMap().union(*some) for day, some in parts.items()}
    return [_counted(window, refused[window.period], met, sets) for window in windows]


def _why_not(window: Window, before: date | None, fine_from: date | None) -> Refusal | None:
    """Return why nothing can be counted in a window, or None when it can.

    Cards of days `before` one are gone; of days before `fine_from` it is not known any more who was met on which.
    """
    if before is not None and window.period.since < before:
        return Refusal.cards_gone
    if window.key_period is None:
        return Refusal.straddles_new_year
    return Refusal.days_gone if fine_from is not None and window.period.since < fine_from else None


def _counted(
    window: Window, why_not: Refusal | None, met: Mapping[date, Met], people: Mapping[date, BitMap]
) -> Counted:
    """Return what was counted in a window, of days that may be those of others too."""
    if why_not is not None:
        return Counted(None, Captures({}), why_not)
    days = _days(window)
    first = [people[day] for day in days if day in people and day < window.middle]
    second = [people[day] for day in days if day in people and day >= window.middle]
    return Counted(sum((met[day] for day in days if day in met), Met()), captures_of(first, second))


def captures_of(first: Sequence[BitMap], second: Sequence[BitMap]) -> Captures:
    """Return how often persons were captured, of those met on each day of the first and the second half."""
    once, again = BitMap().union(*first), BitMap().union(*second)
    at_least = [len(people) for people in _at_least([*first, *second])]
    exactly = {n: more - fewer for n, (more, fewer) in enumerate(pairwise([*at_least, 0]), 1)}
    return Captures({n: persons for n, persons in exactly.items() if persons}, len(once), len(again), len(once & again))


def _at_least(days: Iterable[BitMap]) -> list[BitMap]:
    """Return who was met on at least one day, on at least two, and so on while there is anybody.

    A day adds whoever was met on it to the first set they are not in yet: a few intersections a day.
    """
    levels: list[BitMap] = []
    for day in days:
        carried = day
        for n, level in enumerate(levels):
            levels[n], carried = level | carried, level & carried
            if not carried:
                break
        if carried:
            levels.append(carried)
    return levels


def _days(window: Window) -> list[date]:
    return [window.period.since + timedelta(days=n) for n in range(window.period.days)]
