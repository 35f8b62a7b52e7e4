"""Inviting a person, who then chooses a password, shows a first one-time code and receives recovery codes."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import codes, errors
from app.audit import service as audit
from app.audit.service import SERVICE, Act
from app.db.engine import WriteSession
from app.http.context import Context
from app.identity import service as identity
from app.identity.rules import HANDLE_LENGTH, MOST_TRIES, SECRET_LENGTH, is_enrolment_code
from app.keyring import Keyring
from app.settings import Settings
from app.signin import queries, rules
from app.signin.hashing import Passwords
from app.signin.records import Invitation
from app.signin.sealing import TOTP_KEY, seal
from app.signin.service.attempts import mark_of, open_totp, recovery_mac

_GROUP: Final = 5
_HANDLES_TRIED: Final = 20


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, shown once."""

    code: str
    login: str
    otpauth: str
    expires_at: datetime


async def invite(
    session: WriteSession,
    keyring: Keyring,
    settings: Settings,
    now: datetime,
    *,
    org_id: UUID,
    account_id: UUID,
    login: str | None = None,
    actor: UUID = SERVICE,
) -> Invited:
    """Open an invitation in place of any earlier one of the account; its password, if it has one, stays until then."""
    account = await identity.find_account(session, org_id, account_id)
    if account is None:
        raise errors.not_found("There is no such account in use.")
    chosen = rules.login_of(login) if login is not None else rules.login_from(account.name)
    rules.check_login(chosen)
    await queries.purge(session, now)
    if await queries.login_is_taken(session, chosen, org_id, account_id):
        raise errors.conflict("Another account signs in with this login.")
    secret, expires_at = rules.new_totp_secret(), now + settings.invitation_lifetime
    row = {
        "org_id": org_id,
        "account_id": account_id,
        "login": chosen,
        "totp_sealed": seal(keyring, TOTP_KEY, secret.encode(), account_id.bytes),
        "expires_at": expires_at,
        "tries": 0,
    }
    for _ in range(_HANDLES_TRIED):
        code = codes.random_characters(HANDLE_LENGTH + SECRET_LENGTH)
        keyed = {"handle": code[:HANDLE_LENGTH], "secret_mac": mark_of(keyring, "invitation", code), **row}
        if await queries.add_invitation(session, keyed):
            act = Act(org_id, actor, "account.invite", now, {"account": str(account_id)})
            await audit.append(session, keyring, [act])
            return Invited(_shown(code), chosen, rules.totp_uri(secret, chosen), expires_at)
    raise errors.unavailable("Too many invitations are open; try again.")


def _shown(code: str) -> str:
    """Return a code as people read it: `HHHH-SSSSS-SSSSS`."""
    secret = code[HANDLE_LENGTH:]
    return "-".join((code[:HANDLE_LENGTH], secret[:_GROUP], secret[_GROUP:]))


async def redeem(
    ctx: Context, passwords: Passwords, now: datetime, typed: str, password: str, totp: str
) -> tuple[str, Sequence[str]]:
    """Set the password of an invited account and return its login and recovery codes, which are shown once.

    Every way an invitation or its first one-time code can be bad raises the same invitation_refused; a password that is
    not taken raises `invalid` and uses nothing up. Sessions the account had end.
    """
    code, password = codes.normalised(typed), rules.normalised_password(password)
    rules.check_password(password, ())
    async with ctx.database.reading() as reading:  # codes nobody opened never take the writers' time
        known = await queries.invitation(reading, code[:HANDLE_LENGTH]) if is_enrolment_code(code) else None
    hashed = await passwords.hash(password)
    if known is None:
        raise errors.invitation_refused()
    async with ctx.database.writing() as session:  # must end well to count a wrong try
        recovery = await _set(ctx, session, now, code, password, hashed, totp)
    if recovery is None:
        raise errors.invitation_refused()
    return known.login, recovery


async def _set(
    ctx: Context, session: WriteSession, now: datetime, code: str, password: str, hashed: str, totp: str
) -> Sequence[str] | None:
    invitation = await queries.hold_invitation(session, code[:HANDLE_LENGTH])
    if invitation is None or now >= invitation.expires_at or invitation.tries >= MOST_TRIES:
        return None
    step = _first_step(ctx.keyring, invitation, now, totp)
    right = hmac.compare_digest(mark_of(ctx.keyring, "invitation", code), invitation.secret_mac)
    if not right or step is None:
        await queries.count_try(session, invitation.handle)
        return None
    account = await identity.find_account(session, invitation.org_id, invitation.account_id)
    if account is None:
        return None
    rules.check_password(password, (account.name, invitation.login))
    return await _keep(ctx, session, now, invitation, hashed, step)


def _first_step(keyring: Keyring, invitation: Invitation, now: datetime, typed: str) -> int | None:
    secret = open_totp(keyring, invitation.account_id, invitation.totp_sealed)
    typed = typed.strip().replace(" ", "")
    if secret is None or not rules.is_totp(typed):
        return None
    return rules.matching_step(secret, typed, now, rules.NEVER)


async def _keep(
    ctx: Context, session: WriteSession, now: datetime, invitation: Invitation, hashed: str, step: int
) -> Sequence[str]:
    org_id, account_id = invitation.org_id, invitation.account_id
    recovery = rules.new_recovery_codes()
    row = {
        "login": invitation.login,
        "org_id": org_id,
        "account_id": account_id,
        "password_hash": hashed,
        "totp_sealed": invitation.totp_sealed,
        "last_step": step,
        "set_at": now,
    }
    await queries.set_credential(session, row, [recovery_mac(ctx.keyring, account_id, one) for one in recovery])
    await queries.use_invitation(session, invitation.handle)
    ended = await identity.end_every_session(session, org_id, account_id)
    act = Act(org_id, account_id, "account.redeem", now, {"sessions": str(ended)})
    await audit.append(session, ctx.keyring, [act])
    return recovery
