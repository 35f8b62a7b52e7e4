"""The statements behind reporting health on the records themselves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.encounters.models import Encounter
from app.identity import records as people
from app.identity.models import Team
from app.metrics import outings
from app.metrics.asking import View
from app.metrics.counting import count, during, seen_during
from app.metrics.indicator import Period
from app.metrics.reporting import records
from app.metrics.reporting.queries.expressions import (
    COUNTED,
    OWN_ANSWERS,
    OWN_TEAM,
    PATROL_HOURS,
    REFERRAL_HOURS,
    WITHOUT_EFFECT,
    closed_before_its_end,
    encounter_hours,
    ends,
    off_clock,
    saying,
)
from app.metrics.reporting.records import Described, Part
from app.metrics.reporting.statistics import Histogram
from app.patrols.models import Patrol
from app.referrals.models import HeldEvent, Referral, ReferralEvent

_ENCOUNTER: Final = table_of(Encounter)
_PATROL: Final = table_of(Patrol)
_REFERRAL: Final = table_of(Referral)
Runs = Sequence[Period]
"""Runs of days in order; at least one."""


def _met(view: View, runs: Runs) -> list[ColumnElement[bool]]:
    return [~col(Encounter.withdrawn), *seen_during(view, _ENCOUNTER, "service_day", runs)]


def _out(view: View, runs: Runs) -> list[ColumnElement[bool]]:
    return [*during(view, _PATROL, "service_day", runs), *outings.seen(_PATROL, view)]


def _made(view: View, runs: Runs) -> list[ColumnElement[bool]]:
    return [COUNTED, *seen_during(view, _REFERRAL, "cohort_day", runs)]


async def _histogram(session: ReadSession, hours: ColumnElement[int], statement: Select[Any]) -> Histogram:
    """Count by hours: at most as many rows as hours in the 400 days after which records are no longer taken."""
    found = await session.execute(statement.add_columns(hours, func.count()).group_by(hours))
    return {int(value): number for value, number in found}


async def encounter_lags(session: ReadSession, view: View, runs: Runs) -> Histogram:
    """Return how many encounters were received how many hours after the end of their slot."""
    hours = encounter_hours(Period(runs[0].since, runs[-1].until))
    return await _histogram(session, hours, select().join_from(Encounter, Team, OWN_TEAM).where(*_met(view, runs)))


async def patrol_lags(session: ReadSession, view: View, runs: Runs) -> Histogram:
    """Return how many patrols were received how many hours after their end."""
    return await _histogram(session, PATROL_HOURS, select().select_from(Patrol).where(*_out(view, runs)))


async def referral_lags(session: ReadSession, view: View, runs: Runs) -> Histogram:
    """Return how many referrals were received how many hours after they were made."""
    return await _histogram(session, REFERRAL_HOURS, select().select_from(Referral).where(*_made(view, runs)))


async def described(session: ReadSession, view: View, runs: Runs) -> Described:
    """Return what encounters leave unsaid of a person met alone; of a group nothing is recorded."""
    row: Sequence[int] = (await session.execute(select(*saying()).where(*_met(view, runs)))).one()
    return Described(*row)


async def closed_in_time(session: ReadSession, view: View, runs: Runs, as_of: datetime) -> Part:
    """Return how many referrals' timers ran out by `as_of`, and how many of those had a known outcome by then."""
    return await _closed(session, [_made(view, runs)], as_of)


async def closed_with_timers(session: ReadSession, view: View, running: Mapping[int, Runs], as_of: datetime) -> Part:
    """Return the same of the referrals whose timers (in seconds) have these days."""
    timed = [
        [col(Referral.expires_after_s) == timer, *_made(view, [run])] for timer, runs in running.items() for run in runs
    ]
    return await _closed(session, timed, as_of)


async def _closed(session: ReadSession, cohorts: Sequence[Sequence[ColumnElement[bool]]], as_of: datetime) -> Part:
    """Count the referrals of cohorts that do not meet: a select each, as an index finds one run of days at a time."""
    over = ends() <= to_milliseconds(as_of)
    chosen = (select(func.count(), count(closed_before_its_end())).where(*conditions, over) for conditions in cohorts)
    found = Part()
    for row in await session.execute(union_all(*chosen)):
        found = found.plus(Part(*row))
    return found


async def answers(session: ReadSession, view: View, runs: Runs) -> Part:
    """Return how many answers the days' referrals got from people, and how many of those have no effect."""
    statement = select(func.count(), WITHOUT_EFFECT).select_from(Referral).join(ReferralEvent, OWN_ANSWERS)
    return Part(*(await session.execute(statement.where(*_made(view, runs)))).one())


async def held_events(session: ReadSession, org_id: UUID) -> int:
    """Return how many answers of an organisation wait for a referral nobody has sent yet, now."""
    statement = select(func.count()).select_from(HeldEvent).where(col(HeldEvent.org_id) == org_id)
    return int((await session.execute(statement)).scalar_one())


async def skewed(session: ReadSession, view: View, runs: Runs) -> Part:
    """Return how many encounters and patrols there are, and how many come from a device whose clock was off."""
    found = Part()
    for skew, table, conditions in (
        (Encounter.skew_s, Encounter, _met(view, runs)),
        (Patrol.skew_s, Patrol, _out(view, runs)),
    ):
        statement = select(func.count(), off_clock(skew)).select_from(table).where(*conditions)
        found = found.plus(Part(*(await session.execute(statement)).one()))
    return found


async def days(session: ReadSession, view: View, runs: Runs) -> list[records.Day]:
    """Return the service days of which each team sent a patrol: at most a row a team and day."""
    out = select(col(Patrol.team_id), col(Patrol.service_day)).where(*_out(view, runs)).distinct()
    return [records.Day(*row) for row in await session.execute(out)]


async def teams(session: ReadSession, *, org_id: UUID | None, ids: Collection[UUID]) -> list[people.Team]:
    """Return the teams of an organisation, or those with these ids, by name."""
    wanted = select(col(Team.id), col(Team.name), col(Team.night), col(Team.created_at), col(Team.closed_at)).order_by(
        col(Team.name), col(Team.id)
    )
    wanted = wanted.where(col(Team.id).in_(sorted(ids)) if org_id is None else col(Team.org_id) == org_id)
    return [people.Team(*row) for row in await session.execute(wanted)]
