"""Every statement on marks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    table,
    union,
    update,
)
from sqlmodel import col

from app.db.bulk import insert_all_new, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among, commit_position
from app.db.table import table_of
from app.db.types import Big, Bytes16, Day, Key, to_milliseconds
from app.marks.models import FACTS, LINKS, Finality, StaleDay, TrailMark
from app.marks.trails import Trail

_STALE: Final = table_of(StaleDay)
_TRAIL: Final = table_of(TrailMark)
_FINALITY: Final = table_of(Finality)
_BEFORE: Final = {name: select(_FINALITY.c.before).where(_FINALITY.c.name == name) for name in (FACTS, LINKS)}
_REFERRAL: Final = table(
    "referral",
    column("org_id", Key),
    column("id", Key),
    column("cohort_day", Day),
    column("created_at", Big),
    column("link_id", Bytes16),
    column("previous_referral_id", Key),
)
"""The referrals, by name: their feature lies above this one."""
_TRAILS: Final = 10_000
"""Marks of trails followed in one transaction."""


async def mark_days(session: WriteSession, days: Iterable[tuple[UUID, date]]) -> None:
    """Mark (organisation, day) as changed by this transaction."""
    rows = [{"org_id": org_id, "day": day} for org_id, day in sorted(set(days))]
    if rows:
        await insert_all_new(session, _STALE, rows, stamped=True)


async def final_before(session: ReadSession | WriteSession) -> date | None:
    """Return the first service day whose facts are still computed; those of earlier days are final. None: of no day.

    The one place of this rule. Facts of final days are read and never computed, cleared or verified: their records may
    have lost what a recount needs. Marks on them say nothing and are dropped. `set_final_before` moves it.
    """
    return (await session.execute(_BEFORE[FACTS])).scalar_one_or_none()


async def unlinked_before(session: ReadSession | WriteSession) -> date | None:
    """Return the first service day whose cards and slips are still there; None: all are.

    Figures that need them are kept as numbers for earlier days, or not at all.
    """
    return (await session.execute(_BEFORE[LINKS])).scalar_one_or_none()


async def set_final_before(session: WriteSession, day: date) -> date:
    """Make the facts of all service days before `day` final; return the day that holds then. It never moves back.

    The caller has refreshed those days: `app.metrics.refreshing.finish_before` does both.
    """
    return await _move(session, FACTS, day)


async def set_unlinked_before(session: WriteSession, day: date) -> date:
    """Say that links of all service days before `day` are gone or going; return the day that holds then."""
    return await _move(session, LINKS, day)


async def _move(session: WriteSession, name: str, day: date) -> date:
    await insert_new(session, _FINALITY, [{"name": name, "before": day}])
    moved = update(_FINALITY).where(_FINALITY.c.name == name, _FINALITY.c.before < day).values(before=day)
    await session.execute(moved)
    holds: date = (await session.execute(_BEFORE[name])).scalar_one()
    return holds


async def not_final(session: ReadSession | WriteSession, days: Iterable[date]) -> set[date]:
    """Return those days whose facts are still computed."""
    before = await final_before(session)
    return {day for day in days if before is None or day >= before}


def _open(day: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped or a plain column
    """Return the condition: facts of this day are still computed."""
    found: ColumnElement[bool] = day >= func.coalesce(_BEFORE[FACTS].scalar_subquery(), literal(date.min, Day))
    return found


async def marked(session: ReadSession | WriteSession, org_id: UUID | None, since: date, until: date) -> set[date]:
    """Return the days in [since, until) that any organisation, or one, has marked; final days never are."""
    statement = select(col(StaleDay.day)).where(
        col(StaleDay.day) >= since, col(StaleDay.day) < until, _open(col(StaleDay.day))
    )
    statement = statement.distinct()
    if org_id is not None:
        statement = statement.where(col(StaleDay.org_id) == org_id)
    return set(await session.scalars(statement))


async def drop_final_marks(session: WriteSession) -> None:
    """Take away the marks of final days: nothing is computed for them."""
    before = await final_before(session)
    if before is not None:
        await session.execute(delete(StaleDay).where(col(StaleDay.day) < before))


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
    """Mark every day that holds records and is not final."""
    position = await commit_position(await session.connection())
    for dated in _DATED:
        org_id, day = dated.c
        days = select(org_id, day, literal(position)).distinct()
        there = exists().where(_STALE.c.org_id == org_id, _STALE.c.day == day)
        await session.execute(insert(_STALE).from_select(["org_id", "day", "position"], days.where(~there, _open(day))))


async def everybody(session: WriteSession) -> set[UUID]:
    """Return every organisation that has marked days or records whose days are marked."""
    found = set(await session.scalars(select(col(StaleDay.org_id)).distinct()))
    for dated in _DATED:
        found |= set(await session.scalars(select(dated.c.org_id).distinct()))
    return found


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


async def mark_trails(session: WriteSession, trails: Iterable[Trail]) -> None:
    """Mark referrals whose change bears on those that look back at them."""
    rows = [
        {
            "org_id": trail.org_id,
            "id": uuid4(),
            "referral_id": trail.referral_id,
            "link_id": trail.link_id,
            "since": None if trail.since is None else to_milliseconds(trail.since),
            "waits_for": trail.waits_for,
        }
        for trail in trails
    ]
    if rows:
        await insert_all_new(session, _TRAIL, rows)


async def forget_waiting_before(session: WriteSession, day: date) -> None:
    """Delete the marks that say which referral one takes up, where either is of a day before this one."""
    old = exists().where(
        _REFERRAL.c.org_id == _TRAIL.c.org_id,
        or_(_REFERRAL.c.id == _TRAIL.c.referral_id, _REFERRAL.c.id == _TRAIL.c.waits_for),
        _REFERRAL.c.cohort_day < day,
    )
    await session.execute(delete(_TRAIL).where(_TRAIL.c.waits_for.is_not(None), old))


async def forget_waiting_for(session: WriteSession, org_ids: Collection[UUID], ids: Collection[UUID]) -> None:
    """Delete the marks that say which referral one takes up, where either is one of these."""
    either = or_(among(session, _TRAIL.c.referral_id, ids), among(session, _TRAIL.c.waits_for, ids))
    waiting = _TRAIL.c.org_id.in_(org_ids) & _TRAIL.c.waits_for.is_not(None)
    await session.execute(delete(_TRAIL).where(waiting, either))


def _days_behind(trails: Select[Any]) -> Select[Any]:
    """Return (organisation, cohort day) of all referrals that look back at these marks; a day may be null."""
    mark, made, child = trails.cte("mark"), _REFERRAL.alias("made"), _REFERRAL.alias("child")
    below = select(mark.c.org_id, mark.c.referral_id.label("id")).cte("below", recursive=True)
    # Distinct, so a chain that closes on itself ends.
    below = below.union(
        select(child.c.org_id, child.c.id).join(
            below, (child.c.org_id == below.c.org_id) & (child.c.previous_referral_id == below.c.id)
        )
    )
    # Outer joins, so that SQLite begins with the marks, which are few, whatever it knows of them.
    chained = select(made.c.org_id, made.c.cohort_day).select_from(
        below.outerjoin(made, (made.c.org_id == below.c.org_id) & (made.c.id == below.c.id))
    )
    carded = select(made.c.org_id, made.c.cohort_day).select_from(
        mark.outerjoin(made, (made.c.link_id == mark.c.link_id) & (made.c.created_at >= mark.c.since))
    )
    found = union(chained, carded).subquery()
    return select(found.c.org_id, found.c.cohort_day)


def _ripe() -> Select[Any]:
    """Return the marks that wait for nothing any more."""
    above = _REFERRAL.alias("above")
    there = exists().where(above.c.org_id == _TRAIL.c.org_id, above.c.id == _TRAIL.c.waits_for)
    return select(_TRAIL).where(or_(_TRAIL.c.waits_for.is_(None), there))


_BEHIND_ALL: Final = _days_behind(_ripe())


async def followed(session: ReadSession | WriteSession, org_id: UUID | None, since: date, until: date) -> set[date]:
    """Return the days in [since, until) of referrals that look back at a marked one, of any organisation or one."""
    found = {
        day
        for owner, day in await session.execute(_BEHIND_ALL)
        if day is not None and since <= day < until and org_id in {None, owner}
    }
    return await not_final(session, found) if found else found


async def follow(session: WriteSession) -> None:
    """Mark the days of referrals that look back at marked ones, and forget these; some of them at a time."""
    ripe = (await session.execute(_ripe().with_only_columns(_TRAIL.c.id).limit(_TRAILS))).scalars().all()
    if not ripe:
        return
    chosen = among(session, _TRAIL.c.id, ripe)
    days = await session.execute(_days_behind(select(_TRAIL).where(chosen)))
    await mark_days(session, [(org_id, day) for org_id, day in days if day is not None])
    await session.execute(delete(_TRAIL).where(chosen))
