"""The statements behind the time to success. `periods` are always a series: they follow one another without a gap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    text,
)

from app.clock import DAY_MS
from app.db.engine import ReadSession, WriteSession
from app.db.portability import month_of
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.marks.queries import final_before
from app.metrics.asking import View
from app.metrics.counting import came_late, count, during, ms, number_of, seen_by, within
from app.metrics.indicator import Period
from app.metrics.time_to_success.definitions import CAUSES, COMPETING, Ending, TimeGroupBy
from app.referrals.models import HAS_OUTCOME, Referral
from app.referrals.vocabulary import State

_REFERRAL: Final = table_of(Referral)
_READ: Final = (
    "org_id", "territory", "kind", "cohort_day", "created_at", "received_at", "success", "expires_after_s", "state",
    "state_at", "arrived_at", "admitted_at",
)  # fmt: skip
"""The columns an outcome is told from."""
_CAUSES: Final = [cause.value for cause in CAUSES]


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """Cohorts, one after the other, how far their time is looked at, and how they are split."""

    periods: Sequence[Period]
    horizon_days: int
    as_of: datetime
    kind: str | None
    group_by: TimeGroupBy | None

    @property
    def whole(self) -> Period:
        """All periods in one."""
        return Period(self.periods[0].since, self.periods[-1].until)


async def counted(session: ReadSession, view: View, question: TimeQuestion, runs: Sequence[Period]) -> Sequence[Any]:
    """Count the referrals of these days: (number of the period, key, ending, day, n, late), in no order.

    Days beyond the horizon are all given as the one after it, so a group has at most 7 x (horizon + 2) rows.
    """
    if not runs:
        return []
    view.refuse_coarse(runs[0].since)
    dated = _asked(_REFERRAL, view, question).where(or_(*(within(_REFERRAL.c.cohort_day, run) for run in runs)))
    ended = _ended(dated.subquery("dated"), question)
    keys = (ended.c.number, ended.c.key, ended.c.ending, ended.c.day)
    found = await session.execute(select(*keys, func.count(), count(ended.c.late)).group_by(*keys))
    return found.all()


async def not_over(session: ReadSession, view: View, question: TimeQuestion, runs: Sequence[Period]) -> Sequence[Any]:
    """Count outcomes that do not count yet, of all days but these: (number, key, ending, its day, days followed, n).

    Facts of final days never heard of them.
    Their day began less than 24 hours ago, and with it their state or later: the index on that leaves a day's outcomes
    to look at.
    """
    # Materialized, else SQLite takes an index on the cohort's days and looks at every referral of the period.
    recent = (
        select(*_REFERRAL.c[_READ])
        .where(text(f"referral.{HAS_OUTCOME}"), ms(_REFERRAL.c.state_at) > to_milliseconds(question.as_of) - DAY_MS)
        .cte("recent")
        .prefix_with("MATERIALIZED")
    )
    asked = _asked(recent, view, question)
    final = await final_before(session)
    if final is not None:
        asked = asked.where(recent.c.cohort_day >= final)
    if runs:
        asked = asked.where(not_(or_(*(within(recent.c.cohort_day, run) for run in runs))))
    dated = asked.subquery("dated")
    started, is_over = _started(dated), _is_over(dated)
    keys = (dated.c.number, dated.c.key, dated.c.ending, started, dated.c.followed)
    chosen = select(*keys, func.count()).where(dated.c.ending.in_(_CAUSES), ~is_over).group_by(*keys)
    return (await session.execute(chosen)).all()


async def by_day(session: ReadSession | WriteSession, org_id: UUID, days: Collection[date]) -> Sequence[Any]:
    """Count an organisation's referrals of days: (cohort day, territory, kind, ending, value, n, late).

    The value is the day of the ending, as if it counted at once; of open referrals, the instant they were made (ms).
    """
    cohort = [_REFERRAL.c.cohort_day, _REFERRAL.c.territory, _REFERRAL.c.kind]
    dated = (
        select(*cohort, *_columns(_REFERRAL), ms(_REFERRAL.c.created_at).label("made_at"))
        .where(_REFERRAL.c.org_id == org_id, _REFERRAL.c.cohort_day.in_(days), _counts(_REFERRAL))
        .subquery("dated")
    )
    known = case((dated.c.ending == Ending.expired.value, dated.c.took // DAY_MS), else_=dated.c.made_at)
    value = case((dated.c.ending.in_(_CAUSES), _started(dated)), else_=known)
    keys = (dated.c.cohort_day, dated.c.territory, dated.c.kind, dated.c.ending, value)
    found = await session.execute(select(*keys, func.count(), count(dated.c.late)).group_by(*keys))
    return found.all()


def _asked(referral: FromClause, view: View, question: TimeQuestion) -> Select[Any]:
    """Choose the cohorts; columns: number of the period, key, followed (full days), and those of `_columns`."""
    lived = literal(to_milliseconds(question.as_of), BigInteger) - ms(referral.c.created_at)
    statement = select(
        number_of(referral.c.cohort_day, question.periods).label("number"),
        _key(referral, question.group_by).label("key"),
        (case((lived > 0, lived), else_=0) // DAY_MS).label("followed"),  # below 0: made on a clock that is ahead
        *_columns(referral),
    ).where(_counts(referral), *during(view, referral, "cohort_day", [question.whole]), *seen_by(view, referral))
    return statement if question.kind is None else statement.where(referral.c.kind == question.kind)


def _key(referral: FromClause, group_by: TimeGroupBy | None) -> ColumnElement[Any]:
    match group_by:
        case TimeGroupBy.kind:
            return referral.c.kind
        case TimeGroupBy.territory:
            return referral.c.territory
        case TimeGroupBy.month:
            return month_of(referral.c.cohort_day)
        case _:
            return cast(null(), String)


def _counts(referral: FromClause) -> ColumnElement[bool]:
    return referral.c.state != State.entered_in_error.value


def _columns(referral: FromClause) -> list[ColumnElement[Any]]:
    """Return columns: late, ending, took (ms until it, or until the last thing heard)."""
    made_at, success_at = ms(referral.c.created_at), _success_at(referral)
    state, last_at = referral.c.state, ms(referral.c.state_at)
    silent_at = last_at - referral.c.expires_after_s * 1000
    failed = state.in_([cause.value for cause in COMPETING])
    expired = state == State.expired.value
    ending = case(
        (success_at.is_not(None), Ending.success.value),
        (failed | expired, state),
        else_=Ending.open.value,
    )
    took = case((success_at.is_not(None), success_at), (expired, silent_at), else_=last_at) - made_at
    return [
        came_late(referral.c).label("late"),
        ending.label("ending"),
        took.label("took"),
    ]


def _success_at(referral: FromClause) -> ColumnElement[int]:
    """Return the instant of what counts as success for the kind, null without it; see `succeeded` of the funnel."""
    arrived = (referral.c.success == SuccessState.arrived.value) & referral.c.arrived_at.is_not(None)
    return case((arrived, ms(referral.c.arrived_at)), else_=ms(referral.c.admitted_at))


def _started(dated: Subquery) -> ColumnElement[int]:
    """Return the started days until an outcome."""
    return (dated.c.took + (DAY_MS - 1)) // DAY_MS


def _is_over(dated: Subquery) -> ColumnElement[bool]:
    """Say whether the day of an outcome is over for its referral, so that it counts.

    Were it to count at once, the last day of a recent cohort would show the outcomes of some hours and none of those
    still waiting beside them.
    """
    return _started(dated) <= dated.c.followed


def _ended(dated: Subquery, question: TimeQuestion) -> Subquery:
    """Count days: started ones until an outcome, full ones until what was last known.

    Columns: number, key, late, ending, day.
    """
    is_cause = dated.c.ending.in_(_CAUSES)
    known = case((dated.c.ending == Ending.expired.value, dated.c.took // DAY_MS), else_=dated.c.followed)
    over = is_cause & _is_over(dated)
    day = case((over, _started(dated)), else_=known)
    beyond = question.horizon_days + 1
    return select(
        dated.c.number,
        dated.c.key,
        dated.c.late,
        case((is_cause & ~over, Ending.open.value), else_=dated.c.ending).label("ending"),
        case((day < beyond, day), else_=beyond).label("day"),
    ).subquery("ended")
