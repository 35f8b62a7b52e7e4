"""Which subject of the operator's OpenID provider is which account: said by an administrator, never by an address."""

from datetime import datetime
from uuid import UUID

from app import errors
from app.audit import service as audit
from app.audit.service import SERVICE, Act
from app.db.engine import WriteSession
from app.http.context import Context
from app.identity import service as identity
from app.identity.service.acts import naming_conflicts
from app.identity.vocabulary import SignInMethod
from app.keyring import Keyring
from app.signin import queries
from app.signin.service.attempts import mark_of
from app.signin.service.signing_in import SignedIn, begin


def _digest(keyring: Keyring, issuer: str, subject: str) -> bytes:
    return mark_of(keyring, "subject", issuer, subject)


async def link_subject(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    *,
    org_id: UUID,
    account_id: UUID,
    issuer: str,
    subject: str,
    actor: UUID = SERVICE,
) -> None:
    """Let a subject sign in as an account, in place of any that did; `conflict` when it is another account already."""
    if await identity.find_account(session, org_id, account_id) is None:
        raise errors.not_found("There is no such account in use.")
    digest = _digest(keyring, issuer, subject)
    row = {"digest": digest, "org_id": org_id, "account_id": account_id, "linked_at": now}
    with naming_conflicts("This subject already signs in as another account."):
        await queries.link(session, row)
    act = Act(org_id, actor, "account.link", now, {"account": str(account_id)})
    await audit.append(session, keyring, [act])


async def unlink_subject(
    session: WriteSession, keyring: Keyring, now: datetime, *, org_id: UUID, account_id: UUID, actor: UUID = SERVICE
) -> None:
    """Take an account's subject away and end its sessions; twice changes nothing."""
    if await queries.unlink(session, org_id, account_id):
        ended = await identity.end_every_session(session, org_id, account_id)
        detail = {"account": str(account_id), "sessions": str(ended)}
        await audit.append(session, keyring, [Act(org_id, actor, "account.unlink", now, detail)])


async def sign_in_as(ctx: Context, now: datetime, issuer: str, subject: str, *, replaces: str | None) -> SignedIn:
    """Begin a session of the account a subject is linked to; sign_in_refused for a subject nobody linked."""
    async with ctx.database.writing() as session:
        found = await queries.linked(session, _digest(ctx.keyring, issuer, subject))
        org_id, account_id = found or (SERVICE, SERVICE)
        if found is None or await identity.find_account(session, org_id, account_id) is None:
            act = Act(org_id, account_id, "session.refuse", now, {"method": SignInMethod.openid.value})
            await audit.append(session, ctx.keyring, [act])
            cookie = None
        else:
            cookie = await begin(ctx, session, now, org_id, account_id, SignInMethod.openid, replaces)
    if cookie is None:
        raise errors.sign_in_refused()
    return SignedIn(cookie)
