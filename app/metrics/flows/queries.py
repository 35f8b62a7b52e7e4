"""The statements behind flows: what each referral follows, and where stays end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CTE, ColumnElement, FromClause, Table, case, func, literal, or_, select

from app.clock import HOUR_MS
from app.db.engine import ReadSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.rules import KindRule
from app.directory.vocabulary import SuccessState
from app.metrics.asking import View
from app.metrics.counting import ms, seen_by, within
from app.metrics.flows.definitions import NO_RUNG, LinkRule
from app.metrics.flows.records import ExitFlow, Flow
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.referrals.models import Referral
from app.referrals.vocabulary import State

_R: Final = table_of(Referral)
Columns = Any
"""The columns of a table, an alias or a subquery."""


@dataclass(frozen=True, slots=True)
class FlowsQuestion:
    """Whose referrals, of which consecutive periods; `reach` is where earlier ones are looked up."""

    view: View
    reach: View
    periods: Sequence[Period]
    rules: Sequence[KindRule]


def _rung(c: Columns, rules: Iterable[KindRule]) -> ColumnElement[str]:
    """Return the rung of a referral's kind on the service day it was made on; the latest rule where several hold."""
    whens = []
    for rule in sorted(rules, key=lambda rule: rule.valid_from, reverse=True):
        holds = (c.kind == rule.code) & (c.cohort_day >= rule.valid_from)
        if rule.valid_until is not None:
            holds &= c.cohort_day < rule.valid_until
        whens.append((holds, rule.rung.value))
    return case(*whens, else_=NO_RUNG) if whens else literal(NO_RUNG)


def _succeeded_at(c: Columns) -> ColumnElement[int]:
    """Return when a referral reached what counts as success for its kind, in ms; null when it did not."""
    arrived = func.coalesce(ms(c.arrived_at), ms(c.admitted_at))
    return case((c.success == SuccessState.arrived.value, arrived), else_=ms(c.admitted_at))


def _real(c: Columns) -> ColumnElement[bool]:
    kept: ColumnElement[bool] = c.state != State.entered_in_error.value
    return kept


