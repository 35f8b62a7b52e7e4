"""Making a bearer token, for whoever has just shown a right to one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.db.engine import WriteSession
from app.identity import queries
from app.identity.tokens import digest_of, handle_of, new_token


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, shown once: only its digest is stored."""

    token: str
    expires_at: datetime
    handle: str
    """What it is called by once its text is gone."""


async def issue(
    session: WriteSession,
    now: datetime,
    lifetime: timedelta,
    *,
    org_id: UUID,
    device_id: UUID | None = None,
    account_id: UUID | None = None,
) -> IssuedToken:
    """Store a fresh token for a device or an account and return it; tokens issued before stay good until they end."""
    token, digest = _fresh()
    await queries.purge(session, queries.TOKEN, now)
    await queries.add(
        session,
        queries.TOKEN,
        {
            "digest": digest,
            "org_id": org_id,
            "device_id": device_id,
            "account_id": account_id,
            "issued_at": now,
            "expires_at": now + lifetime,
            "revoked_at": None,
        },
    )
    return IssuedToken(token, now + lifetime, handle_of(digest))


def _fresh() -> tuple[str, bytes]:
    token = new_token()
    digest = digest_of(token)
    if digest is None:
        msg = "a fresh token does not have the form of one"
        raise RuntimeError(msg)
    return token, digest
