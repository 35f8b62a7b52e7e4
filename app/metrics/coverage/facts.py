"""The facts of coverage: who was met alone, by day; kept by `app.metrics.people`."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from pyroaring import BitMap
from sqlalchemy import ColumnElement, or_, select

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import runs
from app.metrics.counting import within
from app.metrics.coverage.records import Met
from app.metrics.facts import EVERYWHERE
from app.metrics.people.models import AloneFact

_ALONE: Final = table_of(AloneFact)


async def met(session: ReadSession, view: View, days: Collection[date]) -> list[tuple[date, Met, BitMap]]:
    """Return (day, meetings with one person, who of them showed a card of the day's year), in parts of a day.

    One row a day, organisation and territory of the view: three of each window's days without a perimeter, 45 with one.
    """
    if not days:
        return []
    fact = _ALONE.c
    conditions: list[ColumnElement[bool]] = [or_(*(within(fact.day, run) for run in runs(sorted(days))))]
    if view.org_id is not None:
        conditions.append(fact.org_id == view.org_id)
    conditions.append(
        fact.territory == EVERYWHERE if view.territories is None else fact.territory.in_(sorted(view.territories))
    )
    columns: tuple[Any, ...] = (fact.day, fact.people, fact.encounters, fact.with_card, fact.late)
    found = (await session.execute(select(*columns).where(*conditions))).all()
    return [(day, Met(*counts), BitMap.deserialize(people)) for day, people, *counts in found]
