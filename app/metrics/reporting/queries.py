"""The statements behind reporting health."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, union
from sqlmodel import col

from app.audit.service import SERVICE
from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.encounters.models import Encounter
from app.identity import records as people
from app.identity.models import Team
from app.metrics import outings
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by, within
from app.metrics.indicator import Period
from app.metrics.reporting import records
from app.metrics.reporting.definitions import SKEW_ALLOWED_S
from app.metrics.reporting.records import Described, Part
from app.metrics.reporting.statistics import Histogram
from app.metrics.walltime import Wall, hours_begun
from app.patrols.models import Patrol
from app.referrals.models import HeldEvent, Referral, ReferralEvent
from app.referrals.vocabulary import State

_ENCOUNTER: Final = table_of(Encounter)
_PATROL: Final = table_of(Patrol)
_REFERRAL: Final = table_of(Referral)
_SLOT_MS: Final = 2 * HOUR_MS
_FAILED: Final = [state.value for state in (State.refused, State.declined, State.no_show, State.cancelled)]


def _met(view: View, period: Period) -> list[ColumnElement[bool]]:
    return [within(col(Encounter.service_day), period), ~col(Encounter.withdrawn), *seen_by(view, _ENCOUNTER)]


def _out(view: View, period: Period) -> list[ColumnElement[bool]]:
    return [within(col(Patrol.service_day), period), *outings.seen(_PATROL, view)]


def _made(view: View, period: Period) -> list[ColumnElement[bool]]:
    error = State.entered_in_error.value
    return [within(col(Referral.cohort_day), period), col(Referral.state) != error, *seen_by(view, _REFERRAL)]


async def _histogram(session: ReadSession, hours: ColumnElement[int], statement: Select[Any]) -> Histogram:
    """Count by hours: at most as many rows as hours in the 400 days after which records are no longer taken."""
    found = await session.execute(statement.add_columns(hours, func.count()).group_by(hours))
    return {int(value): number for value, number in found}


async def encounter_lags(session: ReadSession, view: View, period: Period) -> Histogram:
    """Return how many encounters were received how many hours after the end of their slot.

    The hour received in is counted whole, so within 24 hours is what is not late by the indicators' common rule.
    """
    team = and_(col(Team.org_id) == col(Encounter.org_id), col(Team.id) == col(Encounter.team_id))
    began = Wall.around(period).slot_began(col(Encounter.service_day), col(Encounter.slot), col(Team.night))
    hours = hours_begun(began + (_SLOT_MS - 1), ms(Encounter.first_received_at))
    return await _histogram(session, hours, select().join_from(Encounter, Team, team).where(*_met(view, period)))


async def patrol_lags(session: ReadSession, view: View, period: Period) -> Histogram:
    """Return how many patrols were received how many hours after their end, or start without an end; 0 when before."""
    ended = func.coalesce(ms(Patrol.ended_at), ms(Patrol.started_at))
    hours = hours_begun(ended, ms(Patrol.first_received_at))
    return await _histogram(session, hours, select().select_from(Patrol).where(*_out(view, period)))


async def referral_lags(session: ReadSession, view: View, period: Period) -> Histogram:
    """Return how many referrals were received how many hours after they were made."""
    hours = hours_begun(ms(Referral.created_at), ms(Referral.received_at))
    return await _histogram(session, hours, select().select_from(Referral).where(*_made(view, period)))


async def described(session: ReadSession, view: View, period: Period) -> Described:
    """Return what encounters leave unsaid of a person met alone; of a group nothing is recorded."""
    single = col(Encounter.people_count) == 1
    facts = (Encounter.gender, Encounter.age_band, Encounter.sleeping, Encounter.first_contact)
    statement = select(
        func.count(),
        count(col(Encounter.patrol_id).is_not(None)),
        count(single),
        *(count(single & (col(fact) == "unknown")) for fact in facts),
    ).where(*_met(view, period))
    row: Sequence[int] = (await session.execute(statement)).one()
    return Described(*row)


async def closed_in_time(session: ReadSession, view: View, period: Period, as_of: datetime) -> Part:
    """Return how many referrals' timers ran out by `as_of`, and how many of those had a known outcome by then."""
    ends = ms(Referral.created_at) + col(Referral.expires_after_s) * 1000
    arrived = and_(col(Referral.success) == SuccessState.arrived.value, ms(Referral.arrived_at) <= ends)
    failed = and_(col(Referral.state).in_(_FAILED), ms(Referral.state_at) <= ends)
    known = func.coalesce(arrived, False) | func.coalesce(ms(Referral.admitted_at) <= ends, False) | failed
    statement = select(func.count(), count(known)).where(*_made(view, period), ends <= to_milliseconds(as_of))
    return Part(*(await session.execute(statement)).one())


async def events(session: ReadSession, view: View, period: Period) -> Part:
    """Return how many answers the period's referrals got from people, and how many of those have no effect."""
    own = and_(col(ReferralEvent.org_id) == col(Referral.org_id), col(ReferralEvent.referral_id) == col(Referral.id))
    statement = (
        select(func.count(), count(col(ReferralEvent.not_applied).is_not(None)))
        .select_from(Referral)
        .join(ReferralEvent, own)
        .where(*_made(view, period), col(ReferralEvent.sender_id) != SERVICE)
    )
    return Part(*(await session.execute(statement)).one())


async def held_events(session: ReadSession, org_id: UUID) -> int:
    """Return how many answers of an organisation wait for a referral nobody has sent yet, now."""
    statement = select(func.count()).select_from(HeldEvent).where(col(HeldEvent.org_id) == org_id)
    return int((await session.execute(statement)).scalar_one())


async def skewed(session: ReadSession, view: View, period: Period) -> Part:
    """Return how many encounters and patrols there are, and how many come from a device whose clock was off."""
    found = Part(0, 0)
    for skew, table, conditions in (
        (col(Encounter.skew_s), Encounter, _met(view, period)),
        (col(Patrol.skew_s), Patrol, _out(view, period)),
    ):
        off = count(func.abs(skew) > SKEW_ALLOWED_S)
        every, some = (await session.execute(select(func.count(), off).select_from(table).where(*conditions))).one()
        found = Part(found.all + every, found.some + some)
    return found


async def days(session: ReadSession, view: View, period: Period) -> list[records.Day]:
    """Return the service days of which each team sent a patrol or an encounter: at most a row a team and day."""
    met = select(col(Encounter.team_id), col(Encounter.service_day)).where(*_met(view, period))
    out = select(col(Patrol.team_id), col(Patrol.service_day)).where(*_out(view, period))
    return [records.Day(*row) for row in await session.execute(union(met, out))]


async def teams(session: ReadSession, *, org_id: UUID | None, ids: Collection[UUID]) -> list[people.Team]:
    """Return the teams of an organisation, or those with these ids, by name."""
    wanted = select(col(Team.id), col(Team.name), col(Team.night), col(Team.created_at), col(Team.closed_at)).order_by(
        col(Team.name), col(Team.id)
    )
    wanted = wanted.where(col(Team.id).in_(sorted(ids)) if org_id is None else col(Team.org_id) == org_id)
    return [people.Team(*row) for row in await session.execute(wanted)]
