"""Finding and storing organisations, teams, devices, accounts, codes, tokens and proofs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, insert, select, update

from app.db.bulk import Row, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.identity import models
from app.identity.records import Account, Bearer, Device, Enrolment, Organisation, PersonSession, Team, TokenInUse

ORGANISATION: Final = table_of(models.Organisation)
TEAM: Final = table_of(models.Team)
DEVICE: Final = table_of(models.Device)
ENROLMENT: Final = table_of(models.Enrolment)
ACCOUNT: Final = table_of(models.Account)
TOKEN: Final = table_of(models.Token)
PROOF_SEEN: Final = table_of(models.ProofSeen)
PERSON_SESSION: Final = table_of(models.PersonSession)

_PURGED_AT_ONCE: Final = 500
_Session = ReadSession | WriteSession
_Record = TypeVar("_Record")

_BEARER: Final = (
    select(
        TOKEN.c.org_id,
        TOKEN.c.device_id,
        TOKEN.c.account_id,
        TOKEN.c.expires_at,
        TOKEN.c.revoked_at,
        DEVICE.c.revoked_at,
        DEVICE.c.team_id,
        TEAM.c.night,
        DEVICE.c.facility_id,
        ACCOUNT.c.role,
        ACCOUNT.c.reach,
        ACCOUNT.c.perimeter,
        ACCOUNT.c.revoked_at,
    )
    .select_from(TOKEN)
    .outerjoin(DEVICE, and_(DEVICE.c.org_id == TOKEN.c.org_id, DEVICE.c.id == TOKEN.c.device_id))
    .outerjoin(TEAM, and_(TEAM.c.org_id == DEVICE.c.org_id, TEAM.c.id == DEVICE.c.team_id))
    .outerjoin(ACCOUNT, and_(ACCOUNT.c.org_id == TOKEN.c.org_id, ACCOUNT.c.id == TOKEN.c.account_id))
    .where(TOKEN.c.digest == bindparam("digest"))
)


async def bearer(session: ReadSession, digest: bytes) -> Bearer | None:
    """Return whom the token of this digest speaks for, in one indexed read."""
    found = (await session.execute(_BEARER, {"digest": digest})).first()
    return Bearer(*tuple(found)) if found else None


_PERSON: Final = (
    select(
        PERSON_SESSION.c.org_id,
        PERSON_SESSION.c.account_id,
        PERSON_SESSION.c.method,
        PERSON_SESSION.c.started_at,
        PERSON_SESSION.c.idle_at,
        PERSON_SESSION.c.expires_at,
        ACCOUNT.c.name,
        ACCOUNT.c.role,
        ACCOUNT.c.reach,
        ACCOUNT.c.perimeter,
    )
    .join(ACCOUNT, and_(ACCOUNT.c.org_id == PERSON_SESSION.c.org_id, ACCOUNT.c.id == PERSON_SESSION.c.account_id))
    .where(PERSON_SESSION.c.digest == bindparam("digest"), ACCOUNT.c.revoked_at.is_(None))
)


async def person_session(session: ReadSession, digest: bytes) -> PersonSession | None:
    """Return the session of a cookie's digest, unless its account was revoked; whether it is over is not judged."""
    found = (await session.execute(_PERSON, {"digest": digest})).first()
    return PersonSession(*tuple(found)) if found else None


async def prolong(session: WriteSession, digest: bytes, idle_at: datetime) -> None:
    """Let a session idle until a later instant; never an earlier one, and never beyond its end."""
    found = PERSON_SESSION.c.digest == digest
    within = and_(PERSON_SESSION.c.idle_at < idle_at, PERSON_SESSION.c.expires_at >= idle_at)
    await session.execute(update(PERSON_SESSION).where(found, within).values(idle_at=idle_at))


