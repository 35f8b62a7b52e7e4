"""Every statement on referrals and their events."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, tuple_, update
from sqlmodel import col

from app.db.bulk import Row, insert_all_new, insert_new, update_rows
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among
from app.db.table import Base, table_of
from app.directory.vocabulary import SuccessState
from app.ingest.coarse import CLOSED
from app.referrals.models import HeldEvent, LookupFailure, Referral, ReferralEvent
from app.referrals.records import Held, PendingEvent, Standing, StoredEvent
from app.referrals.vocabulary import NotApplied, State

Session = ReadSession | WriteSession
Record = TypeVar("Record")

_REFERRAL: Final = table_of(Referral)
_EVENT: Final = table_of(ReferralEvent)
_HELD: Final = table_of(HeldEvent)
# Written once: building and hashing a statement costs more than running it, and every posting runs this one.
_ANY_HELD: Final = select(exists(select(_HELD.c.id)))
_OPEN: Final = (State.offered, State.requested, State.waitlisted, State.accepted, State.arrived)


def _select(model: type[Base], record: type[Any]) -> Select[Any]:
    table = table_of(model)
    return select(*(table.c[field.name] for field in fields(record)))


async def _all(session: Session, statement: Select[Any], record: type[Record]) -> list[Record]:
    return [record(*row) for row in await session.execute(statement)]


async def known(
    session: WriteSession, org_ids: Collection[UUID], ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], tuple[bytes, UUID]]:
    """Return {(organisation, id): (digest, team)} of the referrals already there."""
    if not ids:
        return {}
    found = await session.execute(
        select(col(Referral.org_id), col(Referral.id), col(Referral.digest), col(Referral.team_id)).where(
            col(Referral.org_id).in_(org_ids), among(session, col(Referral.id), ids)
        )
    )
    return {(org, key): (digest, team) for org, key, digest, team in found}


async def by_ids(session: Session, ids: Collection[UUID]) -> list[Standing]:
    """Return the referrals of any organisation with these ids."""
    return (
        await _all(session, _select(Referral, Standing).where(among(session, col(Referral.id), ids)), Standing)
        if ids
        else []
    )


async def named(session: Session, ids: Collection[UUID | None]) -> dict[UUID | None, list[Standing]]:
    """Return {id: the referrals of any organisation with it}; None names none."""
    found: dict[UUID | None, list[Standing]] = {}
    for standing in await by_ids(session, {key for key in ids if key is not None}):
        found.setdefault(standing.id, []).append(standing)
    return found


async def by_slips(session: Session, digests: Collection[bytes]) -> list[tuple[bytes, Standing]]:
    """Return the referrals of any organisation that handed out these slips, each with its slip's digest."""
    if not digests:
        return []
    statement = _select(Referral, Standing).add_columns(_REFERRAL.c.slip_digest)
    found = await session.execute(statement.where(among(session, col(Referral.slip_digest), digests)))
    return [(row[-1], Standing(*row[:-1])) for row in found]


async def open_by_card(session: Session, links: Collection[bytes], answerable: ColumnElement[bool]) -> list[Standing]:
    """Return the open referrals of a card that the caller may answer, newest first."""
    statement = (
        _select(Referral, Standing)
        .where(
            col(Referral.link_id).in_(links),
            col(Referral.state).in_(_OPEN),
            or_(col(Referral.state) != State.arrived.value, col(Referral.success) != SuccessState.arrived.value),
            answerable,
        )
        .order_by(func.coalesce(col(Referral.made_at), col(Referral.created_at)).desc())
        .limit(20)
    )
    return await _all(session, statement, Standing)


def answerable_by_facility(facility_id: UUID, kind: str | None) -> ColumnElement[bool]:
    """Return the condition: the referral names this facility, or none of its kind in particular."""
    return or_(
        col(Referral.facility_id) == facility_id,
        col(Referral.facility_id).is_(None) & (col(Referral.kind) == kind),
    )


def of_organisation(org_id: UUID) -> ColumnElement[bool]:
    """Return the condition: this organisation made the referral."""
    return col(Referral.org_id) == org_id


async def page_of_team(
    session: ReadSession,
    org_id: UUID,
    team_id: UUID,
    states: Collection[State],
    before: tuple[int, UUID] | None,
    size: int,
) -> list[Standing]:
    """Return one page of a team's referrals, last changed first; those that are coarse are no phone's any more."""
    statement = _select(Referral, Standing).where(
        col(Referral.org_id) == org_id, col(Referral.team_id) == team_id, col(Referral.position) != CLOSED
    )
    if states:
        statement = statement.where(col(Referral.state).in_(states))
    if before is not None:
        statement = statement.where(tuple_(col(Referral.position), col(Referral.id)) < before)
    return await _all(
        session, statement.order_by(col(Referral.position).desc(), col(Referral.id).desc()).limit(size), Standing
    )


