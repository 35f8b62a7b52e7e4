"""The statements behind reach. `periods` are always a series: they follow one another without a gap."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, String, case, func, literal, null, or_, select
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.table import table_of
from app.encounters.models import Encounter
from app.encounters.vocabulary import FirstContact
from app.identity.models import Team
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.counting import count, seen_by, within
from app.metrics.indicator import Period
from app.metrics.meetings import late
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.records import Cell, ReachCounts

ENCOUNTER: Final = table_of(Encounter)
TEAM: Final = table_of(Team)
_KEYS: Final[dict[ReachGroupBy, Any]] = {
    ReachGroupBy.territory: ENCOUNTER.c.territory,
    ReachGroupBy.team: ENCOUNTER.c.team_id,
}


async def counts(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None, runs: Sequence[Period]
) -> list[tuple[Cell, ReachCounts]]:
    """Count the encounters of these days, by period and group: no more rows than periods times groups."""
    if not runs:
        return []
    statement = _series(view, periods, group_by, _columns(_whole(periods)))
    chosen = statement.where(or_(*(within(ENCOUNTER.c.service_day, run) for run in runs)))
    return [(cell(row[0], row[1]), ReachCounts(*row[2:])) for row in await session.execute(chosen)]


def by_day(period: Period) -> Select[Any]:
    """Return the statement that counts encounters by organisation, day, territory and team; not limited to any."""
    cohort = (ENCOUNTER.c.service_day, ENCOUNTER.c.territory, ENCOUNTER.c.team_id)
    return (
        select(ENCOUNTER.c.org_id, literal(Span.day.value, String), *cohort, *_columns(period))
        .where(~ENCOUNTER.c.withdrawn)
        .group_by(ENCOUNTER.c.org_id, *cohort)
    )


async def distinct_persons(
    session: ReadSession, view: View, periods: Sequence[Period], group_by: ReachGroupBy | None
) -> dict[Cell, int]:
    """Return how many different cards were seen in each period and group that saw any.

    A card has another number in each key period, so over New Year a person counts once in each. This is the slow one
    where the period is long: it looks at every encounter with a card.
    """
    seen = func.count(ENCOUNTER.c.link_id.distinct())
    statement = _series(view, periods, group_by, [seen]).where(ENCOUNTER.c.link_id.is_not(None))
    return {cell(row[0], row[1]): row[2] for row in await session.execute(statement)}


def _series(
    view: View, periods: Sequence[Period], group_by: ReachGroupBy | None, columns: Sequence[ColumnElement[int]]
) -> Select[Any]:
    key = _KEYS[group_by] if group_by else null()
    key_of_period = number(col(Encounter.service_day), periods)
    statement = select(key_of_period.label("number"), key.label("key"), *columns).where(
        within(col(Encounter.service_day), _whole(periods)), ~ENCOUNTER.c.withdrawn, *seen_by(view, ENCOUNTER)
    )
    return statement.group_by("number", "key") if group_by else statement.group_by("number")


def _columns(whole: Period) -> list[ColumnElement[int]]:
    """Return the columns of ReachCounts."""
    people, carded = ENCOUNTER.c.people_count, ENCOUNTER.c.link_id.is_not(None)
    first = ENCOUNTER.c.first_contact == FirstContact.yes.value
    again = ENCOUNTER.c.first_contact == FirstContact.no.value
    sums = [people, *(case((chosen, people), else_=0) for chosen in (carded, first, again))]
    return [
        func.count(),
        *(func.coalesce(func.sum(one), 0) for one in sums),
        count(first & ~carded),
        count(late(ENCOUNTER, TEAM, whole)),
    ]


def number(day: Any, periods: Sequence[Period], first: int = 0) -> ColumnElement[int]:  # noqa: ANN401 - a mapped column
    """Return the number of the period that a day lies in: a tree of halves, as a thousand days make a long list."""
    if len(periods) == 1:
        return literal(first, Integer)
    middle = len(periods) // 2
    early, later = number(day, periods[:middle], first), number(day, periods[middle:], first + middle)
    return case((day < periods[middle].since, early), else_=later)


def _whole(periods: Sequence[Period]) -> Period:
    return Period(periods[0].since, periods[-1].until)


def cell(period: int, key: object) -> Cell:
    """Return the cell of a row."""
    return period, None if key is None else str(key)
