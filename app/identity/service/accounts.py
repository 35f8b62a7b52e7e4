"""Accounts of people, and tokens of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app import errors
from app.audit.service import SERVICE
from app.clock import uuid7
from app.db.engine import ReadSession, WriteSession
from app.identity import queries
from app.identity.records import Account, TokenInUse
from app.identity.rules import check_account, check_name, check_pull
from app.identity.service.acts import naming_conflicts, record
from app.identity.service.issuing import IssuedToken, issue
from app.identity.tokens import digest_of, is_handle
from app.identity.vocabulary import Reach, Role
from app.keyring import Keyring

_NO_TOKEN: Final = "There is no such token in use."  # noqa: S105 - a sentence


async def create_account(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    *,
    org_id: UUID,
    name: str,
    role: Role,
    reach: Reach = Reach.organisation,
    perimeter: str | None = None,
    account_id: UUID | None = None,
    actor: UUID = SERVICE,
) -> UUID:
    """Create an account and return its id; `invalid` for a device's role or a reach without its perimeter."""
    check_name(name)
    check_account(role, reach, perimeter)
    if await queries.organisation(session, org_id) is None:
        raise errors.not_found("There is no such organisation.")
    made = account_id or uuid7(now)
    row = {
        "org_id": org_id,
        "id": made,
        "name": name,
        "role": role.value,
        "reach": reach.value,
        "perimeter": perimeter,
        "created_at": now,
        "revoked_at": None,
    }
    with naming_conflicts("An account of this name is already there."):
        await queries.add(session, queries.ACCOUNT, row)
    await record(session, keyring, now, org_id, actor, "account.create", account=made, role=role.value)
    return made


async def list_accounts(session: ReadSession | WriteSession, org_id: UUID) -> Sequence[Account]:
    """Return the accounts of an organisation, oldest first, revoked ones included."""
    return await queries.accounts(session, org_id)


async def find_account(session: ReadSession | WriteSession, org_id: UUID, account_id: UUID) -> Account | None:
    """Return an account in use, or None for one that is not there or was revoked."""
    account = await queries.account(session, org_id, account_id)
    return account if account is not None and account.revoked_at is None else None


async def issue_account_token(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    lifetime: timedelta,
    *,
    org_id: UUID,
    account_id: UUID,
    actor: UUID = SERVICE,
) -> IssuedToken:
    """Return a token that speaks for the account; it is shown once."""
    await _in_use(session, org_id, account_id)
    issued = await issue(session, now, lifetime, org_id=org_id, account_id=account_id)
    await record(session, keyring, now, org_id, actor, "token.issue", account=account_id, handle=issued.handle)
    return issued


async def issue_pull_token(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    days: int,
    *,
    org_id: UUID,
    account_id: UUID,
    actor: UUID = SERVICE,
) -> IssuedToken:
    """Return a token of 1 to 90 days for what a monitor's programs ask by themselves; it is shown once.

    Raises `invalid` for an account of any other role.
    """
    account = await _in_use(session, org_id, account_id)
    check_pull(Role(account.role), days)
    issued = await issue(session, now, timedelta(days=days), org_id=org_id, account_id=account_id)
    said = {"account": account_id, "days": days, "handle": issued.handle}
    await record(session, keyring, now, org_id, actor, "token.issue", **said)
    return issued


async def _in_use(session: WriteSession, org_id: UUID, account_id: UUID) -> Account:
    account = await find_account(session, org_id, account_id)
    if account is None:
        raise errors.not_found("There is no such account in use.")
    return account


async def token_ends(
    session: ReadSession | WriteSession, org_id: UUID, now: datetime
) -> Mapping[UUID, Sequence[datetime]]:
    """Return when the tokens of each account that are good now will end, the first one first: {account: instants}."""
    ends: dict[UUID, list[datetime]] = {}
    for token in await queries.tokens_in_use(session, org_id, now):
        ends.setdefault(token.account_id, []).append(token.expires_at)
    return ends


async def revoke_account(
    session: WriteSession, keyring: Keyring, now: datetime, *, org_id: UUID, account_id: UUID, actor: UUID = SERVICE
) -> None:
    """Shut an account out: its tokens are refused within a second. Twice changes nothing."""
    if await queries.account(session, org_id, account_id) is None:
        raise errors.not_found("There is no such account.")
    if await queries.mark(session, queries.ACCOUNT, org_id, account_id, "revoked_at", now):
        await record(session, keyring, now, org_id, actor, "account.revoke", account=account_id)


async def revoke_token(
    session: WriteSession, keyring: Keyring, now: datetime, token: str, *, actor: UUID = SERVICE
) -> None:
    """Withdraw one token that got into wrong hands; whoever it spoke for keeps the others."""
    digest = digest_of(token)
    if digest is None:
        raise errors.not_found(_NO_TOKEN)
    await _revoke(session, keyring, now, digest, actor)


async def list_tokens(session: ReadSession | WriteSession, org_id: UUID, now: datetime) -> Sequence[TokenInUse]:
    """Return the tokens that speak for an organisation's accounts now, by account."""
    return await queries.tokens_in_use(session, org_id, now)


async def revoke_token_called(
    session: WriteSession, keyring: Keyring, now: datetime, *, org_id: UUID, handle: str, actor: UUID = SERVICE
) -> None:
    """Withdraw the one token of an organisation's accounts whose handle begins so, when its text is lost.

    `not-found` when none in use does, `conflict` when several do: nothing is withdrawn then.
    """
    typed = handle.lower()
    in_use = await queries.tokens_in_use(session, org_id, now) if is_handle(typed) else []
    meant = [token.digest for token in in_use if token.digest.hex().startswith(typed)]
    if not meant:
        raise errors.not_found(_NO_TOKEN)
    if len(meant) > 1:
        raise errors.conflict("The handles of several tokens in use begin so: give all of it.")
    await _revoke(session, keyring, now, meant[0], actor)


async def _revoke(session: WriteSession, keyring: Keyring, now: datetime, digest: bytes, actor: UUID) -> None:
    org_id = await queries.revoke_token(session, digest, now)
    if org_id is None:
        raise errors.not_found(_NO_TOKEN)
    await record(session, keyring, now, org_id, actor, "token.revoke", digest=digest.hex())
