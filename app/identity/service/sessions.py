"""Sessions of people: an opaque cookie, stored as its digest, refused on every worker as soon as its row is gone.

People are few, so each request reads its session anew: signing out, everywhere too, holds at once.
"""

import contextlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from app import errors
from app.db.engine import WriteSession
from app.errors import Problem
from app.http.context import Context
from app.identity import queries
from app.identity.records import PersonSession
from app.identity.vocabulary import SignInMethod
from app.settings import Settings

SESSION_COOKIE: Final = "__Host-maraude"
_RANDOM_BYTES: Final = 32
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_PROLONGED_EVERY: Final = timedelta(minutes=1)
"""Using a session writes to the database at most so often."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A session's cookie, shown to the browser once: only its digest is stored."""

    value: str
    expires_at: datetime


def _digest_of(value: str) -> bytes | None:
    """Return the 32 bytes a cookie is stored under, or None for what was never one of this service's."""
    return sha256(value.encode()).digest() if _SHAPE.fullmatch(value) else None


async def start_session(
    session: WriteSession,
    settings: Settings,
    now: datetime,
    *,
    org_id: UUID,
    account_id: UUID,
    method: SignInMethod,
    replaces: str | None = None,
) -> Cookie:
    """Begin a session with a fresh identifier and return its cookie.

    `replaces` is the cookie the browser came with: its session ends, and nothing of it is taken over.
    """
    await queries.purge(session, queries.PERSON_SESSION, now)
    if replaces is not None:
        await end_session(session, replaces)
    value, expires_at = secrets.token_urlsafe(_RANDOM_BYTES), now + settings.session_lifetime
    row = {
        "digest": _digest_of(value),
        "org_id": org_id,
        "account_id": account_id,
        "method": method.value,
        "started_at": now,
        "idle_at": min(now + settings.session_idle, expires_at),
        "expires_at": expires_at,
    }
    await queries.add(session, queries.PERSON_SESSION, row)
    return Cookie(value, expires_at)


async def session_of(ctx: Context, value: str) -> PersonSession:
    """Return the session of a cookie and let it idle on; `not_signed_in` when there is none or it is over."""
    digest, now = _digest_of(value), ctx.clock()
    if digest is None:
        raise errors.not_signed_in()
    async with ctx.database.reading() as reading:
        found = await queries.person_session(reading, digest)
    if found is None or now >= min(found.idle_at, found.expires_at):
        raise errors.not_signed_in()
    idle_at = min(now + ctx.settings.session_idle, found.expires_at)
    if idle_at - found.idle_at >= _PROLONGED_EVERY:
        with contextlib.suppress(Problem):  # a busy database must not turn a read into a failure
            async with ctx.database.writing() as session:
                await queries.prolong(session, digest, idle_at)
    return found


async def end_session(session: WriteSession, value: str) -> tuple[UUID, UUID] | None:
    """End one session; return its (organisation, account), or None when there was none."""
    digest = _digest_of(value)
    return await queries.end_session(session, digest) if digest is not None else None


async def end_every_session(session: WriteSession, org_id: UUID, account_id: UUID) -> int:
    """End every session of an account, wherever it is signed in; return how many."""
    return await queries.end_sessions(session, org_id, account_id)
