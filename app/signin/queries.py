"""Finding and storing credentials, invitations, recovery codes, failed attempts and linked subjects."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, and_, delete, insert, select, update

from app.db.bulk import Row, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.signin import models
from app.signin.records import Credential, Invitation
from app.signin.rules import Tally

_CREDENTIAL: Final = table_of(models.Credential)
_INVITATION: Final = table_of(models.AccountInvitation)
_RECOVERY: Final = table_of(models.RecoveryCode)
_TALLY: Final = table_of(models.SignInTally)
_FEDERATED: Final = table_of(models.FederatedIdentity)
_PURGED_AT_ONCE: Final = 500


def _of(table: Table, record: type[Any]) -> list[Any]:
    return [table.c[field.name] for field in fields(record)]


async def credential(session: ReadSession, login: str) -> Credential | None:
    """Return what signs in under this login."""
    found = await session.execute(select(*_of(_CREDENTIAL, Credential)).where(_CREDENTIAL.c.login == login))
    return next((Credential(*row) for row in found), None)


async def hold_credential(session: WriteSession, login: str) -> Credential | None:
    """Return what signs in under this login, held until commit: a one-time code is used once."""
    wanted = select(*_of(_CREDENTIAL, Credential)).where(_CREDENTIAL.c.login == login).with_for_update()
    return next((Credential(*row) for row in await session.execute(wanted)), None)


async def login_of_account(session: ReadSession, org_id: UUID, account_id: UUID) -> str | None:
    """Return the login of an account that has a password."""
    of_account = and_(_CREDENTIAL.c.org_id == org_id, _CREDENTIAL.c.account_id == account_id)
    return (await session.execute(select(_CREDENTIAL.c.login).where(of_account))).scalar_one_or_none()


async def login_is_taken(session: WriteSession, login: str, org_id: UUID, account_id: UUID) -> bool:
    """Say whether another account signs in with this login or is invited to."""
    for table in (_CREDENTIAL, _INVITATION):
        wanted = select(table.c.org_id, table.c.account_id).where(table.c.login == login)
        found = await session.execute(wanted)
        if any(tuple(row) != (org_id, account_id) for row in found):
            return True
    return False


async def set_credential(session: WriteSession, row: Row, macs: Sequence[bytes]) -> None:
    """Give an account its credential and its recovery codes, in place of any it had."""
    org_id, account_id = row["org_id"], row["account_id"]
    for table in (_CREDENTIAL, _RECOVERY):
        await session.execute(delete(table).where(table.c.org_id == org_id, table.c.account_id == account_id))
    await session.execute(insert(_CREDENTIAL), dict(row))
    await session.execute(insert(_RECOVERY), [{"org_id": org_id, "account_id": account_id, "mac": mac} for mac in macs])


async def change_credential(session: WriteSession, login: str, **changed: Any) -> None:  # noqa: ANN401 - column values
    """Change columns of a held credential."""
    await session.execute(update(_CREDENTIAL).where(_CREDENTIAL.c.login == login).values(**changed))


async def has_recovery_code(session: WriteSession, org_id: UUID, account_id: UUID, mac: bytes) -> bool:
    """Say whether this recovery code of an account is still there."""
    found = await session.execute(select(_RECOVERY.c.mac).where(_recovery(org_id, account_id, mac)))
    return found.first() is not None


async def use_recovery_code(session: WriteSession, org_id: UUID, account_id: UUID, mac: bytes) -> None:
    """Delete a recovery code."""
    await session.execute(delete(_RECOVERY).where(_recovery(org_id, account_id, mac)))


def _recovery(org_id: UUID, account_id: UUID, mac: bytes) -> Any:  # noqa: ANN401 - a condition
    return and_(_RECOVERY.c.org_id == org_id, _RECOVERY.c.account_id == account_id, _RECOVERY.c.mac == mac)


async def add_invitation(session: WriteSession, row: Row) -> bool:
    """Store an invitation in place of the account's earlier one; say whether its handle was free."""
    of_account = and_(_INVITATION.c.org_id == row["org_id"], _INVITATION.c.account_id == row["account_id"])
    await session.execute(delete(_INVITATION).where(of_account))
    return bool(await insert_new(session, _INVITATION, [row]))


