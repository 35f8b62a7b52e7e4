"""What is counted of an encounter, a patrol, a referral and its answers, as SQL: the same for records and for facts."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col

from app.audit.service import SERVICE
from app.clock import SLOT_MS
from app.directory.vocabulary import SuccessState
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics.counting import count, ms
from app.metrics.indicator import Period
from app.metrics.reporting.definitions import SKEW_ALLOWED_S
from app.metrics.walltime import Wall, hours_begun
from app.patrols.models import Patrol
from app.referrals.models import Referral, ReferralEvent
from app.referrals.vocabulary import State

_FAILED: Final = [state.value for state in (State.refused, State.declined, State.no_show, State.cancelled)]
_FACTS: Final = (Encounter.gender, Encounter.age_band, Encounter.sleeping, Encounter.first_contact)
OWN_TEAM: Final = and_(col(Team.org_id) == col(Encounter.org_id), col(Team.id) == col(Encounter.team_id))
OWN_ANSWERS: Final = and_(
    col(ReferralEvent.org_id) == col(Referral.org_id),
    col(ReferralEvent.referral_id) == col(Referral.id),
    col(ReferralEvent.sender_id) != SERVICE,
)
COUNTED: Final = col(Referral.state) != State.entered_in_error.value
"""The condition: a referral was made at all."""
WITHOUT_EFFECT: Final = count(col(ReferralEvent.not_applied).is_not(None))


def encounter_hours(period: Period) -> ColumnElement[int]:
    """Return the hours from the end of an encounter's slot until it was received; needs its team.

    The hour received in is counted whole, so within 24 hours is what is not late by the indicators' common rule.
    """
    began = Wall.around(period).slot_began(col(Encounter.service_day), col(Encounter.slot), col(Team.night))
    return hours_begun(began + (SLOT_MS - 1), ms(Encounter.first_received_at))


PATROL_HOURS: Final = hours_begun(
    func.coalesce(ms(Patrol.ended_at), ms(Patrol.started_at)), ms(Patrol.first_received_at)
)
"""The hours from a patrol's end, or start without an end, until it was received; 0 when before."""
REFERRAL_HOURS: Final = hours_begun(ms(Referral.created_at) + (SLOT_MS - 1), ms(Referral.received_at))
"""The hours from the end of the slot a referral was made in until it was received."""


def off_clock(skew: Any) -> ColumnElement[int]:  # noqa: ANN401 - a mapped attribute
    """Return how many records come from a device whose clock was off."""
    return count(func.abs(col(skew)) > SKEW_ALLOWED_S)


def saying() -> list[ColumnElement[int]]:
    """Return the columns of Described."""
    single = col(Encounter.people_count) == 1
    unknown = (count(single & (col(fact) == "unknown")) for fact in _FACTS)
    return [func.count(), count(col(Encounter.patrol_id).is_not(None)), count(single), *unknown]


def ends() -> ColumnElement[int]:
    """Return when a referral's timer runs out, in ms since 1970."""
    return ms(Referral.created_at) + col(Referral.expires_after_s) * 1000


def closed_before_its_end() -> ColumnElement[bool]:
    """Return the condition: the outcome of a referral was known before its timer ran out."""
    end = ends()
    arrived = and_(col(Referral.success) == SuccessState.arrived.value, ms(Referral.arrived_at) <= end)
    failed = and_(col(Referral.state).in_(_FAILED), ms(Referral.state_at) <= end)
    return func.coalesce(arrived, False) | func.coalesce(ms(Referral.admitted_at) <= end, False) | failed
