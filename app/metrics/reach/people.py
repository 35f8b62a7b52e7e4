"""Distinct persons from sets of people: a union over any days, not a look at every encounter."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from pyroaring import BitMap
from sqlalchemy import ColumnElement, select

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Parts, Span
from app.metrics.counting import number_of, seen_during
from app.metrics.facts import EVERYWHERE
from app.metrics.indicator import Period
from app.metrics.people.models import PeopleFact
from app.metrics.people.queries import numbers
from app.metrics.reach.queries import ENCOUNTER, cell
from app.metrics.reach.records import Cell

_FACT: Final = table_of(PeopleFact)
SPANS: Final = (Span.month, Span.day)


async def distinct(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts], *, by_territory: bool
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period, and in each of its territories when asked for.

    Cards of stale days are looked up among the encounters.
    """
    sets: dict[Cell, BitMap] = defaultdict(BitMap)
    for row in await _chosen(session, view, periods, parts, by_territory=by_territory):
        sets[cell(row[0], row[1] if by_territory else None)] |= BitMap.deserialize(row[2])
    met = await _met_lately(session, view, periods, parts)
    known = await numbers(session, {link for *_, link in met})
    for period, territory, link in met:
        sets[cell(period, territory if by_territory else None)].add(known[link])
    return {where: len(people) for where, people in sets.items()}


async def _chosen(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts], *, by_territory: bool
) -> Sequence[Any]:
    """Return (number of the period, territory, bitmap) of the clean days and months."""
    fact = _FACT.c
    conditions: list[ColumnElement[bool]] = [fact.org_id == view.org_id] if view.org_id is not None else []
    if view.territories is not None:
        conditions.append(fact.territory.in_(sorted(view.territories)))
    else:
        conditions.append(fact.territory != EVERYWHERE if by_territory else fact.territory == EVERYWHERE)
    found: list[Any] = []
    for span in SPANS:
        first_days = [day for part in parts for day in part.settled[span]]
        if first_days:
            statement = select(number_of(fact.first_day, periods), fact.territory, fact.people).where(
                fact.span == span.value, fact.first_day.in_(first_days), *conditions
            )
            found += (await session.execute(statement)).all()
    return found


async def _met_lately(
    session: ReadSession, view: View, periods: Sequence[Period], parts: Sequence[Parts]
) -> Sequence[tuple[int, str, bytes]]:
    """Return (number of the period, territory, card) of the days that are counted from encounters."""
    runs = [run for part in parts for run in part.counted]
    if not runs:
        return []
    encounter = ENCOUNTER.c
    statement = select(number_of(encounter.service_day, periods), encounter.territory, encounter.link_id).distinct()
    found = await session.execute(
        statement.where(
            encounter.link_id.is_not(None),
            ~encounter.withdrawn,
            *seen_during(view, ENCOUNTER, "service_day", runs),
        )
    )
    return [(period, territory, link) for period, territory, link in found]
