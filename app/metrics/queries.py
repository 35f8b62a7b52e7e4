"""The statements behind the figures. The caller's view is applied in one place, `seen_by`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, case, func, null, or_, select, type_coerce
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.portability import month_of, week_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.definitions import FAILURES, LATE_AFTER_HOURS, GroupBy, OutcomeAtHorizon
from app.metrics.records import FunnelCounts
from app.referrals.models import Referral
from app.referrals.vocabulary import Channel, State

_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class View:
    """What the caller may see: an organisation, some territories, or both; None means no limit of that kind."""

    org_id: UUID | None
    territories: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """A cohort and how long to follow it: service days in [since, until)."""

    since: date
    until: date
    horizon: timedelta
    as_of: datetime
    kind: str | None
    group_by: GroupBy | None


def seen_by(view: View) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement on referrals within the caller's view."""
    conditions: list[ColumnElement[bool]] = []
    if view.org_id is not None:
        conditions.append(col(Referral.org_id) == view.org_id)
    if view.territories is not None:
        conditions.append(col(Referral.territory).in_(sorted(view.territories)))
    return conditions


def _ms(column: Any) -> ColumnElement[int]:  # noqa: ANN401 - a mapped attribute
    """Return an instant column as the whole milliseconds it is stored as."""
    return type_coerce(col(column), BigInteger)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


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
        self._made_at = _ms(Referral.created_at)
        self._end = self._made_at + int(question.horizon.total_seconds() * 1000)
        self.followed = self._end <= to_milliseconds(question.as_of)

    def late(self) -> ColumnElement[bool]:
        """Return the condition: received long after it was made."""
        return _ms(Referral.received_at) - self._made_at > LATE_AFTER_HOURS * _HOUR_MS

    def within(self, *columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - mapped attributes
        """Return the condition: one of these instants lies within the follow-up."""
        happened = (col(column).is_not(None) & (_ms(column) <= self._end) for column in columns)
        return self.followed & or_(*happened)

    def ended(self, *states: State) -> ColumnElement[bool]:
        """Return the condition: it ended in one of these states within the follow-up."""
        in_time = _ms(Referral.state_at) <= self._end
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
        return [func.count(), *map(_count, conditions)]


async def funnel(session: ReadSession, view: View, question: FunnelQuestion) -> list[FunnelCounts]:
    """Return the funnel's counts, one record a group (or one in all), by key.

    Cohort: referrals whose service day lies in the period, not entered in error. Followed: those made at least one
    horizon before `as_of`; every event counts only when it lies within its referral's own horizon.
    """
    key = _KEYS[question.group_by] if question.group_by else null()
    statement = select(key, *_Cohort(question).counts()).where(
        col(Referral.cohort_day) >= question.since,
        col(Referral.cohort_day) < question.until,
        col(Referral.state) != State.entered_in_error.value,
        *seen_by(view),
    )
    if question.kind is not None:
        statement = statement.where(col(Referral.kind) == question.kind)
    if question.group_by is not None:
        statement = statement.group_by(key).order_by(key)
    return [FunnelCounts(*row) for row in await session.execute(statement)]
