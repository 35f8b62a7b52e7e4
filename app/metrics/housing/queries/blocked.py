"""The statement behind blocked stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)

from app.clock import DAY_MS
from app.db.engine import ReadSession
from app.db.types import to_milliseconds
from app.directory.vocabulary import Rung, SuccessState
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by
from app.metrics.housing.definitions import LATER
from app.metrics.housing.queries.opened import REFERRAL, Columns, continues, gone_after, of_kind, opened_stay
from app.metrics.housing.records import Blocked
from app.referrals.vocabulary import Reason, State

_BY: Final = (Rung.reintegration, Rung.longer_stay, Rung.treatment)
_STAY: Final = ("org_id", "stay_id", "kind", "territory")


@dataclass(frozen=True, slots=True)
class BlockedQuestion:
    """Which stays, open at an instant for more than so many days; `kinds` of each rung."""

    view: View
    lookup: View
    """Where referrals to later rungs are looked up: the whole of what the caller may see."""
    at: datetime
    days: int
    kind: str | None
    kinds: Mapping[Rung, Collection[str]]
    own: bool = False
    """Look referrals to later rungs up only in the organisation of each stay."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What makes one statement of a question: all but when and for how long."""

    view: View
    lookup: View
    kind: str | None
    kinds: tuple[tuple[Rung, tuple[str, ...]], ...]
    own: bool

    @classmethod
    def of(cls, question: BlockedQuestion) -> "_Shape":
        kinds = tuple((rung, tuple(codes)) for rung, codes in sorted(question.kinds.items()))
        return cls(question.view, question.lookup, question.kind, kinds, question.own)

    def of_rung(self, *rungs: Rung) -> list[str]:
        """Return the kinds of some rungs."""
        return [kind for rung, kinds in self.kinds if rung in rungs for kind in kinds]


_AT: Final = bindparam("at_ms", type_=BigInteger)
_LONG: Final = bindparam("long_ms", type_=BigInteger)


def _still_open(shape: _Shape) -> CTE:
    """Return the referrals of every stay open at the instant: each with its stay, named by its last referral."""
    emergency, kinds = shape.of_rung(Rung.emergency_housing), shape.of_rung(*LATER)
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    last = select(
        REFERRAL.c.org_id, REFERRAL.c.id.label("stay_id"), REFERRAL.c.kind, REFERRAL.c.territory, REFERRAL.c.id,
        REFERRAL.c.link_id, REFERRAL.c.previous_referral_id, came.label("came"),
    ).where(
        *opened_stay(REFERRAL.c), REFERRAL.c.kind.in_(kinds), *seen_by(shape.view, REFERRAL),
        *of_kind(REFERRAL.c, shape.kind),
    )  # fmt: skip
    moved_on = _continued_by(REFERRAL, emergency)
    gone = last.where(*gone_after(_AT), moved_on.is_(None))
    there = union_all(last.where(came <= _AT, left.is_(None)), gone).subquery()
    walk = select(there).cte("part", recursive=True)
    before = REFERRAL.alias("before")
    return walk.union_all(
        select(
            walk.c.org_id, walk.c.stay_id, walk.c.kind, walk.c.territory, before.c.id, before.c.link_id,
            before.c.previous_referral_id, ms(before.c.admitted_at),
        )
        .join(before, (before.c.org_id == walk.c.org_id) & (before.c.id == walk.c.previous_referral_id))
        .where(walk.c.kind.in_(emergency), _continued_by(before, emergency).is_not_distinct_from(walk.c.id))
    )  # fmt: skip


def _continued_by(before: FromClause, kinds: Collection[str]) -> ScalarSelect[object]:
    """Return the referral that continues a referral's stay after a move by the instant, null without one."""
    after = REFERRAL.alias("after")
    first = select(after.c.id).where(*continues(before.c, after.c, kinds, _AT)).correlate(before)
    return first.order_by(ms(after.c.admitted_at), after.c.id).limit(1).scalar_subquery()


def _below(part: CTE) -> CTE:
    """Return the referrals that take up one of a stay, directly or through others."""
    taker, next_taker = REFERRAL.alias("taker"), REFERRAL.alias("next_taker")
    chain = (
        select(part.c.org_id, part.c.stay_id, taker.c.id)
        .join(taker, (taker.c.org_id == part.c.org_id) & (taker.c.previous_referral_id == part.c.id))
        .cte("chain", recursive=True)
    )
    return chain.union(  # distinct rows end also a chain that closes on itself
        select(chain.c.org_id, chain.c.stay_id, next_taker.c.id).join(
            next_taker,
            (next_taker.c.org_id == chain.c.org_id) & (next_taker.c.previous_referral_id == chain.c.id),
        )
    )


def _left_later(c: Columns) -> ColumnElement[bool]:
    """Return the condition that a referral once on a waiting list left it after the instant."""
    kept: ColumnElement[bool] = ms(c.state_at) > _AT
    for column in (c.accepted_at, c.arrived_at, c.admitted_at):
        kept &= or_(column.is_(None), ms(column) > _AT)
    return kept


