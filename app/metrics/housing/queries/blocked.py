"""The statement behind blocked stays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import CTE, ColumnElement, FromClause, Select, case, func, null, or_, select, union

from app.clock import DAY_MS
from app.db.engine import ReadSession
from app.db.types import to_milliseconds
from app.directory.vocabulary import Rung
from app.metrics.asking import View
from app.metrics.counting import count, ms, seen_by
from app.metrics.housing.definitions import LATER
from app.metrics.housing.queries.opened import REFERRAL, Columns, moves_between, of_kind, opened_stay
from app.metrics.housing.records import Blocked
from app.referrals.vocabulary import Reason, State

_BY: Final = (Rung.reintegration, Rung.longer_stay, Rung.treatment)


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


def _still_open(question: BlockedQuestion) -> CTE:
    """Return the referrals of every stay open at the instant: each with its stay, named by its last referral."""
    at, emergency = to_milliseconds(question.at), question.kinds[Rung.emergency_housing]
    kinds = [kind for rung in LATER for kind in question.kinds[rung]]
    moves = moves_between(emergency, None, at)
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    onwards = moves.alias("onwards")
    last = (
        select(
            REFERRAL.c.org_id, REFERRAL.c.id.label("stay_id"), REFERRAL.c.kind, REFERRAL.c.id, REFERRAL.c.link_id,
            came.label("came"),
        )
        .outerjoin(onwards, (onwards.c.org_id == REFERRAL.c.org_id) & (onwards.c.from_id == REFERRAL.c.id))
        .where(*opened_stay(REFERRAL.c), came <= at, or_(left.is_(None), left > at), onwards.c.to_id.is_(None))
        .where(REFERRAL.c.kind.in_(kinds), *seen_by(question.view, REFERRAL), *of_kind(REFERRAL.c, question.kind))
    )  # fmt: skip
    walk = last.cte("part", recursive=True)
    return walk.union_all(
        select(
            walk.c.org_id, walk.c.stay_id, walk.c.kind, moves.c.from_id, moves.c.from_link, moves.c.from_came
        ).join(moves, (moves.c.org_id == walk.c.org_id) & (moves.c.to_id == walk.c.id))
    )  # fmt: skip


def _blocking(question: BlockedQuestion) -> CTE:
    """Return the referrals to later rungs that wait at the instant, or were refused for want of a place before.

    `refused` is when, in ms; null for those that wait.
    """
    at, c = to_milliseconds(question.at), REFERRAL.c
    kinds = [kind for rung in _BY for kind in question.kinds[rung]]
    refused = (c.state == State.refused.value) & (c.reason == Reason.no_place.value) & (ms(c.state_at) <= at)
    waits = (ms(c.waitlisted_at) <= at) & or_(c.state == State.waitlisted.value, _left_later(c, at))
    wanted = select(
        c.org_id, c.id, c.kind, c.link_id, c.previous_referral_id,
        case((refused, ms(c.state_at)), else_=null()).label("refused"),
    )  # fmt: skip
    asked = [c.kind.in_(kinds), c.success == "admitted", c.state != State.entered_in_error.value]
    linked = or_(c.link_id.is_not(None), c.previous_referral_id.is_not(None))
    return wanted.where(*asked, linked, or_(refused, waits), *seen_by(question.lookup, REFERRAL)).cte("blocking")


def _left_later(c: Columns, at: int) -> ColumnElement[bool]:
    """Return the condition that a referral once on a waiting list left it after the instant."""
    kept: ColumnElement[bool] = ms(c.state_at) > at
    for column in (c.accepted_at, c.arrived_at, c.admitted_at):
        kept &= or_(column.is_(None), ms(column) > at)
    return kept


def _found(part: CTE, blocking: CTE) -> FromClause:
    """Return which referrals to later rungs are of the person of a stay: by card, or by the chain of referrals."""
    chain = select(
        blocking.c.org_id, blocking.c.kind, blocking.c.refused, blocking.c.previous_referral_id.label("id")
    ).where(blocking.c.previous_referral_id.is_not(None)).cte("chain", recursive=True)  # fmt: skip
    above = REFERRAL.alias("above")
    chain = chain.union(  # distinct rows end also a chain that closes on itself
        select(chain.c.org_id, chain.c.kind, chain.c.refused, above.c.previous_referral_id)
        .join(above, (above.c.org_id == chain.c.org_id) & (above.c.id == chain.c.id))
        .where(above.c.previous_referral_id.is_not(None))
    )
    by_card = _pairs(part, blocking).join(blocking, blocking.c.link_id == part.c.link_id)
    by_chain = _pairs(part, chain).join(chain, (chain.c.org_id == part.c.org_id) & (chain.c.id == part.c.id))
    return union(by_card, by_chain).subquery("found")


def _pairs(part: CTE, other: CTE) -> Select[tuple[object, object, str, int | None]]:
    return select(part.c.org_id, part.c.stay_id, other.c.kind, other.c.refused).select_from(part)


async def blocked(session: ReadSession, question: BlockedQuestion) -> list[Blocked]:
    """Return the stays open for long, by kind, and how many are blocked, and by which later rung."""
    part, blocking = _still_open(question), _blocking(question)
    since = func.min(part.c.came)
    carded = func.max(case((part.c.link_id.is_not(None), 1), else_=0))
    keys = [part.c.org_id, part.c.stay_id, part.c.kind]
    long = to_milliseconds(question.at) - since > question.days * DAY_MS
    stay = select(*keys, since.label("since"), carded.label("carded")).group_by(*keys).having(long).cte("stay")
    found = _found(part, blocking)
    one = [stay.c.org_id, stay.c.stay_id, stay.c.kind, stay.c.carded]
    flags = [func.max(case((_by(question, stay, found, rung), 1), else_=0)).label(rung.value) for rung in _BY]
    same = (found.c.org_id == stay.c.org_id) & (found.c.stay_id == stay.c.stay_id)
    each = select(*one, *flags).select_from(stay).outerjoin(found, same).group_by(*one).subquery()
    by = [each.c[rung.value] == 1 for rung in _BY]
    sums = [count(each.c.carded == 1), count(or_(*by)), *map(count, by)]
    statement = select(each.c.kind, func.count(), *sums).group_by(each.c.kind)
    return [Blocked(kind, *map(int, counts)) for kind, *counts in await session.execute(statement)]


def _by(question: BlockedQuestion, stay: CTE, found: FromClause, rung: Rung) -> ColumnElement[bool]:
    """Return the condition: a referral to this rung, later than the stay's, keeps the stay where it is."""
    stuck = [kind for rung_of, later in LATER.items() if rung in later for kind in question.kinds[rung_of]]
    in_stay = or_(found.c.refused.is_(None), found.c.refused >= stay.c.since)
    return found.c.kind.in_(list(question.kinds[rung])) & stay.c.kind.in_(stuck) & in_stay
