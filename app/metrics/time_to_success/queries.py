"""The statement behind the time to success."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, String, Subquery, case, cast, func, literal, null, select
from sqlmodel import col

from app.clock import DAY_MS, HOUR_MS
from app.db.engine import ReadSession
from app.db.portability import month_of
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by, within
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.metrics.time_to_success.definitions import CAUSES, COMPETING, Ending, TimeGroupBy
from app.metrics.time_to_success.records import Ended
from app.referrals.models import Referral
from app.referrals.vocabulary import State

_REFERRAL: Final = table_of(Referral)
_KEYS: Final[dict[TimeGroupBy, Any]] = {
    TimeGroupBy.kind: col(Referral.kind),
    TimeGroupBy.territory: col(Referral.territory),
    TimeGroupBy.month: month_of(col(Referral.cohort_day)),
}


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """A cohort, how far its time is looked at, and how it is split."""

    period: Period
    horizon_days: int
    as_of: datetime
    kind: str | None
    group_by: TimeGroupBy | None


async def days_to_ending(session: ReadSession, view: View, question: TimeQuestion) -> list[Ended]:
    """Return how many referrals ended in which way on which day after their making, by key.

    Cohort: referrals whose service day lies in the period, not entered in error. Days beyond the horizon are all given
    as the one after it, so a group has at most 7 x (horizon + 2) rows.
    """
    ended = _ended(_dated(view, question), question)
    statement = (
        select(ended.c.key, ended.c.ending, ended.c.day, func.count(), count(ended.c.late))
        .group_by(ended.c.key, ended.c.ending, ended.c.day)
        .order_by(ended.c.key)
    )
    rows = await session.execute(statement)
    return [Ended(key, Ending(ending), day, n, late) for key, ending, day, n, late in rows]


def _dated(view: View, question: TimeQuestion) -> Subquery:
    """Choose the cohort; columns: key, late, ending, took (ms until it, or the last thing heard), followed (days)."""
    made_at = ms(Referral.created_at)
    success_at = _success_at()
    state, last_at = col(Referral.state), ms(Referral.state_at)
    silent_at = last_at - col(Referral.expires_after_s) * 1000
    failed = state.in_([cause.value for cause in COMPETING])
    expired = state == State.expired.value
    ending = case(
        (success_at.is_not(None), Ending.success.value),
        (failed | expired, state),
        else_=Ending.open.value,
    )
    took = case((success_at.is_not(None), success_at), (expired, silent_at), else_=last_at) - made_at
    lived = literal(to_milliseconds(question.as_of), BigInteger) - made_at  # below 0 when made on a clock that is ahead
    statement: Select[Any] = select(
        (_KEYS[question.group_by] if question.group_by else cast(null(), String)).label("key"),
        (ms(Referral.received_at) - made_at > LATE_AFTER_HOURS * HOUR_MS).label("late"),
        ending.label("ending"),
        took.label("took"),
        (case((lived > 0, lived), else_=0) // DAY_MS).label("followed"),
    ).where(
        within(col(Referral.cohort_day), question.period),
        state != State.entered_in_error.value,
        *seen_by(view, _REFERRAL),
    )
    if question.kind is not None:
        statement = statement.where(col(Referral.kind) == question.kind)
    return statement.subquery("dated")


def _success_at() -> ColumnElement[int]:
    """Return the instant of what counts as success for the kind, null without it; see `succeeded` of the funnel."""
    arrived = (col(Referral.success) == SuccessState.arrived.value) & col(Referral.arrived_at).is_not(None)
    return case((arrived, ms(Referral.arrived_at)), else_=ms(Referral.admitted_at))


def _ended(dated: Subquery, question: TimeQuestion) -> Subquery:
    """Count days: started ones until an outcome, full ones until what was last known; columns: key, late, ending, day.

    An outcome counts only once its day is over for its referral. Were it to count at once, the last day of a recent
    cohort would show the outcomes of some hours and none of those still waiting beside them.
    """
    is_cause = dated.c.ending.in_([cause.value for cause in CAUSES])
    started = (dated.c.took + (DAY_MS - 1)) // DAY_MS
    known = case((dated.c.ending == Ending.expired.value, dated.c.took // DAY_MS), else_=dated.c.followed)
    over = is_cause & (started <= dated.c.followed)
    day = case((over, started), else_=known)
    beyond = question.horizon_days + 1
    return select(
        dated.c.key,
        dated.c.late,
        case((is_cause & ~over, Ending.open.value), else_=dated.c.ending).label("ending"),
        case((day < beyond, day), else_=beyond).label("day"),
    ).subquery("ended")
