"""Counting a month's records for releases, by place, while they are known by day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from app.db.engine import WriteSession
from app.directory.service import Directory
from app.directory.vocabulary import TerritoryLevel
from app.releases import queries
from app.releases.cells import EVERYWHERE
from app.releases.definitions import FINE_DAYS, Published
from app.releases.records import Key, Month, Tally
from app.releases.vocabulary import WHOLE, Dimension, Measure

_AGAIN_AFTER = timedelta(hours=20)
_IN_TIME, _LAST = 0, 2


def places_of(directory: Directory, perimeter: str) -> Mapping[str, str]:
    """Return {territory of the perimeter: the arrondissement or commune it is published under}."""
    found = {}
    for code in directory.within(perimeter):
        place = directory.tree.places[code]
        if place.level is TerritoryLevel.quarter and place.parent is not None:
            found[code] = place.parent
        elif code in directory.territories:
            found[code] = code
    return found


async def take(
    session: WriteSession,
    perimeter: str,
    places: Mapping[str, str],
    months: Collection[Published],
    now: datetime,
    today: date,
) -> None:
    """Count these months anew where that is still exact, and for the first time where it never was done.

    A month that is over and whose records are known by day is counted at most once in 20 hours; later its tallies stay.
    """
    taken = await queries.taken(session, perimeter, [month.since for month in months])
    for month in months:
        fine = (today - month.since).days <= FINE_DAYS
        before = taken.get(month.since)
        if before is None or (fine and now - before >= _AGAIN_AFTER):
            counted = await _counted(session, places, month)
            await queries.keep(session, perimeter, month.since, counted, now)


async def _counted(session: WriteSession, places: Mapping[str, str], month: Published) -> Month:
    found = Month()
    found.of(Key(EVERYWHERE, Measure.encounters, Dimension.total, WHOLE), _IN_TIME)  # a month without anybody is one
    for territory, late, person, band, count, keys in await queries.encounters(session, places, month):
        tally = Tally(int(count), int(keys))
        _add(found, places[territory], Measure.encounters, Dimension.total, WHOLE, late, tally)
        if person is not None:
            for dimension, category in (
                (Dimension.total, WHOLE),
                (Dimension.gender, person),
                (Dimension.age_band, band),
            ):
                _add(found, places[territory], Measure.first_contacts, dimension, category, late, tally)
    for territory, late, stage, count, keys in await queries.referrals(session, places, month):
        tally = Tally(int(count), int(keys))
        for dimension, category in ((Dimension.total, WHOLE), (Dimension.stage, stage)):
            _add(found, places[territory], Measure.referrals, dimension, category, late, tally)
    _add_patrols(found, places, await queries.patrols(session, places, month))
    return found


def _add(
    month: Month, place: str, measure: Measure, dimension: Dimension, category: str, late: int, tally: Tally
) -> None:
    if late > _LAST:
        return  # nothing is published of it any more
    for where in (place, EVERYWHERE):
        month.of(Key(where, measure, dimension, category), late).add(tally)


def _add_patrols(month: Month, places: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Say of each place how many encounters its largest patrol had, among those no later than each lateness."""
    met: defaultdict[tuple[str, object], list[int]] = defaultdict(lambda: [0] * (_LAST + 1))
    for territory, late, patrol, count in rows:
        for where in (places[territory], EVERYWHERE):
            for allowed in range(late, _LAST + 1):
                met[where, patrol][allowed] += count
    for (where, _), counts in met.items():
        for late, count in enumerate(counts):
            tally = month.of(Key(where, Measure.encounters, Dimension.total, WHOLE), late)
            tally.largest = max(tally.largest, count)