async def end_session(session: WriteSession, digest: bytes) -> tuple[UUID, UUID] | None:
    """Delete one session; return its organisation and account, or None when there was none."""
    gone = delete(PERSON_SESSION).where(PERSON_SESSION.c.digest == digest)
    found = (await session.execute(gone.returning(PERSON_SESSION.c.org_id, PERSON_SESSION.c.account_id))).first()
    return (found[0], found[1]) if found else None


async def end_sessions(session: WriteSession, org_id: UUID, account_id: UUID) -> int:
    """Delete every session of an account; return how many there were."""
    of_account = and_(PERSON_SESSION.c.org_id == org_id, PERSON_SESSION.c.account_id == account_id)
    gone = await session.execute(delete(PERSON_SESSION).where(of_account).returning(PERSON_SESSION.c.digest))
    return len(gone.all())


async def _all(
    session: _Session,
    record: type[_Record],
    table: Table,
    *where: ColumnElement[bool],
    order: ColumnElement[Any] | None = None,
    held: bool = False,
) -> list[_Record]:
    """Return the rows as records, whose fields are named as columns."""
    make: Callable[..., _Record] = record
    wanted = select(*(table.c[field.name] for field in fields(cast("Any", record)))).where(*where)
    if order is not None:
        wanted = wanted.order_by(order)
    if held:
        wanted = wanted.with_for_update()
    return [make(*row) for row in await session.execute(wanted)]


async def organisation(session: _Session, org_id: UUID) -> Organisation | None:
    """Return one organisation."""
    return next(iter(await _all(session, Organisation, ORGANISATION, ORGANISATION.c.id == org_id)), None)


async def organisations(session: _Session) -> Sequence[Organisation]:
    """Return every organisation, by name."""
    return await _all(session, Organisation, ORGANISATION, order=ORGANISATION.c.name)


async def team(session: _Session, org_id: UUID, team_id: UUID) -> Team | None:
    """Return one team of an organisation."""
    return next(iter(await _all(session, Team, TEAM, TEAM.c.org_id == org_id, TEAM.c.id == team_id)), None)


async def teams(session: _Session, org_id: UUID) -> Sequence[Team]:
    """Return the teams of an organisation, oldest first."""
    return await _all(session, Team, TEAM, TEAM.c.org_id == org_id, order=TEAM.c.id)


async def organisations_of_teams(session: _Session, teams: Collection[UUID]) -> Mapping[UUID, Organisation]:
    """Return whose each of some teams is, by the team's identifier."""
    wanted = select(TEAM.c.id, *(ORGANISATION.c[field.name] for field in fields(Organisation))).join_from(
        TEAM, ORGANISATION, ORGANISATION.c.id == TEAM.c.org_id
    )
    found = await session.execute(wanted.where(TEAM.c.id.in_(sorted(teams))))
    return {row[0]: Organisation(*row[1:]) for row in found}


async def device(session: _Session, org_id: UUID, device_id: UUID) -> Device | None:
    """Return one device of an organisation."""
    return next(iter(await _all(session, Device, DEVICE, DEVICE.c.org_id == org_id, DEVICE.c.id == device_id)), None)


async def devices(session: _Session, org_id: UUID) -> Sequence[Device]:
    """Return the devices of an organisation, oldest first."""
    return await _all(session, Device, DEVICE, DEVICE.c.org_id == org_id, order=DEVICE.c.id)


async def devices_of_key(session: _Session, thumbprint: bytes) -> Sequence[Device]:
    """Return whatever devices hold this key, newest first; the organisation is not known yet."""
    return await _all(session, Device, DEVICE, DEVICE.c.thumbprint == thumbprint, order=DEVICE.c.enrolled_at.desc())


async def account(session: _Session, org_id: UUID, account_id: UUID) -> Account | None:
    """Return one account of an organisation."""
    found = await _all(session, Account, ACCOUNT, ACCOUNT.c.org_id == org_id, ACCOUNT.c.id == account_id)
    return next(iter(found), None)


async def accounts(session: _Session, org_id: UUID) -> Sequence[Account]:
    """Return the accounts of an organisation, oldest first."""
    return await _all(session, Account, ACCOUNT, ACCOUNT.c.org_id == org_id, order=ACCOUNT.c.id)


