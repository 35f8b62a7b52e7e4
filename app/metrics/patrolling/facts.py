"""The facts about patrols."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Subquery,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    text,
    union_all,
)

from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span, runs, widened
from app.metrics.counting import within
from app.metrics.facts import EVERYBODY, EVERYWHERE, Facts, Source, begun_from
from app.metrics.indicator import Period
from app.metrics.outings import NEAR_DAYS
from app.metrics.patrolling.models import OutingFact, RouteTerritory
from app.metrics.patrolling.queries import PATROL, ROUTE, by_day, routes
from app.metrics.patrolling.records import Patrols

_FACT: Final = table_of(OutingFact)
_ROUTE: Final = table_of(RouteTerritory)
_NAMES: Final = Patrols.names()
_SHARED: Final = frozenset({"ms", "night_ms"})
"""What a patrol shares among the territories it lists."""


def _nothing(_variant: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _of(org_id: UUID) -> Facts:
    """Return the facts of an organisation: counting looks at no other's encounters."""
    source = Source(
        PATROL.c.org_id,
        PATROL.c.service_day,
        lambda period, _variant: by_day(period, org_id),
        _nothing,
        around=NEAR_DAYS,
    )
    return Facts(_FACT, source, {"route": EVERYWHERE, "team_id": EVERYBODY}, _NAMES)


