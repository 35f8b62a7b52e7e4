"""What the statements about housing have in common: which referrals opened stays, and the clock in Paris in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, case, func, literal, or_, select, tuple_, union_all

from app.clock import DAY_MS, HOUR_MS
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.rules import local_day
from app.directory.vocabulary import SuccessState
from app.ingest.coarse import CLOSED
from app.metrics.asking import View
from app.metrics.counting import ms
from app.metrics.housing.rules import NIGHT_HOUR, midnight
from app.metrics.indicator import Period
from app.metrics.walltime import Wall
from app.referrals.models import Referral
from app.referrals.vocabulary import State

REFERRAL: Final = table_of(Referral)
Columns = Any
"""The columns of a table, an alias or a subquery."""


@dataclass(frozen=True, slots=True)
class StaysQuestion:
    """Which stays: who asks, in which consecutive periods, of which kind, as known when."""

    view: View
    periods: Sequence[Period]
    kind: str | None
    transfers: Collection[str]
    """Kinds between which a move is no exit."""
    as_of: datetime


def wall_between(since: datetime, until: datetime) -> Wall:
    """Return the clock in Paris between two instants."""
    return Wall.around(Period(local_day(since), local_day(until) + timedelta(days=1)))


def night_counted(at: ColumnElement[int], wall: Wall) -> ColumnElement[int]:
    """Return the first night that is counted at an instant or after it."""
    return (wall.local(at) - (NIGHT_HOUR * HOUR_MS + 1)) // DAY_MS


def opened_stay(c: Columns) -> list[ColumnElement[bool]]:
    """Return the conditions that a referral opened a stay, and is not coarse: what is coarse was counted and kept.

    They stand in the statement word for word as in the indexes of stays (`app.referrals.models`), not as parameters:
    else the databases could not tell that those indexes hold every stay.
    """
    return [
        c.success == literal(SuccessState.admitted.value, literal_execute=True),
        c.admitted_at.is_not(None),
        c.state != literal(State.entered_in_error.value, literal_execute=True),
        c.position != literal(CLOSED, literal_execute=True),
    ]


def gone_after(at: int | ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Return the conditions on stays that began by an instant (ms) and ended after it: one range of an index.

    Most stays began before most instants, and few end after it. SQLite cannot know, so the sum keeps it from the index
    by beginnings.
    """
    return [ms(REFERRAL.c.admitted_at) + 0 <= at, ms(REFERRAL.c.exited_at) > at]


def lasting(start: int, end: int) -> list[list[ColumnElement[bool]]]:
    """Return the conditions on stays that last beyond `start` and begin by `end` (ms), in disjoint parts.

    Those that began after `start`, and two parts of those that were there: each part is one range of an index.
    """
    came, left = ms(REFERRAL.c.admitted_at), ms(REFERRAL.c.exited_at)
    return [
        [came > start, came <= end, or_(left.is_(None), left > start)],
        gone_after(start),
        [came <= start, left.is_(None)],
    ]


def of_kind(c: Columns, kind: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement to one kind; none without a kind."""
    return [] if kind is None else [c.kind == kind]


def continues(
    before: Columns, after: Columns, kinds: Collection[str], until: int | ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """Return the conditions that one referral continues the stay of another: a move between emergency housings.

    It takes up the one before, and its admission lies after that one's admission and within a day of its exit, and not
    after `until` (ms). Of several that do, the first counts.
    """
    came, left = ms(after.admitted_at), ms(before.exited_at)
    return [
        after.org_id == before.org_id,
        after.previous_referral_id == before.id,
        *opened_stay(before),
        *opened_stay(after),
        before.kind.in_(sorted(kinds)),
        after.kind.in_(sorted(kinds)),
        came > ms(before.admitted_at),
        came >= left - DAY_MS,
        came <= left + DAY_MS,
        came <= until,
    ]


def moves_between(kinds: Collection[str], since: int, until: int) -> CTE:
    """Return the moves that continue a stay, of admissions in [since, until] (ms): (org_id, from_id, to_...)."""
    before, after = REFERRAL.alias("before"), REFERRAL.alias("after")
    came = ms(after.c.admitted_at)
    rank = func.row_number().over(partition_by=(before.c.org_id, before.c.id), order_by=(came, after.c.id))
    found = (
        select(
            before.c.org_id,
            before.c.id.label("from_id"),
            after.c.id.label("to_id"),
            ms(after.c.exited_at).label("to_left"),
            after.c.exit_destination.label("to_destination"),
            rank.label("rank"),
        )
        .where(after.c.previous_referral_id.is_not(None), came >= since)
        .where(*continues(before.c, after.c, kinds, until))
        .subquery()
    )
    moves = select(found).where(found.c.rank == 1).cte("transfer")
    return moves.prefix_with("MATERIALIZED")  # else SQLite works it out again for every stay


def among_moves(c: Columns, moves: CTE, *ends: str) -> ColumnElement[bool]:
    """Return the condition that a move leads from a referral (end from_id), or to it (to_id)."""
    return tuple_(c.org_id, c.id).in_(union_all(*(select(moves.c.org_id, moves.c[end]) for end in ends)))


def bounds(question: StaysQuestion) -> tuple[int, int]:
    """Return [since, until) of all periods, in ms; nothing after `as_of`."""
    until = min(midnight(question.periods[-1].until), question.as_of + timedelta(milliseconds=1))
    return to_milliseconds(midnight(question.periods[0].since)), to_milliseconds(until)


def period_at(at: ColumnElement[int], periods: Sequence[Period]) -> ColumnElement[int]:
    """Return the place of the period an instant lies in, given that it lies in one."""
    ends = [(at < to_milliseconds(midnight(period.until)), place) for place, period in enumerate(periods[:-1])]
    last = literal(len(periods) - 1)
    return case(*ends, else_=last) if ends else last
