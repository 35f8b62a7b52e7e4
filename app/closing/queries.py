"""Every statement on the end of key periods.

Links by cards and slips are found by their seal, which says its period (`app.keyring`); those from a referral to the
one that it takes up by the days of both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    TableClause,
    column,
    func,
    literal,
    null,
    or_,
    select,
    table,
    tuple_,
    update,
)

from app.closing.models import KeyPeriod
from app.db.bulk import insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import commit_horizon, commit_position
from app.db.table import table_of
from app.db.types import Bytes16, Key
from app.keyring import seals_of

Session = ReadSession | WriteSession
_PERIOD: Final = table_of(KeyPeriod)
_PREFIX: Final = "period-"


@dataclass(frozen=True, slots=True)
class Seals:
    """A column that holds seals, and the day of its records that facts go by, where they have one."""

    table: TableClause
    column: str
    day: str | None


def _seals(name: str, seal: str, day: str | None = None) -> Seals:
    days = [column(day, Date)] if day else []
    return Seals(table(name, column("org_id", Key), column("id", Key), column(seal, Bytes16), *days), seal, day)


SEALS: Final = (
    _seals("encounter", "link_id", "service_day"),
    _seals("referral", "link_id", "cohort_day"),
    _seals("referral", "slip_digest"),
    _seals("held_event", "slip_digest"),
    _seals("held_event", "slip_digest_beside"),
    _seals("trail_mark", "link_id"),
    _seals("followed_exit", "link_id"),
)
"""Every column of records that holds seals, by name: their features do not know of this one."""
TABLES: Final = (
    *dict.fromkeys(seals.table.name for seals in SEALS),
    "person_number",
    "people_fact",
    "alone_fact",
)
"""Every table that has held links or sets of people."""
_TAKER: Final = table(
    "referral",
    column("org_id", Key),
    column("id", Key),
    column("cohort_day", Date),
    column("previous_referral_id", Key),
)
_TAKEN: Final = _TAKER.alias("taken")


def key_of(year: int) -> str:
    """Return the name of a period's key."""
    return f"{_PREFIX}{year:04d}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How far the end of a period has come."""

    year: int
    began_at: datetime
    frozen_at: datetime | None
    nulled_at: datetime | None
    destroyed_at: datetime | None
    unlinked: int


async def endings(session: Session) -> dict[int, Ending]:
    """Return {year: how far its end has come} of every period that is no longer open."""
    found = await session.execute(select(_PERIOD).order_by(_PERIOD.c.name))
    listed = [Ending(int(name.removeprefix(_PREFIX)), *rest) for name, *rest in found]
    return {ending.year: ending for ending in listed}


async def begin(session: WriteSession, year: int, now: datetime) -> bool:
    """Note that closing has begun; return False when it had."""
    row: Mapping[str, Any] = {
        "name": key_of(year), "began_at": now, "frozen_at": None, "nulled_at": None, "destroyed_at": None,
        "unlinked": 0,
    }  # fmt: skip
    return bool(await insert_new(session, _PERIOD, [row]))


async def note(session: WriteSession, year: int, **done: datetime) -> None:
    """Note when a step was done."""
    await session.execute(update(_PERIOD).where(_PERIOD.c.name == key_of(year)).values(**done))


async def count_links(session: Session, year: int) -> dict[str, int]:
    """Return {table.column: how many records carry a seal of a period, or lead from or to one of its days}."""
    least, greatest = seals_of(year)
    chained = _chained(lambda day: day.between(date(year, 1, 1), date(year, 12, 31)), func.count())
    return {"referral.previous_referral_id": int((await session.execute(chained)).scalar_one())} | {
        f"{seals.table.name}.{seals.column}": int(
            (
                await session.execute(
                    select(func.count())
                    .select_from(seals.table)
                    .where(seals.table.c[seals.column].between(least, greatest))
                )
            ).scalar_one()
        )
        for seals in SEALS
    }


async def take_away(session: WriteSession, year: int, seals: Seals, most: int) -> tuple[int, set[tuple[UUID, date]]]:
    """Take a period's seals off some records; return how many, and their (organisation, day)."""
    least, greatest = seals_of(year)
    c = seals.table.c
    chosen = select(c.org_id, c.id).where(c[seals.column].between(least, greatest)).limit(most)
    keys = [(row.org_id, row.id) for row in await session.execute(chosen)]
    if not keys:
        return 0, set()
    taken = (
        update(seals.table)
        .where(tuple_(c.org_id, c.id).in_(keys), c[seals.column].between(least, greatest))
        .values({seals.column: null()})
    )
    days: set[tuple[UUID, date]] = set()
    if seals.day is not None:
        changed = await session.execute(taken.returning(c.org_id, c[seals.day]))
        days = {(org_id, day) for org_id, day in changed}
    else:
        await session.execute(taken)
    await _count(session, year, len(keys))
    return len(keys), days


async def part_some(session: WriteSession, year: int, most: int) -> list[tuple[UUID, UUID, date]]:
    """Let some referrals no longer take up another, where either is of a day up to the end of a period.

    Returns their (organisation, id, day). Days before the period count as well: a coarse referral has the Monday of
    its week, and earlier periods were closed before.
    """
    before = literal(date(year + 1, 1, 1), Date)
    c = _TAKER.c
    chosen = _chained(lambda day: day < before, c.org_id, c.id, c.cohort_day).limit(most)
    found = [(row.org_id, row.id, row.cohort_day) for row in await session.execute(chosen)]
    if found:
        these = tuple_(c.org_id, c.id).in_([(org_id, key) for org_id, key, _ in found])
        await session.execute(update(_TAKER).where(these).values(previous_referral_id=null()))
        await _count(session, year, len(found))
    return found


def _chained(of: Callable[[ColumnElement[date]], ColumnElement[bool]], *shown: ColumnElement[Any]) -> Select[Any]:
    """Return what is shown of the referrals that take up another, where the day of either is one of these."""
    same = (_TAKEN.c.org_id == _TAKER.c.org_id) & (_TAKEN.c.id == _TAKER.c.previous_referral_id)
    return (
        select(*shown)
        .select_from(_TAKER.outerjoin(_TAKEN, same))
        .where(_TAKER.c.previous_referral_id.is_not(None), or_(of(_TAKER.c.cohort_day), of(_TAKEN.c.cohort_day)))
    )


async def _count(session: WriteSession, year: int, taken: int) -> None:
    """Add to the links of a period that were taken away."""
    counted = _PERIOD.c.unlinked + taken
    await session.execute(update(_PERIOD).where(_PERIOD.c.name == key_of(year)).values(unlinked=counted))


async def take_position(session: WriteSession) -> int:
    """Return the place of this transaction in the order of commits."""
    return await commit_position(await session.connection())


async def is_passed(session: ReadSession, position: int) -> bool:
    """Say whether every transaction that wrote before this position has ended."""
    return int((await session.execute(select(commit_horizon()))).scalar_one()) > position
