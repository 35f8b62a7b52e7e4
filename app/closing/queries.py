"""Every statement on the end of key periods. Links are found by their seal, which says its period (`app.keyring`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, TableClause, column, func, null, select, table, tuple_, update

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
    """Return {table.column: how many records carry a seal of a period}, of all there are."""
    least, greatest = seals_of(year)
    return {
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
    await session.execute(
        update(_PERIOD).where(_PERIOD.c.name == key_of(year)).values(unlinked=_PERIOD.c.unlinked + len(keys))
    )
    return len(keys), days


async def take_position(session: WriteSession) -> int:
    """Return the place of this transaction in the order of commits."""
    return await commit_position(await session.connection())


async def is_passed(session: ReadSession, position: int) -> bool:
    """Say whether every transaction that wrote before this position has ended."""
    return int((await session.execute(select(commit_horizon()))).scalar_one()) > position
