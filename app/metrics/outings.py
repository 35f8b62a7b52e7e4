"""What SQL says of a patrol: whether its duration is known, which encounters may be its own, what of it a view sees.

A patrol has a list of territories: in a view limited to some it counts when it lists one of them, and its time is
shared equally among those it lists. The tables are given by the caller: only rooms' queries import them.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Table, and_, cast, func, literal, select

from app.clock import HOUR_MS
from app.db.portability import day_number, elements_of, length_of
from app.metrics.asking import View
from app.metrics.counting import ms

LONGEST_HOURS: Final = 24
"""A patrol recorded as longer than that has no believable end."""
NEAR_DAYS: Final = 1
"""An encounter belongs to its patrol when their service days are the same or next to each other.

A patrol lasts 24 hours at most, so what is farther off has a wrong link or a wrong clock. It also bounds what has to be
computed anew when a record changes: the figures of its own day and of the days next to it.
"""


def lasted(patrol: Table) -> ColumnElement[int]:
    """Return how long a patrol lasted, in ms; null without an end."""
    return ms(patrol.c.ended_at) - ms(patrol.c.started_at)


def timed(patrol: Table) -> ColumnElement[bool]:
    """Return the condition: a patrol has a believable end, so its duration is known."""
    return and_(patrol.c.ended_at.is_not(None), lasted(patrol) >= 0, lasted(patrol) <= LONGEST_HOURS * HOUR_MS)


def near(day: Any, other: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    """Return the condition: two service days are so near that an encounter of one may be of a patrol of the other."""
    return func.abs(day_number(day) - day_number(other)) <= NEAR_DAYS


def seen(patrol: Table, view: View) -> list[ColumnElement[bool]]:
    """Return the conditions that keep patrols within the view, and those withdrawn out."""
    conditions: list[ColumnElement[bool]] = [~patrol.c.withdrawn]
    if view.org_id is not None:
        conditions.append(patrol.c.org_id == view.org_id)
    listed = _listed(patrol, view)
    if listed is not None:
        conditions.append(listed > 0)
    return conditions


def share(patrol: Table, view: View) -> ColumnElement[Any]:
    """Return the part of a patrol's time that was spent in the view."""
    listed = _listed(patrol, view)
    return literal(1) if listed is None else cast(listed, Float) / length_of(patrol.c.territories)


def _listed(patrol: Table, view: View) -> ColumnElement[int] | None:
    """Return how many of the territories that a patrol lists lie in the view, or None when all do."""
    if view.territories is None:
        return None
    listed = elements_of(patrol.c.territories).table_valued("value")
    wanted = listed.c.value.in_(sorted(view.territories))
    return select(func.count()).select_from(listed).where(wanted).scalar_subquery()