async def invitation(session: ReadSession, handle: str) -> Invitation | None:
    """Return the invitation of a handle."""
    found = await session.execute(select(*_of(_INVITATION, Invitation)).where(_INVITATION.c.handle == handle))
    return next((Invitation(*row) for row in found), None)


async def hold_invitation(session: WriteSession, handle: str) -> Invitation | None:
    """Return the invitation of a handle, held until commit: tries are counted one after the other."""
    wanted = select(*_of(_INVITATION, Invitation)).where(_INVITATION.c.handle == handle).with_for_update()
    return next((Invitation(*row) for row in await session.execute(wanted)), None)


async def count_try(session: WriteSession, handle: str) -> None:
    """Count one wrong secret or code of a held invitation."""
    counted = update(_INVITATION).where(_INVITATION.c.handle == handle).values(tries=_INVITATION.c.tries + 1)
    await session.execute(counted)


async def use_invitation(session: WriteSession, handle: str) -> None:
    """Delete a held invitation."""
    await session.execute(delete(_INVITATION).where(_INVITATION.c.handle == handle))


async def purge(session: WriteSession, now: datetime) -> None:
    """Delete some of the invitations and tallies that are over; what another worker is deleting is left to it."""
    for table in (_INVITATION, _TALLY):
        key = next(iter(table.primary_key.columns))
        over = select(key).where(table.c.expires_at <= now).limit(_PURGED_AT_ONCE).with_for_update(skip_locked=True)
        await session.execute(delete(table).where(key.in_(over)))


async def hold_tallies(session: WriteSession, digests: Sequence[bytes], expires_at: datetime) -> Sequence[Tally]:
    """Return the tallies of these digests, begun when missing, held until commit; in the order asked for."""
    fresh = [
        {"digest": digest, "failures": 0, "blocked_until": None, "expires_at": expires_at}
        for digest in sorted(digests)  # one order for everybody: nobody waits for one who waits for them
    ]
    await insert_new(session, _TALLY, fresh)
    held = select(*_of(_TALLY, Tally)).where(_TALLY.c.digest.in_(digests)).order_by(_TALLY.c.digest).with_for_update()
    found = {row.digest: Tally(*row) for row in await session.execute(held)}
    # One that was being forgotten just then may be missing: it begins anew with the next attempt.
    return [found.get(digest) or Tally(digest, 0, None, expires_at) for digest in digests]


async def keep_tallies(session: WriteSession, tallies: Sequence[Tally]) -> None:
    """Store held tallies."""
    for tally in tallies:
        values = asdict(tally)
        digest = values.pop("digest")
        await session.execute(update(_TALLY).where(_TALLY.c.digest == digest).values(**values))


async def link(session: WriteSession, row: Row) -> None:
    """Let a subject sign in as an account, in place of any subject that did."""
    await unlink(session, row["org_id"], row["account_id"])
    await session.execute(insert(_FEDERATED), dict(row))


async def unlink(session: WriteSession, org_id: UUID, account_id: UUID) -> bool:
    """Take an account's subject away; say whether there was one."""
    of_account = and_(_FEDERATED.c.org_id == org_id, _FEDERATED.c.account_id == account_id)
    gone = await session.execute(delete(_FEDERATED).where(of_account).returning(_FEDERATED.c.digest))
    return gone.first() is not None


async def linked(session: WriteSession, digest: bytes) -> tuple[UUID, UUID] | None:
    """Return the (organisation, account) a subject may sign in as."""
    wanted = select(_FEDERATED.c.org_id, _FEDERATED.c.account_id).where(_FEDERATED.c.digest == digest)
    found = (await session.execute(wanted)).first()
    return (found[0], found[1]) if found else None
