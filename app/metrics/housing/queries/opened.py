"""What the statements about housing have in common: which referrals opened stays, and the clock in Paris in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, case, func, literal, select

from app.clock import DAY_MS, HOUR_MS
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.rules import local_day
from app.directory.vocabulary import SuccessState
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
    """Return the conditions that a referral opened a stay."""
    return [
        c.success == SuccessState.admitted.value,
        c.admitted_at.is_not(None),
        c.state != State.entered_in_error.value,
    ]


def of_kind(c: Columns, kind: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a statement to one kind; none without a kind."""
    return [] if kind is None else [c.kind == kind]


def moves_between(kinds: Collection[str], since: int | None, until: int) -> CTE:
    """Return the moves between emergency housings that continue one stay: (org_id, from_..., to_...).

    The next referral takes up the one before, and its admission lies after that one's admission and within a day of its
    exit; the first such one counts. Admissions in (since, until] only, in ms.
    """
    before, after = REFERRAL.alias("before"), REFERRAL.alias("after")
    came, left = ms(after.c.admitted_at), ms(before.c.exited_at)
    rank = func.row_number().over(partition_by=(before.c.org_id, before.c.id), order_by=(came, after.c.id))
    found = (
        select(
            before.c.org_id,
            before.c.id.label("from_id"),
            before.c.link_id.label("from_link"),
            ms(before.c.admitted_at).label("from_came"),
            after.c.id.label("to_id"),
            ms(after.c.exited_at).label("to_left"),
            after.c.exit_destination.label("to_destination"),
            rank.label("rank"),
        )
        .join(after, (after.c.org_id == before.c.org_id) & (after.c.previous_referral_id == before.c.id))
        .where(*opened_stay(before.c), *opened_stay(after.c))
        .where(before.c.kind.in_(sorted(kinds)), after.c.kind.in_(sorted(kinds)))
        .where(came > ms(before.c.admitted_at), came >= left - DAY_MS, came <= left + DAY_MS, came <= until)
        .where(*([] if since is None else [came > since]))
        .subquery()
    )
    moves = select(found).where(found.c.rank == 1).cte("transfer")
    return moves.prefix_with("MATERIALIZED")  # else SQLite works it out again for every stay


def bounds(question: StaysQuestion) -> tuple[int, int]:
    """Return [since, until) of all periods, in ms; nothing after `as_of`."""
    until = min(midnight(question.periods[-1].until), question.as_of + timedelta(milliseconds=1))
    return to_milliseconds(midnight(question.periods[0].since)), to_milliseconds(until)


def period_at(at: ColumnElement[int], periods: Sequence[Period]) -> ColumnElement[int]:
    """Return the place of the period an instant lies in, given that it lies in one."""
    ends = [(at < to_milliseconds(midnight(period.until)), place) for place, period in enumerate(periods[:-1])]
    last = literal(len(periods) - 1)
    return case(*ends, else_=last) if ends else last