async def one_of_organisation(session: ReadSession, org_id: UUID, referral_id: UUID) -> Standing | None:
    """Return one referral of an organisation."""
    found = await _all(
        session,
        _select(Referral, Standing).where(col(Referral.org_id) == org_id, col(Referral.id) == referral_id),
        Standing,
    )
    return found[0] if found else None


async def of_encounters(
    session: WriteSession, org_ids: Collection[UUID], encounters: Collection[UUID]
) -> list[tuple[UUID, Standing]]:
    """Return (encounter, referral) of the referrals made in these encounters."""
    if not encounters:
        return []
    statement = _select(Referral, Standing).add_columns(_REFERRAL.c.encounter_id)
    found = await session.execute(
        statement.where(col(Referral.org_id).in_(org_ids), among(session, col(Referral.encounter_id), encounters))
    )
    return [(row[-1], Standing(*row[:-1])) for row in found]


async def due(session: WriteSession, now: datetime, limit: int) -> list[Standing]:
    """Return some referrals whose silence has lasted too long, the longest first."""
    statement = (
        _select(Referral, Standing).where(col(Referral.due_at) <= now).order_by(col(Referral.due_at)).limit(limit)
    )
    return await _all(session, statement, Standing)


async def events_of(session: Session, keys: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[StoredEvent]]:
    """Return every event of each (organisation, referral)."""
    wanted = list(keys)
    listed: dict[tuple[UUID, UUID], list[StoredEvent]] = {key: [] for key in wanted}
    if not wanted:
        return listed
    statement = _select(ReferralEvent, StoredEvent).where(
        col(ReferralEvent.org_id).in_({org for org, _ in wanted}),
        among(session, col(ReferralEvent.referral_id), {referral for _, referral in wanted}),
    )
    for event in await _all(session, statement, StoredEvent):
        listed.setdefault((event.org_id, event.referral_id), []).append(event)
    return listed


async def event_digests(session: WriteSession, keys: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], bytes]:
    """Return {(organisation, id): digest} of events and held events already there."""
    found: dict[tuple[UUID, UUID], bytes] = {}
    if not keys:
        return found
    for table in (_EVENT, _HELD):
        rows = await session.execute(
            select(table.c.org_id, table.c.id, table.c.digest).where(
                table.c.org_id.in_({org for org, _ in keys}), among(session, table.c.id, {key for _, key in keys})
            )
        )
        found |= {(org, key): digest for org, key, digest in rows}
    return found


async def held_for(session: WriteSession, ids: Collection[UUID], slips: Collection[bytes]) -> list[Held]:
    """Return the events that wait for these referrals; mostly none wait at all, and that is soon asked."""
    if not await (await session.connection()).scalar(_ANY_HELD):
        return []
    conditions = []
    if ids:
        conditions.append(among(session, col(HeldEvent.referral_id), ids))
    if slips:
        conditions += [
            among(session, col(HeldEvent.slip_digest), slips),
            among(session, col(HeldEvent.slip_digest_beside), slips),
        ]
    return await _all(session, _select(HeldEvent, Held).where(or_(*conditions)), Held) if conditions else []


async def held_with_referral(session: WriteSession, after: tuple[UUID, UUID] | None, limit: int) -> list[Held]:
    """Return held events whose referral has arrived all the same: two workers stored them at one moment.

    They come by (organisation, id), those above `after`.
    """
    matched = or_(
        col(HeldEvent.referral_id) == col(Referral.id),
        col(HeldEvent.slip_digest) == col(Referral.slip_digest),
        col(HeldEvent.slip_digest_beside) == col(Referral.slip_digest),
    )
    key = tuple_(col(HeldEvent.org_id), col(HeldEvent.id))
    statement = _select(HeldEvent, Held).where(select(col(Referral.id)).where(matched).exists())
    if after is not None:
        statement = statement.where(key > after)
    return await _all(session, statement.order_by(col(HeldEvent.org_id), col(HeldEvent.id)).limit(limit), Held)


async def remove_held(session: WriteSession, held: Collection[Held]) -> None:
    """Remove events that found their referral."""
    if held:
        await session.execute(
            delete(HeldEvent).where(
                tuple_(col(HeldEvent.org_id), col(HeldEvent.id)).in_([(event.org_id, event.id) for event in held])
            )
        )