def _seen(view: View, alias: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions that keep an alias of the referrals within a view."""
    return seen_by(view, cast("Table", alias))


def _targets(question: FlowsQuestion) -> CTE:
    """Return the referrals of the periods."""
    span = Period(question.periods[0].since, question.periods[-1].until)
    ends = [(_R.c.cohort_day < period.until, place) for place, period in enumerate(question.periods[:-1])]
    last = literal(len(question.periods) - 1)
    late = ms(_R.c.received_at) - ms(_R.c.created_at) > LATE_AFTER_HOURS * HOUR_MS
    return (
        select(
            _R.c.org_id,
            _R.c.id,
            (case(*ends, else_=last) if ends else last).label("period"),
            _rung(_R.c, question.rules).label("rung"),
            _R.c.state,
            case((_succeeded_at(_R.c).is_not(None), 1), else_=0).label("succeeded"),
            case((late, 1), else_=0).label("late"),
            ms(_R.c.created_at).label("made"),
            _R.c.previous_referral_id.label("previous"),
            _R.c.link_id,
        )
        .where(within(_R.c.cohort_day, span), _real(_R.c), *seen_by(question.view, _R))
        .cte("target")
        .prefix_with("MATERIALIZED")
    )


def _chain(target: CTE, question: FlowsQuestion) -> CTE:
    """Return the referrals that each target takes up, up to the nearest that succeeded: `rung` is null but for that.

    Rows are distinct, so a chain that closes on itself ends.
    """
    above = _R.alias("above")
    success = case(
        (_real(above.c) & _succeeded_at(above.c).is_not(None), _rung(above.c, question.rules)), else_=None
    ).label("rung")
    first = (
        select(target.c.org_id, target.c.id, above.c.id.label("above_id"), above.c.previous_referral_id, success)
        .select_from(target)
        .join(above, (above.c.org_id == target.c.org_id) & (above.c.id == target.c.previous))
        .where(above.c.id != target.c.id, *_seen(question.reach, above))
    )
    chain = first.cte("chain", recursive=True)
    return chain.union(
        select(chain.c.org_id, chain.c.id, above.c.id, above.c.previous_referral_id, success)
        .select_from(chain)
        .join(above, (above.c.org_id == chain.c.org_id) & (above.c.id == chain.c.previous_referral_id))
        .where(chain.c.rung.is_(None), above.c.id != chain.c.id, *_seen(question.reach, above))
    )


def _by_card(target: CTE, question: FlowsQuestion) -> FromClause:
    """Return the rung of the last success of each target's card that came no later than it was made."""
    earlier = _R.alias("earlier")
    at = _succeeded_at(earlier.c)
    rank = func.row_number().over(
        partition_by=(target.c.org_id, target.c.id), order_by=(at.desc(), earlier.c.org_id.desc(), earlier.c.id.desc())
    )
    found = (
        select(target.c.org_id, target.c.id, _rung(earlier.c, question.rules).label("rung"), rank.label("rank"))
        .select_from(target)
        .join(earlier, earlier.c.link_id == target.c.link_id)
        .where(or_(earlier.c.id != target.c.id, earlier.c.org_id != target.c.org_id))
        .where(_real(earlier.c), at <= target.c.made, *_seen(question.reach, earlier))
        .subquery()
    )
    return select(found).where(found.c.rank == 1).subquery("card")


async def flows(session: ReadSession, question: FlowsQuestion) -> list[Flow]:
    """Return how many referrals of each period went from which rung to which rung or outcome, and how that is known."""
    target = _targets(question)
    chain, card = _chain(target, question), _by_card(target, question)
    chained = (
        select(chain.c.org_id, chain.c.id, func.max(chain.c.rung).label("rung"))
        .group_by(chain.c.org_id, chain.c.id)
        .subquery("chained")
    )
    rule = case(
        (chained.c.rung.is_not(None), LinkRule.chain.value),
        (card.c.rung.is_not(None), LinkRule.card.value),
        (chained.c.id.is_not(None) | target.c.link_id.is_not(None), LinkRule.first.value),
        else_=LinkRule.unlinked.value,
    )
    rows = (
        select(
            target.c.period,
            func.coalesce(chained.c.rung, card.c.rung).label("source"),
            target.c.rung,
            target.c.state,
            target.c.succeeded,
            rule.label("rule"),
            target.c.late,
        )
        .select_from(target)
        .outerjoin(chained, (chained.c.org_id == target.c.org_id) & (chained.c.id == target.c.id))
        .outerjoin(card, (card.c.org_id == target.c.org_id) & (card.c.id == target.c.id))
        .subquery()
    )
    keys = [rows.c[name] for name in ("period", "source", "rung", "state", "succeeded", "rule")]
    statement = select(*keys, func.count(), func.sum(rows.c.late)).group_by(*keys)
    return [_flow(row) for row in await session.execute(statement)]


def _flow(row: Sequence[Any]) -> Flow:
    period, source, rung, state, succeeded, known_by, referrals, late = row
    return Flow(int(period), source, rung, state, bool(succeeded), known_by, referrals, int(late))


async def exit_flows(session: ReadSession, question: FlowsQuestion, since: datetime, until: datetime) -> list[ExitFlow]:
    """Return the stays that ended in [since, until), by the rung of their referral and by destination."""
    left = ms(_R.c.exited_at)
    ended = (
        select(_rung(_R.c, question.rules).label("rung"), _R.c.exit_destination)
        .where(left >= to_milliseconds(since), left < to_milliseconds(until), _R.c.admitted_at.is_not(None))
        .where(_real(_R.c), *seen_by(question.view, _R))
        .subquery()
    )
    keys = [ended.c.rung, ended.c.exit_destination]
    statement = select(*keys, func.count()).group_by(*keys)
    return [ExitFlow(rung, to, int(n)) for rung, to, n in map(tuple, await session.execute(statement))]
