"""The statements behind retention and exits: whole stays by how long they last, and where they end."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, exists, func, literal, not_, select, union_all

from app.clock import DAY_MS
from app.db.engine import ReadSession
from app.db.portability import day_number
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.rules import local_day
from app.encounters.models import Encounter
from app.metrics.asking import View
from app.metrics.counting import ms, seen_by
from app.metrics.housing.definitions import POSITIVE, RETENTION_DAYS, RETURN_FROM_DAYS, RETURN_TO_DAYS, STREET
from app.metrics.housing.queries.opened import (
    REFERRAL,
    StaysQuestion,
    among_moves,
    bounds,
    moves_between,
    of_kind,
    opened_stay,
    period_at,
    wall_between,
)
from app.metrics.housing.records import Durations, Exits
from app.metrics.housing.rules import midnight, number_of

_ENCOUNTER: Final = table_of(Encounter)


def _whole_stays(question: StaysQuestion) -> FromClause:
    """Return the stays opened in the periods, each with its moves followed to the end.

    A stay is seen where its first referral was made, and is of that referral's kind. Most have no move: those are read
    as they stand, the others are walked along.
    """
    since, until = bounds(question)
    # A stay is continued by the first that follows it, which may have begun before the period: rank those too.
    moves = moves_between(question.transfers, since - 2 * DAY_MS, to_milliseconds(question.as_of))
    came = ms(REFERRAL.c.admitted_at)
    opened = select(
        REFERRAL.c.org_id, REFERRAL.c.id, REFERRAL.c.kind, came.label("came"),
        ms(REFERRAL.c.exited_at).label("left"), REFERRAL.c.exit_destination.label("destination"),
        literal(0).label("moves"),
    ).where(
        *opened_stay(REFERRAL.c), came >= since, came < until, *seen_by(question.view, REFERRAL),
        *of_kind(REFERRAL.c, question.kind),
    )  # fmt: skip
    whole = opened.where(not_(among_moves(REFERRAL.c, moves, "from_id", "to_id")))
    first = opened.where(among_moves(REFERRAL.c, moves, "from_id"), not_(among_moves(REFERRAL.c, moves, "to_id")))
    walk = first.cte("walk", recursive=True)
    walk = walk.union_all(
        select(
            walk.c.org_id, moves.c.to_id, walk.c.kind, walk.c.came, moves.c.to_left, moves.c.to_destination,
            walk.c.moves + 1,
        ).join(moves, (moves.c.org_id == walk.c.org_id) & (moves.c.from_id == walk.c.id))
    )  # fmt: skip
    ends = select(walk).where(not_(among_moves(walk.c, moves, "from_id")))
    return union_all(whole, ends).subquery("stay")


async def durations(session: ReadSession, question: StaysQuestion) -> list[Durations]:
    """Return the stays opened in each period by kind and by how many whole days they lasted or have been followed."""
    stay, now = _whole_stays(question), to_milliseconds(question.as_of)
    ended = and_(stay.c.left.is_not(None), stay.c.left <= now)
    lasted = case((ended, stay.c.left), else_=now) - stay.c.came
    today = local_day(question.as_of)
    old = [
        (stay.c.came < to_milliseconds(midnight(today - timedelta(days=days))), days)
        for days in reversed(RETENTION_DAYS)
    ]
    keys = [
        period_at(stay.c.came, question.periods).label("period"),
        stay.c.kind,
        (lasted // DAY_MS).label("days"),
        case((ended, 1), else_=0).label("ended"),
        case((and_(ended, stay.c.destination.in_([one.value for one in POSITIVE])), 1), else_=0).label("positive"),
        case(*old, else_=0).label("old"),
    ]
    rows = select(*keys, stay.c.moves).subquery()
    group = [rows.c[key.name] for key in keys]
    statement: Select[Any] = select(*group, func.count(), func.sum(rows.c.moves)).group_by(*group)
    return [
        Durations.of(
            int(period), kind, int(days), stays, int(moves), old=enough, ended=bool(is_over), positive=bool(better)
        )
        for period, kind, days, is_over, better, enough, stays, moves in await session.execute(statement)
    ]


def _key_year_end(at: ColumnElement[int], as_of: datetime) -> ColumnElement[int]:
    """Return the last day of the Paris year that an instant lies in: cards of other years cannot be compared."""
    firsts = [date(year, 1, 1) for year in range(2021, local_day(as_of).year + 2)]
    ends = [(at < to_milliseconds(midnight(first)), number_of(first) - 1) for first in firsts[:-1]]
    return case(*ends, else_=number_of(firsts[-1]) - 1)


async def exits(session: ReadSession, question: StaysQuestion, lookup: View) -> list[Exits]:
    """Return the exits of each period by kind and destination, and how many were seen in the street afterwards.

    A move that continues the stay is no exit. An exit is seen where the stay's last referral was made; encounters of
    the same card are looked up in the whole of what the caller may see.
    """
    since, until = bounds(question)
    moves = moves_between(question.transfers, since - 2 * DAY_MS, to_milliseconds(question.as_of))
    left = ms(REFERRAL.c.exited_at)
    day = wall_between(midnight(question.periods[0].since), question.as_of).local(left) // DAY_MS
    today = number_of(local_day(question.as_of))
    carded = REFERRAL.c.link_id.is_not(None)
    due = day + RETURN_TO_DAYS
    followed = carded & (due <= _key_year_end(ms(REFERRAL.c.created_at), question.as_of)) & (due < today)
    met = day_number(_ENCOUNTER.c.service_day)
    seen = exists().where(
        _ENCOUNTER.c.link_id == REFERRAL.c.link_id,
        _ENCOUNTER.c.withdrawn.is_(False),
        # In the words of the index that holds these encounters only (`app.encounters.models.SLEPT_OUTSIDE`).
        _ENCOUNTER.c.sleeping.in_([literal(one, literal_execute=True) for one in STREET]),
        met >= day + RETURN_FROM_DAYS,
        met <= due,
        *seen_by(lookup, _ENCOUNTER),
    )
    rows = (
        select(
            period_at(left, question.periods).label("period"), REFERRAL.c.kind, REFERRAL.c.exit_destination,
            case((carded, 1), else_=0).label("carded"), case((followed, 1), else_=0).label("followed"),
            case((followed & seen, 1), else_=0).label("returned"),
        )
        .where(*opened_stay(REFERRAL.c), left >= since, left < until)
        .where(not_(among_moves(REFERRAL.c, moves, "from_id")))
        .where(*seen_by(question.view, REFERRAL), *of_kind(REFERRAL.c, question.kind))
        .subquery()
    )  # fmt: skip
    keys = [rows.c.period, rows.c.kind, rows.c.exit_destination]
    sums = [func.sum(column) for column in (rows.c.carded, rows.c.followed, rows.c.returned)]
    statement = select(*keys, func.count(), *sums).group_by(*keys)
    return [_exits(row) for row in await session.execute(statement)]


def _exits(row: Sequence[Any]) -> Exits:
    period, kind, destination, n, *flags = row
    carded, was_followed, returned = map(int, flags)
    return Exits(int(period), kind, destination, n, carded, was_followed, returned)
