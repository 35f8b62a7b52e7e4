"""What SQL says of a patrol in a view limited to territories: a patrol has a list of them.

It counts when it lists one of them, and its time is shared equally among those it lists. The table is given by the
caller: only rooms' queries import it.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, Table, cast, func, literal, select

from app.db.portability import elements_of, length_of
from app.metrics.asking import View


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
