"""The statements behind the facts: an organisation's days, counted by day and territory.

Each gives at most some hundred rows a day, whatever the number of records but patrols', of which there are few.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from app.db.engine import ReadSession, WriteSession
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics.counting import count
from app.metrics.indicator import Period
from app.metrics.reporting.queries.expressions import (
    COUNTED,
    OWN_ANSWERS,
    OWN_TEAM,
    PATROL_HOURS,
    REFERRAL_HOURS,
    WITHOUT_EFFECT,
    closed_before_its_end,
    encounter_hours,
    off_clock,
    saying,
)
from app.patrols.models import Patrol
from app.referrals.models import Referral, ReferralEvent

Session = ReadSession | WriteSession
Days = Collection[date]
Rows = Sequence[Any]


async def _rows(session: Session, statement: Select[Any], keys: Sequence[Any], counts: Sequence[Any]) -> Rows:
    return (await session.execute(statement.add_columns(*keys, *counts).group_by(*keys))).all()


def _met(org_id: UUID, days: Days) -> list[ColumnElement[bool]]:
    return [
        col(Encounter.org_id) == org_id,
        col(Encounter.service_day).in_(sorted(days)),
        ~col(Encounter.withdrawn),
    ]


def _made(org_id: UUID, days: Days) -> list[ColumnElement[bool]]:
    return [col(Referral.org_id) == org_id, col(Referral.cohort_day).in_(sorted(days)), COUNTED]


async def encounters(session: Session, org_id: UUID, days: Days) -> Rows:
    """Return (day, territory, hours until received, the fields of Described, off the clock)."""
    hours = encounter_hours(Period(min(days), max(days) + timedelta(days=1)))
    chosen = select().join_from(Encounter, Team, OWN_TEAM).where(*_met(org_id, days))
    keys = [col(Encounter.service_day), col(Encounter.territory), hours]
    return await _rows(session, chosen, keys, [*saying(), off_clock(Encounter.skew_s)])


async def patrols(session: Session, org_id: UUID, days: Days) -> Rows:
    """Return (day, territories, team, hours until received, patrols, off the clock)."""
    chosen = (
        select()
        .select_from(Patrol)
        .where(col(Patrol.org_id) == org_id, col(Patrol.service_day).in_(sorted(days)), ~col(Patrol.withdrawn))
    )
    keys = [col(Patrol.service_day), col(Patrol.territories), col(Patrol.team_id), PATROL_HOURS]
    return await _rows(session, chosen, keys, [func.count(), off_clock(Patrol.skew_s)])


async def referrals(session: Session, org_id: UUID, days: Days) -> Rows:
    """Return (day, territory, hours until received, referrals)."""
    keys = [col(Referral.cohort_day), col(Referral.territory), REFERRAL_HOURS]
    return await _rows(session, select().select_from(Referral).where(*_made(org_id, days)), keys, [func.count()])


async def timers(session: Session, org_id: UUID, days: Days) -> Rows:
    """Return (day, territory, seconds of the timer, referrals, those closed before it ran out)."""
    keys = [col(Referral.cohort_day), col(Referral.territory), col(Referral.expires_after_s)]
    counts = [func.count(), count(closed_before_its_end())]
    return await _rows(session, select().select_from(Referral).where(*_made(org_id, days)), keys, counts)


async def answers(session: Session, org_id: UUID, days: Days) -> Rows:
    """Return (day, territory, answers of people, those without effect)."""
    keys = [col(Referral.cohort_day), col(Referral.territory)]
    chosen = select().select_from(Referral).join(ReferralEvent, OWN_ANSWERS).where(*_made(org_id, days))
    return await _rows(session, chosen, keys, [func.count(), WITHOUT_EFFECT])
