"""The statements behind the figures. The caller's view is applied in one place, `seen_by`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, null, select, type_coerce
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.portability import month_of, week_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.definitions import LATE_AFTER_HOURS, GroupBy
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


_KEYS: Final[dict[GroupBy, Any]] = {
    GroupBy.kind: col(Referral.kind),
    GroupBy.territory: col(Referral.territory),
    GroupBy.week: week_of(col(Referral.cohort_day)),
    GroupBy.month: month_of(col(Referral.cohort_day)),
}


async def funnel(session: ReadSession, view: View, question: FunnelQuestion) -> list[FunnelCounts]:
    """Return the funnel's counts, one record a group (or one in all), by key.

    Cohort: referrals whose service day lies in the period, not entered in error. Followed: those made at least one
    horizon before `as_of`; every event counts only when it lies within its referral's own horizon.
    """
    made_at, horizon = _ms(Referral.created_at), int(question.horizon.total_seconds() * 1000)
    end = made_at + horizon
    followed = end <= to_milliseconds(question.as_of)

    def within(*columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - mapped attributes
        happened: ColumnElement[bool] = literal(value=False)
        for column in columns:
            happened = happened | (col(column).is_not(None) & (_ms(column) <= end))
        return followed & happened

    def ended(state: State) -> ColumnElement[bool]:
        return followed & (col(Referral.state) == state.value) & (_ms(Referral.state_at) <= end)

    def answered(channel: Channel) -> ColumnElement[bool]:
        return followed & (col(Referral.answer_channel) == channel.value) & (_ms(Referral.state_at) <= end)

    asked, wait, accept, arrive, admit = (
        Referral.requested_at,
        Referral.waitlisted_at,
        Referral.accepted_at,
        Referral.arrived_at,
        Referral.admitted_at,
    )
    success = case((col(Referral.success) == SuccessState.arrived.value, within(arrive, admit)), else_=within(admit))
    key = _KEYS[question.group_by] if question.group_by else null()
    statement = select(
        key,
        func.count(),
        _count(_ms(Referral.received_at) - made_at > LATE_AFTER_HOURS * _HOUR_MS),
        _count(followed),
        _count(within(asked, wait, accept, arrive, admit)),
        _count(within(accept, arrive, admit)),
        _count(within(arrive, admit)),
        _count(within(admit)),
        _count(within(asked)),
        _count(within(accept)),
        _count(within(arrive)),
        _count(within(admit)),
        _count(within(wait)),
        _count(success),
        _count(ended(State.refused)),
        _count(ended(State.declined)),
        _count(ended(State.no_show)),
        _count(ended(State.cancelled)),
        _count(ended(State.expired)),
        _count(within(accept, arrive, admit) & ~ended(State.refused)),
        _count(answered(Channel.app)),
        _count(answered(Channel.desk)),
        _count(answered(Channel.phone)),
    ).where(
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
