"""The statement behind the funnel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, func, or_, select, true
from sqlmodel import col

from app.db.engine import ReadSession
from app.db.portability import month_of, week_of
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.asking import View
from app.metrics.counting import came_late, count, ms, seen_during
from app.metrics.funnel.definitions import FAILURES, NO_FACILITY, GroupBy, OutcomeAtHorizon
from app.metrics.funnel.records import FunnelCounts
from app.metrics.indicator import Period
from app.referrals.models import Referral
from app.referrals.vocabulary import Channel, State

REFERRAL: Final = table_of(Referral)


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """A cohort and how long to follow it."""

    period: Period
    horizon: timedelta
    as_of: datetime
    kind: str | None
    group_by: tuple[GroupBy, ...]

    def by_kind_for_rung(self) -> "FunnelQuestion":
        """Return the question that is asked of the database: what belongs to a rung is told by the kind."""
        splits = tuple(GroupBy.kind if split is GroupBy.rung else split for split in self.group_by)
        return replace(self, group_by=splits)


_ANSWERS: Final = (Referral.waitlisted_at, Referral.accepted_at, Referral.arrived_at, Referral.admitted_at)
"""Where an answer that does not end a referral leaves its instant."""
_KEYS: Final[dict[GroupBy, Any]] = {
    GroupBy.kind: col(Referral.kind),
    GroupBy.territory: col(Referral.territory),
    GroupBy.week: week_of(col(Referral.cohort_day)),
    GroupBy.month: month_of(col(Referral.cohort_day)),
    GroupBy.team: col(Referral.team_id),
    GroupBy.facility: col(Referral.facility_id),
}


class Cohort:
    """The conditions of one question on a referral: what happened to it before the end of its own follow-up.

    Built once, with the horizon and the instant as parameters: building such a statement costs more than running it
    over facts. Followed are those whose follow-up ended by the instant; `of_all` takes all for followed.
    """

    def __init__(self, *, of_all: bool = False) -> None:
        """Build the conditions."""
        self._made_at = ms(Referral.created_at)
        self._end = self._made_at + bindparam("horizon_ms", type_=BigInteger)
        self.followed = true() if of_all else self._end <= bindparam("as_of_ms", type_=BigInteger)

    def late(self) -> ColumnElement[bool]:
        """Return the condition: received long after it was made."""
        return came_late(Referral)

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

    def steps(self) -> list[ColumnElement[bool]]:
        """Return the conditions: requested or further, accepted or further, arrived or further, admitted; success."""
        ask, wait, accept, arrive, admit = Referral.requested_at, *_ANSWERS
        return [
            self.within(ask, wait, accept, arrive, admit),
            self.within(accept, arrive, admit),
            self.within(arrive, admit),
            self.within(admit),
            self.succeeded(),
        ]

    def counts(self) -> list[ColumnElement[int]]:
        """Return the columns of FunnelCounts after `key`, in order."""
        within, ended = self.within, self.ended
        ask, wait, accept, arrive, admit = Referral.requested_at, *_ANSWERS
        offered = self.followed & (col(Referral.first_state) == State.offered.value)
        conditions = (
            self.late(),
            self.followed,
            *self.steps()[:-1],
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


ASKED: Final = Cohort()
_COUNTS: Final = ASKED.counts()


def parameters(horizon: timedelta, as_of: datetime | None = None) -> dict[str, int]:
    """Return the parameters of a cohort's conditions."""
    horizon_ms = {"horizon_ms": int(horizon.total_seconds() * 1000)}
    return horizon_ms if as_of is None else horizon_ms | {"as_of_ms": to_milliseconds(as_of)}


def counted() -> ColumnElement[bool]:
    """Return the condition: it was made at all; what was entered in error never was."""
    return col(Referral.state) != State.entered_in_error.value


async def funnel(
    session: ReadSession, view: View, question: FunnelQuestion, runs: Sequence[Period]
) -> list[FunnelCounts]:
    """Count the referrals of these days: the funnel's counts, one record a group (or one in all).

    Cohort: referrals whose service day lies in the days, not entered in error. Followed: those made at least one
    horizon before `as_of`; every event counts only when it lies within its referral's own horizon.
    """
    if not runs:
        return []
    keys = [_KEYS[split] for split in question.group_by]
    statement = select(*keys, *_COUNTS).where(counted(), *seen_during(view, REFERRAL, "cohort_day", runs))
    if question.kind is not None:
        statement = statement.where(col(Referral.kind) == question.kind)
    if keys:
        statement = statement.group_by(*keys)
    found = await session.execute(statement, parameters(question.horizon, question.as_of))
    return [FunnelCounts(tuple(map(_code, row[: len(keys)])), *row[len(keys) :]) for row in found]


def _code(value: object) -> str:
    return NO_FACILITY if value is None else str(value)


async def persons(session: ReadSession, view: View, question: FunnelQuestion) -> tuple[int, ...]:
    """Return (followed referrals, those with a card, persons, and how many of these reached each stage, succeeded).

    A person is a card within its key period; only followed referrals count.
    """
    given = parameters(question.horizon, question.as_of)
    reached = [func.max(case((condition, 1), else_=0)).label(f"s{n}") for n, condition in enumerate(ASKED.steps())]
    conditions = [counted(), *seen_during(view, REFERRAL, "cohort_day", [question.period])]
    if question.kind is not None:
        conditions.append(col(Referral.kind) == question.kind)
    each = (
        select(func.count().label("referrals"), *reached)
        .where(*conditions, ASKED.followed, col(Referral.link_id).is_not(None))
        .group_by(col(Referral.link_id))
        .subquery()
    )
    steps = (func.coalesce(func.sum(each.c[column.name]), 0) for column in reached)
    people = await session.execute(select(func.coalesce(func.sum(each.c.referrals), 0), func.count(), *steps), given)
    followed = await session.execute(select(func.count()).where(*conditions, ASKED.followed), given)
    return (int(followed.scalar_one()), *map(int, people.one()))
