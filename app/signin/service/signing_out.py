"""Ending sessions: this one, or all of an account."""

from datetime import datetime
from uuid import UUID

from app.audit import service as audit
from app.audit.service import SERVICE, Act
from app.db.engine import WriteSession
from app.identity import service as identity
from app.keyring import Keyring


async def sign_out(session: WriteSession, keyring: Keyring, now: datetime, value: str) -> None:
    """End the session of a cookie; every worker refuses it from then on. One that is over changes nothing."""
    ended = await identity.end_session(session, value)
    if ended is not None:
        org_id, account_id = ended
        await audit.append(session, keyring, [Act(org_id, account_id, "session.end", now, {"sessions": "1"})])


async def sign_out_everywhere(
    session: WriteSession, keyring: Keyring, now: datetime, org_id: UUID, account_id: UUID, *, actor: UUID = SERVICE
) -> int:
    """End every session of an account and return how many there were."""
    count = await identity.end_every_session(session, org_id, account_id)
    detail = {"account": str(account_id), "sessions": str(count)}
    await audit.append(session, keyring, [Act(org_id, actor, "session.end", now, detail)])
    return count