def _keeping(shape: _Shape, asked: Columns, stay: Columns, rung: Rung) -> ColumnElement[bool]:
    """Return the condition: a referral to this rung, later than the stay's, keeps the stay where it is.

    It waits at the instant, or was refused for want of a place between the beginning of the stay and then.
    """
    stuck = shape.of_rung(*(rung_of for rung_of, later in LATER.items() if rung in later))
    refused = (asked.state == State.refused.value) & (asked.reason == Reason.no_place.value)
    waits = (ms(asked.waitlisted_at) <= _AT) & or_(asked.state == State.waitlisted.value, _left_later(asked))
    return and_(
        asked.kind.in_(shape.of_rung(rung)),
        stay.kind.in_(stuck),
        asked.success == SuccessState.admitted.value,
        asked.state != State.entered_in_error.value,
        or_(waits, refused & (ms(asked.state_at) <= _AT) & (ms(asked.state_at) >= stay.since)),
    )


def _found(shape: _Shape, stay: CTE, part: CTE) -> FromClause:
    """Return for each referral of a stay, and each below it, whether somebody asks in vain for each later rung.

    The person of a stay is known by card, or by the chain of referrals.
    """
    asked, same = REFERRAL.c, (part.c.org_id == stay.c.org_id) & (part.c.stay_id == stay.c.stay_id)
    seen = seen_by(shape.lookup, REFERRAL)
    # Cards are looked up one by one: by a join, SQLite would go through all referrals first.
    own = [asked.org_id == part.c.org_id] if shape.own else []
    carded = [
        exists().where(asked.link_id == part.c.link_id, _keeping(shape, asked, stay.c, rung), *seen, *own)
        for rung in _BY
    ]
    one = [stay.c[name] for name in (*_STAY, "carded")]
    by_card = select(*one, *(_flag(card).label(rung) for card, rung in zip(carded, _BY, strict=True)))
    below = _below(part)
    of_stay = (below.c.org_id == stay.c.org_id) & (below.c.stay_id == stay.c.stay_id)
    itself = (asked.org_id == below.c.org_id) & (asked.id == below.c.id)
    by_chain = select(*one, *(_flag(_keeping(shape, asked, stay.c, rung)) for rung in _BY))
    by_chain = by_chain.select_from(below.join(stay, of_stay).join(REFERRAL, itself)).where(*seen)
    return union_all(by_card.select_from(part.join(stay, same)), by_chain).subquery("found")


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _each(shape: _Shape) -> FromClause:
    """Return the stays open for long, each with whether its person carries a card, and who asks in vain for it."""
    part = _still_open(shape)
    since = func.min(part.c.came)
    keys = [part.c[name] for name in _STAY]
    long = _AT - since > _LONG
    carded = func.max(_flag(part.c.link_id.is_not(None))).label("carded")
    stay = select(*keys, since.label("since"), carded).group_by(*keys).having(long).cte("stay")
    same = (part.c.org_id == stay.c.org_id) & (part.c.stay_id == stay.c.stay_id)
    of_long = select(part.c.org_id, part.c.stay_id, part.c.id, part.c.link_id).join(stay, same).cte("of_long")
    found = _found(shape, stay, of_long)
    one = [found.c[name] for name in (*_STAY, "carded")]
    return select(*one, *(func.max(found.c[rung]).label(rung) for rung in _BY)).group_by(*one).subquery()


@lru_cache(maxsize=64)
def _counts(shape: _Shape, names: tuple[str, ...]) -> Select[Any]:
    """Return the statement that counts them: made once, as making it takes longer than a run, and days are many."""
    each = _each(shape)
    keys = [each.c[name] for name in names]
    by = [each.c[rung] == 1 for rung in _BY]
    sums = [count(each.c.carded == 1), count(or_(*by)), *map(count, by)]
    return select(*keys, func.count(), *sums).group_by(*keys)


async def _counted(session: ReadSession, question: BlockedQuestion, *names: str) -> Sequence[Any]:
    """Count these stays by the columns named: how many, with a card, blocked, and by each later rung."""
    when = {"at_ms": to_milliseconds(question.at), "long_ms": question.days * DAY_MS}
    found: Sequence[Any] = (await session.execute(_counts(_Shape.of(question), names), when)).all()
    return found


async def blocked(session: ReadSession, question: BlockedQuestion) -> list[Blocked]:
    """Return the stays open for long, by kind, and how many are blocked, and by which later rung."""
    return [Blocked(kind, *map(int, counts)) for kind, *counts in await _counted(session, question, "kind")]


Placed = tuple[UUID, str, Blocked]
"""Stays of an organisation, by the territory of their last referrals."""


async def blocked_by_place(session: ReadSession, question: BlockedQuestion) -> list[Placed]:
    """Return the same by organisation, territory and kind."""
    return [
        (org_id, territory, Blocked(kind, *map(int, counts)))
        for org_id, territory, kind, *counts in await _counted(session, question, "org_id", "territory", "kind")
    ]
