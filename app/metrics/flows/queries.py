"""The statements behind flows: what each referral follows, and where stays end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
)

from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.metrics.asking import View
from app.metrics.counting import came_late, ms, seen_by, seen_during
from app.metrics.flows.definitions import ENDED, NO_RUNG, LinkRule, Outcome
from app.metrics.flows.records import Cell, ExitFlow, Flow, Lookup
from app.metrics.indicator import Period
from app.referrals.models import LEFT, Referral
from app.referrals.vocabulary import State

_R: Final = table_of(Referral)
Columns = Any
"""The columns of a table, an alias or a subquery."""


@dataclass(frozen=True, slots=True)
class FlowsQuestion:
    """Whose referrals, of which consecutive periods, and where earlier ones are looked for."""

    view: View
    lookup: Lookup
    periods: Sequence[Period]


def _rung(c: Columns, lookup: Lookup) -> ColumnElement[str]:
    """Return the rung of a referral's kind on the service day it was made on; the latest rule where several hold."""
    whens = []
    for rule in lookup.rungs:
        holds = (c.kind == rule.kind) & (c.cohort_day >= rule.valid_from)
        if rule.valid_until is not None:
            holds &= c.cohort_day < rule.valid_until
        whens.append((holds, rule.rung))
    return case(*whens, else_=NO_RUNG) if whens else literal(NO_RUNG)


def _succeeded_at(c: Columns) -> ColumnElement[int]:
    """Return when a referral reached what counts as success for its kind, in ms; null when it did not."""
    # The words of the index on (link_id, this): a parameter in it would keep both databases from using the index.
    arrived = c.success == literal_column(f"'{SuccessState.arrived.value}'")
    return case((arrived, func.coalesce(ms(c.arrived_at), ms(c.admitted_at))), else_=ms(c.admitted_at))


def _real(c: Columns) -> ColumnElement[bool]:
    kept: ColumnElement[bool] = c.state != State.entered_in_error.value
    return kept


def _target(c: Columns, lookup: Lookup) -> ColumnElement[str]:
    """Return where a referral went: its rung when it succeeded, else how it stands."""
    ended = [(c.state == state.value, outcome.value) for state, outcome in ENDED.items()]
    return case((_succeeded_at(c).is_not(None), _rung(c, lookup)), *ended, else_=Outcome.open.value)


def _lies_in(lookup: Lookup, earlier: Columns) -> ColumnElement[bool]:
    """Return the condition that an earlier referral was made where it is looked for."""
    condition: ColumnElement[bool] = (
        true() if lookup.territories is None else earlier.territory.in_(sorted(lookup.territories))
    )
    return condition


def _targets(lookup: Lookup, conditions: Iterable[ColumnElement[bool]]) -> CTE:
    """Return the referrals that flows are of."""
    return (
        select(
            _R.c.org_id,
            _R.c.id,
            _R.c.cohort_day,
            _R.c.territory,
            _target(_R.c, lookup).label("target"),
            case((came_late(_R.c), 1), else_=0).label("late"),
            ms(_R.c.created_at).label("made"),
            _R.c.previous_referral_id.label("previous"),
            _R.c.link_id,
        )
        .where(_real(_R.c), *conditions)
        .cte("target")
        .prefix_with("MATERIALIZED")
    )


def _chain(target: CTE, lookup: Lookup) -> CTE:
    """Return the referrals that each target takes up, to the nearest that succeeded or is not `seen`.

    `rung` is null but for a success. Rows are distinct, so a chain that closes on itself ends. What is not seen is told
    by a column: as a condition it would have SQLite read all referrals for a Bloom filter.
    """
    above = _R.alias("above")
    success = case((_real(above.c) & _succeeded_at(above.c).is_not(None), _rung(above.c, lookup)), else_=None)
    found = [
        above.c.id.label("above_id"),
        above.c.previous_referral_id,
        success.label("rung"),
        case((_lies_in(lookup, above.c), 1), else_=0).label("seen"),
    ]
    first = (
        select(target.c.org_id, target.c.id, *found)
        .select_from(target)
        .join(above, (above.c.org_id == target.c.org_id) & (above.c.id == target.c.previous))
        .where(above.c.id != target.c.id)
    )
    chain = first.cte("chain", recursive=True)
    return chain.union(
        select(chain.c.org_id, chain.c.id, *found)
        .select_from(chain)
        .join(above, (above.c.org_id == chain.c.org_id) & (above.c.id == chain.c.previous_referral_id))
        .where(chain.c.rung.is_(None), chain.c.seen == 1, above.c.id != chain.c.id)
    )


