"""The statements behind coverage, for days that facts do not answer."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import runs
from app.metrics.counting import seen_by, within
from app.metrics.coverage.records import Met
from app.metrics.people.queries import ENCOUNTER, alone_counts, with_own_card

_DAY: Final[ColumnElement[Any]] = ENCOUNTER.c.service_day


async def met(session: ReadSession, view: View, days: Collection[date]) -> dict[date, Met]:
    """Return the meetings with one person of each of these days that has any."""
    if not days:
        return {}
    counted = alone_counts(days, _DAY).where(*_seen(view, days)).group_by(_DAY)
    return {day: Met(*counts) for day, *counts in await session.execute(counted)}


async def cards(session: ReadSession, view: View, days: Collection[date]) -> Sequence[tuple[date, bytes]]:
    """Return (service day, card) of whoever was met alone on these days with a card of the day's own year, once each.

    As many rows as cards shown: a few thousand a day.
    """
    if not days:
        return []
    found = await session.execute(
        select(_DAY, ENCOUNTER.c.link_id)
        .distinct()
        .where(with_own_card(days), ~ENCOUNTER.c.withdrawn, *_seen(view, days))
    )
    return [(day, card) for day, card in found.all()]


def _seen(view: View, days: Collection[date]) -> list[ColumnElement[bool]]:
    return [or_(*(within(_DAY, run) for run in runs(sorted(days)))), *seen_by(view, ENCOUNTER)]