class OutingFacts:
    """Keeps what patrols add up to by route, and which territories each route has."""

    async def recompute(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Compute an organisation's days anew, run by run: the encounters of days between are not looked at."""
        await self._insert_routes(session, org_id, days)
        for run in runs(sorted(days)):
            listed = [date.fromordinal(run.since.toordinal() + number) for number in range(run.days)]
            await _of(org_id).recompute(session, org_id, listed)

    async def clear(self, session: WriteSession, since: date | None = None) -> None:
        """Throw away what is of days from `since` on, or all; they must be marked in the same transaction.

        Routes of patrols that stay are kept.
        """
        await session.execute(delete(_FACT).where(*begun_from(_FACT.c.first_day, since)))
        if since is None:
            await session.execute(delete(_ROUTE))

    async def analyse(self, session: WriteSession) -> None:
        """Tell the database what the tables have become, so that it plans well."""
        for table in (_FACT, _ROUTE):
            await session.execute(text(f"ANALYZE {table.name}"))

    async def differences(self, session: ReadSession, org_id: UUID, clean: Sequence[Period]) -> int:
        """Return how many facts of an organisation's clean days a recount finds different, routes included."""
        wrong = await _of(org_id).differences(session, org_id, clean)
        territories = select(func.count()).where(_ROUTE.c.org_id == _FACT.c.org_id, _ROUTE.c.route == _FACT.c.route)
        wanted = func.length(_FACT.c.route) - func.length(func.replace(_FACT.c.route, " ", "")) + 1
        unlike = (
            select(_FACT.c.route)
            .distinct()
            .where(
                _FACT.c.org_id == org_id,
                _FACT.c.route.not_in([EVERYWHERE, ""]),
                territories.scalar_subquery() != wanted,
            )
            .subquery()
        )
        return wrong + int((await session.execute(select(func.count()).select_from(unlike))).scalar_one())

    async def _insert_routes(self, session: WriteSession, org_id: UUID, days: Collection[date]) -> None:
        """Add the territories of routes that no patrol took before these days."""
        there = select(_ROUTE.c.route).where(_ROUTE.c.org_id == PATROL.c.org_id, _ROUTE.c.route == ROUTE).exists()
        new = routes().where(PATROL.c.org_id == org_id, PATROL.c.service_day.in_(widened(days, NEAR_DAYS)), ~there)
        await session.execute(insert(_ROUTE).from_select(["org_id", "route", "territory", "territories"], new))


FACTS: Final = OutingFacts()


async def sums(
    session: ReadSession, view: View, cohorts: Mapping[Span, Sequence[date]], *, by_team: bool
) -> list[tuple[date, UUID | None, Patrols]]:
    """Return (first day, team when asked by team, what the patrols add up to) of these cohorts."""
    keys = [_FACT.c.first_day, *([_FACT.c.team_id] if by_team else [])]
    part = None if view.territories is None else _parts(view)
    shown = [_FACT.c.first_day, _FACT.c.team_id if by_team else null(), *(_summed(name, part) for name in _NAMES)]
    chosen = select(*shown).where(*_of_view(view, by_team=by_team)).group_by(*keys)
    if part is not None:
        chosen = chosen.join(part, (part.c.org_id == _FACT.c.org_id) & (part.c.route == _FACT.c.route))
    return [(row[0], row[1], Patrols.of(*row[2:])) for row in await _rows(session, chosen, cohorts)]


async def nights(session: ReadSession, view: View, period: Period, *, by_team: bool) -> list[tuple[date, UUID | None]]:
    """Return the days of a period, by team when asked, on whose night a patrol was out in the view."""
    fact = _FACT.c
    conditions = [fact.org_id == view.org_id] if view.org_id is not None else []
    statement = select(fact.first_day, fact.team_id if by_team else null()).where(
        fact.span == Span.day.value,
        within(fact.first_day, period),
        fact.team_id != EVERYBODY if by_team else fact.team_id == EVERYBODY,
        fact.route == EVERYWHERE,
        fact.night_ms > 0,
        *conditions,
    )
    if view.territories is not None:
        seen = _FACT.alias("seen")
        there = (
            select(literal(1))
            .select_from(seen.join(_ROUTE, (_ROUTE.c.org_id == seen.c.org_id) & (_ROUTE.c.route == seen.c.route)))
            .where(
                seen.c.org_id == fact.org_id,
                seen.c.span == fact.span,
                seen.c.first_day == fact.first_day,
                seen.c.team_id == fact.team_id,
                seen.c.night_ms > 0,
                _ROUTE.c.territory.in_(sorted(view.territories)),
            )
        )
        statement = statement.where(there.exists())
    return [(day, team) for day, team in await session.execute(statement.distinct())]


async def times(
    session: ReadSession, view: View, cohorts: Mapping[Span, Sequence[date]]
) -> list[tuple[date, str, float]]:
    """Return (first day, territory of the view, ms of team time) of these cohorts."""
    spent = func.sum(cast(_FACT.c.ms, Float) / _ROUTE.c.territories)
    conditions = [_FACT.c.team_id == EVERYBODY, _FACT.c.timed > 0]
    if view.org_id is not None:
        conditions.append(_FACT.c.org_id == view.org_id)
    if view.territories is not None:
        conditions.append(_ROUTE.c.territory.in_(sorted(view.territories)))
    chosen = (
        select(_FACT.c.first_day, _ROUTE.c.territory, spent)
        .select_from(_FACT.join(_ROUTE, (_ROUTE.c.org_id == _FACT.c.org_id) & (_ROUTE.c.route == _FACT.c.route)))
        .where(*conditions)
        .group_by(_FACT.c.first_day, _ROUTE.c.territory)
    )
    return [(row[0], row[1], float(row[2])) for row in await _rows(session, chosen, cohorts)]


async def _rows(session: ReadSession, chosen: Any, cohorts: Mapping[Span, Sequence[date]]) -> Sequence[Any]:  # noqa: ANN401 - a select
    """Return the rows of these cohorts: one select a span, as a disjunction would have SQLite read every fact."""
    parts = [
        chosen.where(_FACT.c.span == span.value, _FACT.c.first_day.in_(first_days))
        for span, first_days in cohorts.items()
        if first_days
    ]
    return (await session.execute(union_all(*parts))).all() if parts else []


def _of_view(view: View, *, by_team: bool) -> list[ColumnElement[bool]]:
    """Return the conditions on the facts: those of all teams, or of each; those of all routes where none matters."""
    conditions = [_FACT.c.team_id != EVERYBODY if by_team else _FACT.c.team_id == EVERYBODY]
    if view.org_id is not None:
        conditions.append(_FACT.c.org_id == view.org_id)
    if view.territories is None:
        conditions.append(_FACT.c.route == EVERYWHERE)
    return conditions


def _parts(view: View) -> Subquery:
    """Return which part of each route lies in the view, where some does."""
    wanted: list[ColumnElement[bool]] = [_ROUTE.c.territory.in_(sorted(view.territories or ()))]
    if view.org_id is not None:
        wanted.append(_ROUTE.c.org_id == view.org_id)
    part = cast(func.count(), Float) / func.max(_ROUTE.c.territories)
    return (
        select(_ROUTE.c.org_id, _ROUTE.c.route, part.label("part"))
        .where(*wanted)
        .group_by(_ROUTE.c.org_id, _ROUTE.c.route)
        .subquery()
    )


def _summed(name: str, part: Subquery | None) -> ColumnElement[Any]:
    column = _FACT.c[name]
    return func.coalesce(func.sum(column * part.c.part if part is not None and name in _SHARED else column), 0)
