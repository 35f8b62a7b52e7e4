"""Every statement on marks."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, column, delete, exists, func, insert, literal, select, table
from sqlmodel import col

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import commit_position
from app.db.table import table_of
from app.db.types import Key
from app.marks.models import StaleDay

_STALE: Final = table_of(StaleDay)


async def mark_days(session: WriteSession, days: Iterable[tuple[UUID, date]]) -> None:
    """Mark (organisation, day) as changed by this transaction."""
    rows = [{"org_id": org_id, "day": day} for org_id, day in sorted(set(days))]
    if rows:
        await insert_all_new(session, _STALE, rows, stamped=True)


async def marked(session: ReadSession | WriteSession, org_id: UUID | None, since: date, until: date) -> set[date]:
    """Return the days in [since, until) that any organisation, or one, has marked."""
    statement = select(col(StaleDay.day)).where(col(StaleDay.day) >= since, col(StaleDay.day) < until).distinct()
    if org_id is not None:
        statement = statement.where(col(StaleDay.org_id) == org_id)
    return set(await session.scalars(statement))


async def next_organisation(session: WriteSession) -> UUID | None:
    """Return an organisation with marked days, or None when nothing is marked."""
    return (await session.execute(select(col(StaleDay.org_id)).limit(1))).scalar_one_or_none()


async def marks_of(session: WriteSession, org_id: UUID, most: int) -> list[tuple[date, int]]:
    """Return all marks (day, position) of an organisation's latest marked days, `most` days at most."""
    days = await session.scalars(
        select(col(StaleDay.day))
        .where(col(StaleDay.org_id) == org_id)
        .distinct()
        .order_by(col(StaleDay.day).desc())
        .limit(most)
    )
    found = await session.execute(
        select(col(StaleDay.day), col(StaleDay.position)).where(
            col(StaleDay.org_id) == org_id, col(StaleDay.day).in_(days.all())
        )
    )
    return [(day, position) for day, position in found]


async def forget(session: WriteSession, org_id: UUID, marks: Sequence[tuple[date, int]]) -> None:
    """Take away these marks and no other."""
    positions: dict[date, list[int]] = {}
    for day, position in marks:
        positions.setdefault(day, []).append(position)
    for day, listed in positions.items():
        await session.execute(
            delete(StaleDay).where(
                col(StaleDay.org_id) == org_id, col(StaleDay.day) == day, col(StaleDay.position).in_(listed)
            )
        )


_DATED: Final = [
    table(name, column("org_id", Key), column(day, Date))
    for name, day in (("encounter", "service_day"), ("patrol", "service_day"), ("referral", "cohort_day"))
]
"""The tables whose days are marked, by name: their features lie above this one."""


async def mark_everything(session: WriteSession) -> None:
    """Mark every day that holds records, and every day that has a fact."""
    position = await commit_position(await session.connection())
    for dated in _DATED:
        org_id, day = dated.c
        days = select(org_id, day, literal(position)).distinct()
        there = exists().where(_STALE.c.org_id == org_id, _STALE.c.day == day)
        await session.execute(insert(_STALE).from_select(["org_id", "day", "position"], days.where(~there)))


async def extent(session: ReadSession) -> list[tuple[UUID, date, date]]:
    """Return (organisation, first day, last day) of each organisation that has records."""
    found: dict[UUID, tuple[date, date]] = {}
    for dated in _DATED:
        owner, day = dated.c
        ends = select(owner, func.min(day), func.max(day)).group_by(owner)
        for org_id, first, last in await session.execute(ends):
            earlier, later = found.get(org_id, (first, last))
            found[org_id] = min(first, earlier), max(last, later)
    return [(org_id, *ends) for org_id, ends in found.items()]
