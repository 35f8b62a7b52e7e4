"""Every statement that makes records coarse or deletes them.

A coarse row is a new row, and the fine one is deleted: updated in place, a row would keep its place in the file, which
is that of its arrival, and the log of acts tells the instant of each arrival. For the same reason rows are chosen in
the order of their digests, and stored in the order of their keyed ids: neither says anything of time.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, text, tuple_, union_all, update
from sqlmodel import col

from app.capacity.models import PlaceHold
from app.db.bulk import Row, insert_new, update_rows
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among
from app.db.table import table_of
from app.directory.vocabulary import SuccessState
from app.encounters.models import Encounter
from app.identity.models import Enrolment, ProofSeen, Token
from app.ingest.coarse import CLOSED
from app.marks.models import TrailMark
from app.metrics.people.models import AloneFact, PeopleFact
from app.patrols.models import Patrol
from app.referrals.models import UNSETTLED, HeldEvent, LookupFailure, Referral, ReferralEvent
from app.referrals.vocabulary import State

Session = ReadSession | WriteSession
ENCOUNTER: Final = table_of(Encounter)
REFERRAL: Final = table_of(Referral)
EVENT: Final = table_of(ReferralEvent)
HOLD: Final = table_of(PlaceHold)
PATROL: Final = table_of(Patrol)
_TRAIL: Final = table_of(TrailMark)
_FAILED: Final = (
    State.refused,
    State.declined,
    State.no_show,
    State.cancelled,
    State.expired,
    State.entered_in_error,
)
_TERMINAL: Final = (*_FAILED, State.admitted)
_ENDED: Final = (State.offered, *_FAILED)
"""Silence never ends an offer: after 90 days nobody will."""
EXPIRING: Final = (table_of(Token), table_of(Enrolment), table_of(ProofSeen))
PASSING: Final = {table_of(HeldEvent): "occurred_at", table_of(LookupFailure): "at"}
"""Rows that wait for something of the same days, with their instants."""
_SETS: Final = (table_of(PeopleFact), table_of(AloneFact))
PURGED: Final = (ENCOUNTER, REFERRAL, EVENT, HOLD, PATROL, _TRAIL, *_SETS, *PASSING, *EXPIRING)


def fine_encounters(before: date, settled_at: datetime) -> ColumnElement[bool]:
    """Return the condition: an encounter of a day before `before` is still fine, and can be corrected no more."""
    return and_(
        col(Encounter.service_day) < before,
        col(Encounter.slot).is_not(None),
        col(Encounter.first_received_at) < settled_at,
    )


def fine_referrals(before: date, ended_at: datetime, settled_at: datetime) -> ColumnElement[bool]:
    """Return the condition: a referral made before `before` is still fine, and it and its stay ended before `ended_at`.

    A stay that ended later is asked for by the day of its end.
    """
    succeeded = and_(
        col(Referral.success) == SuccessState.arrived.value,
        col(Referral.state).in_([State.arrived.value, State.admitted.value]),
    )
    left = and_(col(Referral.state) == State.admitted.value, col(Referral.exited_at).is_not(None))
    return and_(
        col(Referral.cohort_day) < before,
        col(Referral.position) != CLOSED,
        or_(col(Referral.state).in_([state.value for state in _ENDED]), succeeded, left),
        col(Referral.received_at) < settled_at,
        col(Referral.state_at) < ended_at,
        or_(col(Referral.exited_at).is_(None), col(Referral.exited_at) < ended_at),
    )


def settled_referrals(settled_at: datetime) -> ColumnElement[bool]:
    """Return the condition: a referral ended, nothing was heard of it since, and it or an event of it keeps its minute.

    An admission has ended it too: the end of the stay may follow, and is settled by itself. What is only offered has no
    answer yet. The words about events are those of their index.
    """
    unsettled, own = text(f"referral_event.{UNSETTLED}"), REFERRAL.alias("own")
    lately = (
        exists()
        .where(
            EVENT.c.org_id == REFERRAL.c.org_id,
            EVENT.c.referral_id == REFERRAL.c.id,
            unsettled,
            EVENT.c.received_at >= settled_at,
        )
        .correlate(REFERRAL)
    )
    arrived = (col(Referral.state) == State.arrived.value) & (col(Referral.success) == SuccessState.arrived.value)
    return and_(
        col(Referral.position) != CLOSED,
        or_(col(Referral.state).in_([state.value for state in _TERMINAL]), arrived),
        col(Referral.received_at) < settled_at,
        col(Referral.state_at) < settled_at,
        tuple_(REFERRAL.c.org_id, REFERRAL.c.id).in_(
            union_all(
                select(EVENT.c.org_id, EVENT.c.referral_id).where(unsettled),
                select(own.c.org_id, own.c.id).where(own.c.made_at.is_not(None)),
            )
        ),
        ~lately,
    )


def old_referrals(before: date, at: datetime) -> ColumnElement[bool]:
    """Return the condition: made before a day, and nothing happened to it since an instant."""
    return and_(
        col(Referral.cohort_day) < before,
        col(Referral.state_at) < at,
        or_(col(Referral.exited_at).is_(None), col(Referral.exited_at) < at),
    )


async def owners(session: Session, table: Table, condition: ColumnElement[bool]) -> Sequence[UUID]:
    """Return the organisations that have such rows."""
    found = await session.scalars(select(table.c.org_id).where(condition).distinct())
    return sorted(found)


async def count(session: Session, table: Table, condition: ColumnElement[bool]) -> int:
    """Return how many such rows there are."""
    return int((await session.execute(select(func.count()).select_from(table).where(condition))).scalar_one())


async def count_unsettled(session: Session, condition: ColumnElement[bool]) -> dict[str, int]:
    """Return how many such referrals keep their minute, and how many of their events and holds, by table."""
    joined = EVENT.join(REFERRAL, and_(EVENT.c.org_id == REFERRAL.c.org_id, EVENT.c.referral_id == REFERRAL.c.id))
    events = select(func.count()).select_from(joined).where(EVENT.c.sequence.is_(None), condition)
    of_held = HOLD.join(REFERRAL, and_(HOLD.c.org_id == REFERRAL.c.org_id, HOLD.c.referral_id == REFERRAL.c.id))
    holds = select(func.count()).select_from(of_held).where(REFERRAL.c.made_at.is_not(None), condition)
    return {
        "referral": await count(session, REFERRAL, and_(REFERRAL.c.made_at.is_not(None), condition)),
        "referral_event": int((await session.execute(events)).scalar_one()),
        "place_hold": int((await session.execute(holds)).scalar_one()),
    }


async def set_holds(session: WriteSession, rows: Sequence[Row]) -> None:
    """Set columns of places held."""
    await update_rows(session, HOLD, rows)


async def forget_minutes(session: WriteSession, org_id: UUID, ids: Collection[UUID]) -> None:
    """Let an organisation's referrals know no more of their making than its slot."""
    chosen = and_(REFERRAL.c.org_id == org_id, among(session, REFERRAL.c.id, ids))
    await session.execute(update(REFERRAL).where(chosen).values(made_at=None))


