"""The statements on blocked stays as they are kept by day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, literal, or_, select

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.db.types import to_milliseconds
from app.directory.rules import local_day
from app.metrics.asking import View
from app.metrics.counting import ms, seen_by
from app.metrics.facts import EVERYBODY, EVERYWHERE
from app.metrics.housing.models import BlockedDay
from app.metrics.housing.queries.opened import REFERRAL, of_kind, opened_stay
from app.metrics.housing.records import Blocked

_DAY: Final = table_of(BlockedDay)
_COUNTERS: Final = ("open_long", "carded", "blocked", "by_reintegration", "by_longer_stay", "by_treatment")


async def first_stay(session: ReadSession) -> date | None:
    """Return the day in Paris of the first admission whose record is fine."""
    began = select(REFERRAL.c.admitted_at).where(*opened_stay(REFERRAL.c)).order_by(ms(REFERRAL.c.admitted_at)).limit(1)
    at = (await session.execute(began)).scalar_one_or_none()
    return None if at is None else local_day(at)


async def last_kept(session: ReadSession) -> date | None:
    """Return the last day that was counted."""
    last: date | None = (await session.execute(select(func.max(_DAY.c.day)))).scalar_one_or_none()
    return last


async def any_open(session: ReadSession, instant: datetime) -> bool:
    """Say whether any stay lasted at an instant: where none did, none was blocked."""
    at, left = to_milliseconds(instant), ms(REFERRAL.c.exited_at)
    lasted = (ms(REFERRAL.c.admitted_at) <= at, or_(left.is_(None), left >= at))
    return (
        await session.execute(select(literal(1)).where(*opened_stay(REFERRAL.c), *lasted).limit(1))
    ).first() is not None


async def keep(session: WriteSession, day: date, lookup: bytes, found: Sequence[tuple[UUID, str, Blocked]]) -> None:
    """Store what was counted of a day for a look-up, and that it was; what is there already stays."""
    counted = select(_DAY.c.day).where(_DAY.c.org_id == EVERYBODY, _DAY.c.day == day, _DAY.c.lookup == lookup)
    if (await session.execute(counted)).first() is not None:
        return
    shared = {"day": day, "lookup": lookup}
    nothing = {"org_id": EVERYBODY, "territory": EVERYWHERE, "kind": EVERYWHERE} | dict.fromkeys(_COUNTERS, 0)
    rows = [
        shared | {"org_id": org_id, "territory": territory, "kind": one.kind}
        | {name: getattr(one, name) for name in _COUNTERS}
        for org_id, territory, one in found
    ]  # fmt: skip
    await insert_all_new(session, _DAY, [shared | nothing, *rows])


async def is_kept(session: ReadSession, day: date, lookup: bytes) -> bool:
    """Say whether a day's blocked stays are known for a look-up: it was counted, or is before all that were."""
    counted = _DAY.c.org_id == EVERYBODY
    found = await session.execute(select(_DAY.c.lookup).where(counted, _DAY.c.day == day))
    lookups = {bytes(one) for one in found.scalars()}
    if lookups:
        return lookup in lookups
    earliest = (await session.execute(select(func.min(_DAY.c.day)).where(counted))).scalar_one_or_none()
    return earliest is None or day < earliest


async def kept(session: ReadSession, day: date, lookup: bytes, view: View, kind: str | None) -> list[Blocked]:
    """Return the blocked stays of a day by kind."""
    sums = [func.sum(_DAY.c[name]) for name in _COUNTERS]
    here = [_DAY.c.day == day, _DAY.c.lookup == lookup, _DAY.c.org_id != EVERYBODY, *seen_by(view, _DAY)]
    chosen = select(_DAY.c.kind, *sums).where(*here, *of_kind(_DAY.c, kind)).group_by(_DAY.c.kind)
    return [Blocked(one, *map(int, counts)) for one, *counts in await session.execute(chosen)]