async def tokens_in_use(session: _Session, org_id: UUID, now: datetime) -> Sequence[TokenInUse]:
    """Return the tokens that speak for an organisation's accounts now, by account, the first to end first."""
    of_account = and_(ACCOUNT.c.org_id == TOKEN.c.org_id, ACCOUNT.c.id == TOKEN.c.account_id)
    wanted = select(TOKEN.c.digest, ACCOUNT.c.id, ACCOUNT.c.name, TOKEN.c.issued_at, TOKEN.c.expires_at)
    wanted = wanted.join_from(TOKEN, ACCOUNT, of_account).where(
        TOKEN.c.org_id == org_id,
        TOKEN.c.expires_at > now,
        TOKEN.c.revoked_at.is_(None),
        ACCOUNT.c.revoked_at.is_(None),
    )
    in_order = wanted.order_by(ACCOUNT.c.name, TOKEN.c.expires_at, TOKEN.c.digest)
    return [TokenInUse(*row) for row in await session.execute(in_order)]


async def enrolment(session: ReadSession, handle: str) -> Enrolment | None:
    """Return the code of a handle."""
    return next(iter(await _all(session, Enrolment, ENROLMENT, ENROLMENT.c.handle == handle)), None)


async def hold_enrolment(session: WriteSession, handle: str) -> Enrolment | None:
    """Return the code of a handle, held until commit: tries are counted one after the other."""
    return next(iter(await _all(session, Enrolment, ENROLMENT, ENROLMENT.c.handle == handle, held=True)), None)


async def add(session: WriteSession, table: Table, row: Row) -> None:
    """Insert one row of one of this feature's tables."""
    await session.execute(insert(table), dict(row))


async def add_enrolment(session: WriteSession, row: Row) -> bool:
    """Store a code unless its handle is taken; say whether it was stored."""
    return bool(await insert_new(session, ENROLMENT, [row]))


async def count_try(session: WriteSession, handle: str) -> None:
    """Count one wrong secret of a held code."""
    await session.execute(update(ENROLMENT).where(ENROLMENT.c.handle == handle).values(tries=ENROLMENT.c.tries + 1))


async def use_enrolment(session: WriteSession, handle: str, device_id: UUID, at: datetime) -> None:
    """Bind a held code to the device that used it."""
    used = update(ENROLMENT).where(ENROLMENT.c.handle == handle).values(used_at=at, device_id=device_id)
    await session.execute(used)


async def mark(session: WriteSession, table: Table, org_id: UUID, row_id: UUID, column: str, at: datetime) -> bool:
    """Set an instant that is not set yet (`closed_at`, `revoked_at`); say whether this call did it."""
    changed = await session.execute(
        update(table)
        .where(table.c.org_id == org_id, table.c.id == row_id, table.c[column].is_(None))
        .values({column: at})
        .returning(table.c.id)
    )
    return changed.first() is not None


async def revoke_token(session: WriteSession, digest: bytes, at: datetime) -> UUID | None:
    """Withdraw one token; return its organisation, or None when there was none to withdraw."""
    changed = await session.execute(
        update(TOKEN)
        .where(TOKEN.c.digest == digest, TOKEN.c.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(TOKEN.c.org_id)
    )
    org_id: UUID | None = changed.scalar_one_or_none()
    return org_id


async def remember_proof(session: WriteSession, digest: bytes, expires_at: datetime) -> bool:
    """Remember a proof; say whether it was seen for the first time."""
    return bool(await insert_new(session, PROOF_SEEN, [{"digest": digest, "expires_at": expires_at}]))


async def purge(session: WriteSession, table: Table, now: datetime) -> None:
    """Delete some of the rows that expired; rows another worker is deleting are left to it."""
    key = next(iter(table.primary_key.columns))
    over = select(key).where(table.c.expires_at <= now).limit(_PURGED_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(table).where(key.in_(over)))
