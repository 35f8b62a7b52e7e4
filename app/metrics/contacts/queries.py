"""The statements that count encounters."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, String, case, func, literal, null, select

from app.db.engine import ReadSession
from app.db.table import table_of
from app.encounters.models import Encounter
from app.encounters.vocabulary import FirstContact
from app.identity.models import Team
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.counting import count, seen_during
from app.metrics.indicator import Period
from app.metrics.meetings import late
from app.metrics.outings import near, timed
from app.metrics.walltime import EPOCH
from app.patrols.models import Patrol

ENCOUNTER: Final = table_of(Encounter)
_PATROL: Final = table_of(Patrol)
_TEAM: Final = table_of(Team)
TIMED: Final = "contacts_timed"
"""The one count that depends on patrols."""


def by_day(period: Period) -> Select[Any]:
    """Return the statement that counts encounters by organisation, day, territory and team; not limited to any."""
    cohort = (ENCOUNTER.c.service_day, ENCOUNTER.c.territory, ENCOUNTER.c.team_id)
    return (
        select(ENCOUNTER.c.org_id, literal(Span.day.value, String), *cohort, *_columns(period).values())
        .select_from(_with_patrols())
        .where(~ENCOUNTER.c.withdrawn)
        .group_by(ENCOUNTER.c.org_id, *cohort)
    )


def names() -> tuple[str, ...]:
    """Return the names of all counts, in the order of `by_day`."""
    return tuple(_columns(Period(EPOCH, EPOCH)))


async def counts(
    session: ReadSession,
    view: View,
    dimension: str | None,
    wanted: Sequence[str],
    runs: Sequence[Period],
) -> Sequence[Any]:
    """Count the encounters of these days: rows (service day, territory or team, the counts wanted)."""
    if not runs:
        return []
    columns = _columns(Period(runs[0].since, runs[-1].until))
    key: Any = null() if dimension is None else ENCOUNTER.c[dimension]
    keys = [ENCOUNTER.c.service_day, *([] if dimension is None else [key])]
    statement = (
        select(ENCOUNTER.c.service_day, key, *(columns[name] for name in wanted))
        .select_from(_with_patrols() if TIMED in wanted else ENCOUNTER)
        .where(~ENCOUNTER.c.withdrawn, *seen_during(view, ENCOUNTER, "service_day", runs))
        .group_by(*keys)
    )
    return (await session.execute(statement)).all()


def _with_patrols() -> FromClause:
    """Return the encounters, each with the patrol it was made on, where that stands and is of a day next to its own."""
    patrol = (
        (_PATROL.c.org_id == ENCOUNTER.c.org_id)
        & (_PATROL.c.id == ENCOUNTER.c.patrol_id)
        & ~_PATROL.c.withdrawn
        & near(_PATROL.c.service_day, ENCOUNTER.c.service_day)
    )
    return ENCOUNTER.outerjoin(_PATROL, patrol)


def _columns(whole: Period) -> Mapping[str, ColumnElement[int]]:
    carded = ENCOUNTER.c.link_id.is_not(None)
    first = ENCOUNTER.c.first_contact == FirstContact.yes.value
    again = ENCOUNTER.c.first_contact == FirstContact.no.value
    return {
        "encounters": func.count(),
        "contacts": func.coalesce(func.sum(ENCOUNTER.c.people_count), 0),
        "with_card": _people(carded),
        "first": _people(first),
        "met_before": _people(again),
        "first_without_card": count(first & ~carded),
        "late": count(late(ENCOUNTER, _TEAM, whole)),
        TIMED: _people(timed(_PATROL)),
        "outside": _people(ENCOUNTER.c.outside_perimeter),
    }


def _people(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, ENCOUNTER.c.people_count), else_=0)), 0)