async def some(
    session: WriteSession, table: Table, org_id: UUID, condition: ColumnElement[bool], most: int
) -> list[Row]:
    """Return some rows of an organisation, in no order that says anything of time."""
    chosen = select(table).where(table.c.org_id == org_id, condition).order_by(table.c.digest).limit(most)
    return [dict(row._mapping) for row in await session.execute(chosen)]  # noqa: SLF001 - SQLAlchemy's public name


async def fine_of(session: WriteSession, org_id: UUID, ids: Collection[UUID]) -> list[Row]:
    """Return those of an organisation's referrals that are fine."""
    if not ids:
        return []
    c = REFERRAL.c
    chosen = select(REFERRAL).where(c.org_id == org_id, among(session, c.id, ids), c.position != CLOSED)
    return [dict(row._mapping) for row in await session.execute(chosen)]  # noqa: SLF001 - SQLAlchemy's public name


async def of_referrals(session: WriteSession, table: Table, org_id: UUID, ids: Collection[UUID]) -> list[Row]:
    """Return the rows of a table that name these referrals of an organisation."""
    chosen = select(table).where(table.c.org_id == org_id, among(session, table.c.referral_id, ids))
    return [dict(row._mapping) for row in await session.execute(chosen)]  # noqa: SLF001 - SQLAlchemy's public name


async def present(session: WriteSession, org_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return those ids that are referrals of an organisation."""
    chosen = select(col(Referral.id)).where(col(Referral.org_id) == org_id, among(session, col(Referral.id), ids))
    return set(await session.scalars(chosen)) if ids else set()


async def replace(session: WriteSession, table: Table, coarse: Sequence[Row]) -> None:
    """Store coarse rows that are not there yet; the fine ones are the caller's to delete."""
    await insert_new(session, table, sorted(coarse, key=lambda row: row["id"].bytes))


async def remove(session: WriteSession, table: Table, org_id: UUID, ids: Collection[UUID]) -> None:
    """Delete an organisation's rows."""
    await session.execute(delete(table).where(table.c.org_id == org_id, among(session, table.c.id, ids)))


async def remove_what_names(session: WriteSession, table: Table, org_id: UUID, ids: Collection[UUID]) -> int:
    """Delete an organisation's rows that name these referrals; return how many."""
    done = await session.execute(
        delete(table).where(table.c.org_id == org_id, among(session, table.c.referral_id, ids))
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's


async def forget_trails(session: WriteSession, org_id: UUID, ids: Collection[UUID]) -> None:
    """Delete the marks of trails that name these referrals."""
    named = or_(among(session, _TRAIL.c.referral_id, ids), among(session, _TRAIL.c.waits_for, ids))
    await session.execute(delete(_TRAIL).where(_TRAIL.c.org_id == org_id, named))


async def rename_previous(session: WriteSession, org_id: UUID, renamed: Mapping[UUID, UUID]) -> None:
    """Let the referrals that take up these name them by their new ids."""
    chosen = select(col(Referral.id), col(Referral.previous_referral_id)).where(
        col(Referral.org_id) == org_id, among(session, col(Referral.previous_referral_id), renamed.keys())
    )
    children = [
        {"org_id": org_id, "id": key, "previous_referral_id": renamed[previous]}
        for key, previous in await session.execute(chosen)
        if previous is not None
    ]
    await update_rows(session, REFERRAL, children)


async def part_from_encounters(session: WriteSession, before: date) -> None:
    """Let referrals that are still fine no longer say in which encounter they were made: they would date it."""
    await session.execute(
        update(REFERRAL)
        .where(REFERRAL.c.cohort_day < before, REFERRAL.c.position != CLOSED, REFERRAL.c.encounter_id.is_not(None))
        .values(encounter_id=None)
    )


async def sweep_out(session: WriteSession, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete such rows, whosever they are; return how many."""
    done = await session.execute(delete(table).where(condition))
    return int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's
