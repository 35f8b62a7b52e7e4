"""The statements behind coverage."""

from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from app.db.engine import ReadSession
from app.db.table import table_of
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics.asking import View
from app.metrics.counting import count, seen_by, within
from app.metrics.coverage.definitions import Window
from app.metrics.coverage.records import CaptureCounts, Met
from app.metrics.meetings import late, under_next_key

_ENCOUNTER: Final = table_of(Encounter)
_TEAM: Final = table_of(Team)


async def met(session: ReadSession, view: View, window: Window) -> Met:
    """Return the meetings with one person in the window, those with a card of its key period, and the late ones."""
    counted = select(func.count(), count(_with_card(window)), count(late(_ENCOUNTER, _TEAM, window.period))).where(
        *_met_alone(view, window)
    )
    return Met(*(await session.execute(counted)).one())


async def captures(session: ReadSession, view: View, window: Window) -> list[CaptureCounts]:
    """Return how many persons were met on exactly 1, 2, 3... service days: one row for each number there is.

    A person is a card, whichever organisation's team saw it. At most 56 rows: the days of the longest window.
    """
    day = _ENCOUNTER.c.service_day
    second = func.max(case((day >= window.middle, 1), else_=0)).label("second")
    first = func.max(case((day < window.middle, 1), else_=0)).label("first")
    person = (
        select(func.count(day.distinct()).label("days"), first, second)
        .where(_with_card(window), *_met_alone(view, window))
        .group_by(_ENCOUNTER.c.link_id)
        .cte("person")
    )
    halves = (func.sum(part) for part in (person.c.first, person.c.second, person.c.first * person.c.second))
    statement = select(person.c.days, func.count(), *halves).group_by(person.c.days).order_by(person.c.days)
    return [CaptureCounts(*row) for row in await session.execute(statement)]


def _met_alone(view: View, window: Window) -> list[ColumnElement[bool]]:
    return [
        within(_ENCOUNTER.c.service_day, window.period),
        _ENCOUNTER.c.people_count == 1,
        ~_ENCOUNTER.c.withdrawn,
        *seen_by(view, _ENCOUNTER),
    ]


def _with_card(window: Window) -> ColumnElement[bool]:
    """Return the condition: a card was shown, and is stored under the window's one key."""
    if window.key_period is None:
        raise ValueError("a window across New Year has no one key period")
    return _ENCOUNTER.c.link_id.is_not(None) & ~under_next_key(_ENCOUNTER, _TEAM, window.key_period)
