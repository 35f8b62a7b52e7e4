"""Changing one's own password."""

from dataclasses import replace
from datetime import datetime

from app import errors
from app.audit import service as audit
from app.audit.service import Act
from app.http.context import Context
from app.identity import service as identity
from app.identity.records import PersonSession
from app.identity.service import Cookie
from app.identity.vocabulary import SignInMethod
from app.signin import queries, rules
from app.signin.hashing import Passwords
from app.signin.service.attempts import Attempt, settle, verify


async def change_password(
    ctx: Context, passwords: Passwords, now: datetime, person: PersonSession, attempt: Attempt, wanted: str
) -> Cookie:
    """Set another password, for somebody who shows the present one and a code again; return a new session's cookie.

    Every session of the account ends, this one too: whoever held one unasked is out. `attempt` needs no login: it is
    the session's. Raises `invalid` for a password that is not taken and sign_in_refused as signing in does.
    """
    wanted = rules.normalised_password(wanted)
    rules.check_password(wanted, (person.name,), "/new_password")
    async with ctx.database.reading() as reading:
        login = await queries.login_of_account(reading, person.org_id, person.account_id)
    if login is None:
        raise errors.sign_in_refused()
    rules.check_password(wanted, (person.name, login), "/new_password")
    attempt = replace(attempt, login=login)
    verified = await verify(ctx, passwords, attempt)
    hashed = await passwords.hash(wanted)
    async with ctx.database.writing() as session:  # must end well to count a failure
        credential = await settle(ctx, session, now, attempt, verified)
        if credential is not None:
            org_id, account_id = credential.org_id, credential.account_id
            await queries.change_credential(session, login, password_hash=hashed, set_at=now)
            ended = await identity.end_every_session(session, org_id, account_id)
            cookie = await identity.start_session(
                session, ctx.settings, now, org_id=org_id, account_id=account_id, method=SignInMethod.password
            )
            act = Act(org_id, account_id, "account.password", now, {"sessions": str(ended)})
            await audit.append(session, ctx.keyring, [act])
    if credential is None:
        raise errors.sign_in_refused()
    return cookie