async def pending_of_sender(
    session: ReadSession, org_id: UUID, sender_id: UUID, after: UUID | None, size: int
) -> list[PendingEvent]:
    """Return a sender's events without effect, by id; those that are settled are nobody's to repair."""
    applied_not = select(
        col(ReferralEvent.id),
        col(ReferralEvent.referral_id),
        col(ReferralEvent.step),
        col(ReferralEvent.occurred_at),
        col(ReferralEvent.not_applied),
    ).where(
        col(ReferralEvent.sender_id) == sender_id,
        col(ReferralEvent.not_applied).is_not(None),
        col(ReferralEvent.sequence).is_(None),
    )
    held = select(col(HeldEvent.id), col(HeldEvent.referral_id), col(HeldEvent.step), col(HeldEvent.occurred_at)).where(
        col(HeldEvent.org_id) == org_id, col(HeldEvent.sender_id) == sender_id
    )
    if after is not None:
        applied_not = applied_not.where(col(ReferralEvent.id) > after)
        held = held.where(col(HeldEvent.id) > after)
    first = await session.execute(applied_not.order_by(col(ReferralEvent.id)).limit(size))
    second = await session.execute(held.order_by(col(HeldEvent.id)).limit(size))
    listed = [PendingEvent(*row[:4], row[4] or "") for row in first]
    listed += [PendingEvent(*row, NotApplied.referral_unknown.value) for row in second]
    return sorted(listed, key=lambda event: event.id.bytes)[:size]


async def add_referrals(session: WriteSession, rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Insert new referrals at this transaction's position; return the keys that were new."""
    return await insert_new(session, _REFERRAL, rows, stamped=True)


async def add_all_new_referrals(session: WriteSession, rows: Sequence[Row]) -> bool:
    """Insert referrals at this transaction's position, and say whether all of them were new."""
    return await insert_all_new(session, _REFERRAL, rows, stamped=True)


async def add_events(session: WriteSession, rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Insert new events; return the keys that were new."""
    return await insert_new(session, _EVENT, rows)


async def remove_events(session: WriteSession, keys: Collection[tuple[UUID, UUID]]) -> None:
    """Remove events of the service's own, where they are there."""
    if keys:
        await session.execute(
            delete(ReferralEvent).where(
                col(ReferralEvent.org_id).in_({org for org, _ in keys}),
                among(session, col(ReferralEvent.id), {key for _, key in keys}),
            )
        )


async def add_held(session: WriteSession, rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Insert events that wait for their referral; return the keys that were new."""
    return await insert_new(session, _HELD, rows)


async def set_referrals(session: WriteSession, rows: Sequence[Row]) -> None:
    """Set columns of referrals."""
    await update_rows(session, _REFERRAL, rows)


async def set_events(session: WriteSession, rows: Sequence[Row]) -> None:
    """Set columns of events."""
    await update_rows(session, _EVENT, rows)


async def days_of(
    session: WriteSession, org_ids: Collection[UUID], ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], date]:
    """Return {(organisation, id): cohort day} of the referrals that are there."""
    found = await session.execute(
        select(col(Referral.org_id), col(Referral.id), col(Referral.cohort_day)).where(
            col(Referral.org_id).in_(org_ids), among(session, col(Referral.id), ids)
        )
    )
    return {(org_id, key): day for org_id, key, day in found}


async def part(session: WriteSession, org_ids: Collection[UUID], ids: Collection[UUID]) -> list[tuple[UUID, date]]:
    """Let these referrals take up no other, and no other take up these; return the changed (organisation, day)."""
    c = _REFERRAL.c
    chained = or_(among(session, c.id, ids), among(session, c.previous_referral_id, ids))
    parted = update(_REFERRAL).where(c.org_id.in_(org_ids), c.previous_referral_id.is_not(None), chained)
    changed = parted.values(previous_referral_id=None).returning(c.org_id, c.cohort_day)
    return [(org_id, day) for org_id, day in await session.execute(changed)]


async def failures_since(session: WriteSession, org_id: UUID, device_id: UUID, since: datetime) -> int:
    """Return how many look-ups of a device failed since an instant."""
    counted = await session.execute(
        select(func.count()).where(
            col(LookupFailure.org_id) == org_id,
            col(LookupFailure.device_id) == device_id,
            col(LookupFailure.at) >= since,
        )
    )
    return int(counted.scalar_one())


async def add_failure(session: WriteSession, row: Mapping[str, Any], forget_before: datetime) -> None:
    """Remember a failed look-up, and forget those of past days."""
    await session.execute(
        delete(LookupFailure).where(
            col(LookupFailure.org_id) == row["org_id"],
            col(LookupFailure.device_id) == row["device_id"],
            col(LookupFailure.at) < forget_before,
        )
    )
    await insert_new(session, table_of(LookupFailure), [row])