def _by_card(target: CTE, lookup: Lookup) -> ScalarSelect[str]:
    """Return the rung of the last success of a target's card that came no later than it was made."""
    earlier = _R.alias("earlier")
    at = _succeeded_at(earlier.c)
    return (
        select(_rung(earlier.c, lookup))
        .where(
            earlier.c.link_id == target.c.link_id,
            or_(earlier.c.id != target.c.id, earlier.c.org_id != target.c.org_id),
            _real(earlier.c),
            at <= target.c.made + 0,  # a sum and no column: SQLite compares it in the index as it is
            _lies_in(lookup, earlier.c),
            *([earlier.c.org_id == target.c.org_id] if lookup.own else []),
        )
        .order_by(at.desc(), earlier.c.org_id.desc(), earlier.c.id.desc())
        .limit(1)
        .correlate(target)
        .scalar_subquery()
    )


def _followed(lookup: Lookup, conditions: Iterable[ColumnElement[bool]]) -> CTE:
    """Return each referral that fulfils the conditions, with the rung it came from and how that is known."""
    target = _targets(lookup, conditions)
    chain = _chain(target, lookup)
    chained = (
        select(chain.c.org_id, chain.c.id, func.max(chain.c.rung).label("rung"))
        .where(chain.c.seen == 1)
        .group_by(chain.c.org_id, chain.c.id)
        .subquery("chained")
    )
    card = case((chained.c.rung.is_(None), _by_card(target, lookup)), else_=None)
    return (
        select(
            target.c.org_id,
            target.c.cohort_day,
            target.c.territory,
            target.c.target,
            target.c.late,
            chained.c.rung.label("by_chain"),
            card.label("by_card"),
            case((chained.c.id.is_not(None) | target.c.link_id.is_not(None), 1), else_=0).label("known"),
        )
        .select_from(target)
        .outerjoin(chained, (chained.c.org_id == target.c.org_id) & (chained.c.id == target.c.id))
        .cte("followed")
        .prefix_with("MATERIALIZED")
    )


def _counted(followed: CTE, *keys: ColumnElement[Any]) -> Select[Any]:
    """Return the statement that counts them: keys, source, target, rule, referrals, late."""
    rule = case(
        (followed.c.by_chain.is_not(None), LinkRule.chain.value),
        (followed.c.by_card.is_not(None), LinkRule.card.value),
        (followed.c.known == 1, LinkRule.first.value),
        else_=LinkRule.unlinked.value,
    )
    source = func.coalesce(followed.c.by_chain, followed.c.by_card).label("source")
    rows = select(*keys, source, followed.c.target, rule.label("rule"), followed.c.late).subquery("counted")
    names = [column for column in rows.c if column.name != "late"]
    return select(*names, func.count(), func.sum(rows.c.late)).group_by(*names)


async def flows(session: ReadSession, question: FlowsQuestion, runs: Sequence[Period]) -> list[Flow]:
    """Count the referrals of these days by period, and by where they went from where and how that is known."""
    if not runs:
        return []
    followed = _followed(question.lookup, seen_during(question.view, _R, "cohort_day", runs))
    day, last = followed.c.cohort_day, literal(len(question.periods) - 1)
    ends = [(day < period.until, place) for place, period in enumerate(question.periods[:-1])]
    statement = _counted(followed, (case(*ends, else_=last) if ends else last).label("period"))
    return [
        Flow(int(period), source, target, rule, referrals, int(late))
        for period, source, target, rule, referrals, late in map(tuple, await session.execute(statement))
    ]


@lru_cache(maxsize=32)
def _by_day(lookup: Lookup) -> Select[Any]:
    """Return the statement of `flows_by_day`: made once for each look-up, as making it takes longer than a run."""
    whose = _R.c.org_id == bindparam("whose")
    on_days = _R.c.cohort_day.in_(bindparam("days", expanding=True))
    followed = _followed(lookup, [on_days, whose, *seen_by(View(None, lookup.territories), _R)])
    return _counted(followed, followed.c.cohort_day, followed.c.territory)


async def flows_by_day(
    session: ReadSession | WriteSession, org_id: UUID, lookup: Lookup, days: Sequence[date]
) -> list[tuple[date, str, Cell, int, int]]:
    """Count an organisation's referrals of these days: (day, territory, cell, referrals, received late)."""
    found = await session.execute(_by_day(lookup), {"whose": org_id, "days": list(days)})
    return [
        (day, territory, (source, target, rule), referrals, int(late))
        for day, territory, source, target, rule, referrals, late in map(tuple, found)
    ]


async def exit_flows(session: ReadSession, question: FlowsQuestion, since: datetime, until: datetime) -> list[ExitFlow]:
    """Return the stays that ended in [since, until), by the rung of their referral and by destination."""
    left = ms(_R.c.exited_at)
    ended = (
        select(_rung(_R.c, question.lookup).label("rung"), _R.c.exit_destination)
        .where(left >= to_milliseconds(since), left < to_milliseconds(until), text(LEFT), *seen_by(question.view, _R))
        .subquery()
    )
    keys = [ended.c.rung, ended.c.exit_destination]
    statement = select(*keys, func.count()).group_by(*keys)
    return [ExitFlow(rung, to, int(n)) for rung, to, n in map(tuple, await session.execute(statement))]
