"""From a right password and code to a session."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import errors
from app.audit import service as audit
from app.audit.service import Act
from app.db.engine import WriteSession
from app.http.context import Context
from app.identity import service as identity
from app.identity.service import Cookie
from app.identity.vocabulary import SignInMethod
from app.signin.hashing import Passwords
from app.signin.service.attempts import Attempt, browser_cookie, settle, verify

_BROWSER_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser is given: the session, and by what it is known again."""

    session: Cookie
    browser: str | None = None


async def sign_in(
    ctx: Context, passwords: Passwords, now: datetime, attempt: Attempt, *, replaces: str | None = None
) -> SignedIn:
    """Begin a session, or raise the one sign_in_refused there is. `replaces` is the cookie the browser came with."""
    verified = await verify(ctx, passwords, attempt)
    async with ctx.database.writing() as session:  # must end well to count a failure: it raises only after it
        credential = await settle(ctx, session, now, attempt, verified)
        if credential is not None:
            cookie = await begin(
                ctx, session, now, credential.org_id, credential.account_id, SignInMethod.password, replaces
            )
    if credential is None:
        raise errors.sign_in_refused()
    return SignedIn(cookie, browser_cookie(ctx.keyring, credential.login, secrets.token_hex(_BROWSER_BYTES)))


async def begin(
    ctx: Context,
    session: WriteSession,
    now: datetime,
    org_id: UUID,
    account_id: UUID,
    method: SignInMethod,
    replaces: str | None,
) -> Cookie:
    """Begin a session of an account and write it down; the last thing a transaction does."""
    cookie = await identity.start_session(
        session, ctx.settings, now, org_id=org_id, account_id=account_id, method=method, replaces=replaces
    )
    act = Act(org_id, account_id, "session.start", now, {"method": method.value})
    await audit.append(session, ctx.keyring, [act])
    return cookie
