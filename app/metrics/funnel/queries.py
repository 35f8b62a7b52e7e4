"""The statement behind the funnel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, null, or_, select
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.asking import View
from app.metrics.counting import HOUR_MS, count, month_of, ms, seen_by, week_of, within
from app.metrics.funnel.definitions import FAILURES, GroupBy, OutcomeAtHorizon
from app.metrics.funnel.records import FunnelCounts
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.referrals.models import Referral
from app.referrals.vocabulary import Channel, State

_REFERRAL: Final = table_of(Referral)


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """A cohort and how long to follow it."""

    period: Period
    horizon: timedelta
    as_of: datetime
    kind: str | None
    group_by: GroupBy | None


_ANSWERS: Final = (Referral.waitlisted_at, Referral.accepted_at, Referral.arrived_at, Referral.admitted_at)
"""Where an answer that does not end a referral leaves its instant."""
_KEYS: Final[dict[GroupBy, Any]] = {
    GroupBy.kind: col(Referral.kind),
    GroupBy.territory: col(Referral.territory),
    GroupBy.week: week_of(col(Referral.cohort_day)),
    GroupBy.month: month_of(col(Referral.cohort_day)),
}


class _Cohort:
    """The conditions of one question on a referral: what happened to it before the end of its own follow-up."""

    def __init__(self, question: FunnelQuestion) -> None:
        self._made_at = ms(Referral.created_at)
        self._end = self._made_at + int(question.horizon.total_seconds() * 1000)
        self.followed = self._end <= to_milliseconds(question.as_of)

    def late(self) -> ColumnElement[bool]:
        """Return the condition: received long after it was made."""
        return ms(Referral.received_at) - self._made_at > LATE_AFTER_HOURS * HOUR_MS

    def within(self, *columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - mapped attributes
        """Return the condition: one of these instants lies within the follow-up."""
        happened = (col(column).is_not(None) & (ms(column) <= self._end) for column in columns)
        return self.followed & or_(*happened)

    def ended(self, *states: State) -> ColumnElement[bool]:
        """Return the condition: it ended in one of these states within the follow-up."""
        in_time = ms(Referral.state_at) <= self._end
        return self.followed & col(Referral.state).in_([state.value for state in states]) & in_time

    def answered(self, channel: Channel) -> ColumnElement[bool]:
        """Return the condition: the first answer came within the follow-up, and in this way."""
        answer = self.within(*_ANSWERS) | self.ended(State.refused, State.declined, State.no_show, State.cancelled)
        return (col(Referral.answer_channel) == channel.value) & answer

    def succeeded(self) -> ColumnElement[bool]:
        """Return the condition: it reached what counts as success for its kind."""
        arrived = col(Referral.success) == SuccessState.arrived.value
        return self.within(Referral.admitted_at) | (arrived & self.within(Referral.arrived_at))

    def counts(self) -> list[ColumnElement[int]]:
        """Return the columns of FunnelCounts after `key`."""
        within, ended = self.within, self.ended
        ask, wait, accept, arrive, admit = Referral.requested_at, *_ANSWERS
        offered = self.followed & (col(Referral.first_state) == State.offered.value)
        conditions = (
            self.late(),
            self.followed,
            within(ask, wait, accept, arrive, admit),
            within(accept, arrive, admit),
            within(arrive, admit),
            within(admit),
            offered,
            within(ask),
            within(accept),
            within(arrive),
            within(admit),
            within(wait),
            self.succeeded(),
            *(ended(State(outcome.value)) for outcome in (*FAILURES, OutcomeAtHorizon.expired)),
            within(accept, arrive, admit) & ~ended(State.refused),
            *(self.answered(channel) for channel in (Channel.app, Channel.desk, Channel.phone)),
        )
        return [func.count(), *map(count, conditions)]


async def funnel(session: ReadSession, view: View, question: FunnelQuestion) -> list[FunnelCounts]:
    """Return the funnel's counts, one record a group (or one in all), by key.

    Cohort: referrals whose service day lies in the period, not entered in error. Followed: those made at least one
    horizon before `as_of`; every event counts only when it lies within its referral's own horizon.
    """
    key = _KEYS[question.group_by] if question.group_by else null()
    statement = select(key, *_Cohort(question).counts()).where(
        within(col(Referral.cohort_day), question.period),
        col(Referral.state) != State.entered_in_error.value,
        *seen_by(view, _REFERRAL),
    )
    if question.kind is not None:
        statement = statement.where(col(Referral.kind) == question.kind)
    if question.group_by is not None:
        statement = statement.group_by(key).order_by(key)
    return [FunnelCounts(*row) for row in await session.execute(statement)]
