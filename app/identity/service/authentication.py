"""From a bearer token to a principal, on every request."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import errors
from app.http.context import Context
from app.identity import queries
from app.identity.records import Bearer
from app.identity.rules import Principal
from app.identity.tokens import digest_of
from app.identity.vocabulary import Reach, Role

_TRUSTED_FOR_S: Final = 1.0
_MOST_HELD: Final = 4096


@dataclass(frozen=True, slots=True)
class _Held:
    principal: Principal
    expires_at: datetime
    read_at_s: float


class Authenticator:
    """Turns tokens into principals and remembers each for at most a second, so a revocation holds within one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing remembered; `monotonic` counts seconds."""
        self._monotonic = monotonic
        self._held: dict[bytes, _Held] = {}
        self._reading: dict[bytes, asyncio.Task[_Held | None]] = {}

    async def principal(self, ctx: Context, token: str) -> Principal:
        """Return whom the token speaks for, or raise unauthenticated.

        What was never a token of this service is refused without asking the database.
        """
        digest = digest_of(token)
        if digest is None:
            raise errors.unauthenticated()
        held = self._held.get(digest)
        if held is None or self._monotonic() - held.read_at_s >= _TRUSTED_FOR_S:
            held = await self._read_once(ctx, digest)
        if held is None or ctx.clock() >= held.expires_at:
            raise errors.unauthenticated()
        return held.principal

    async def _read_once(self, ctx: Context, digest: bytes) -> _Held | None:
        """Read a token once for all requests that wait for it: a busy phone's requests share one answer a second."""
        reading = self._reading.get(digest)
        if reading is None:
            # In a context of its own: the caller who happened to come first may leave without stopping the others.
            reading = asyncio.get_running_loop().create_task(self._read(ctx, digest), context=contextvars.Context())
            self._reading[digest] = reading
            reading.add_done_callback(lambda done: self._forget(digest, done))
        return await asyncio.shield(reading)

    def _forget(self, digest: bytes, done: asyncio.Task[_Held | None]) -> None:
        del self._reading[digest]
        if not done.cancelled():
            done.exception()  # whoever still waits gets it; nobody waiting is no reason to log it

    async def _read(self, ctx: Context, digest: bytes) -> _Held | None:
        read_at_s = self._monotonic()  # before the read: a revocation committed after it is at most a second away
        async with ctx.database.reading() as session:
            bearer = await queries.bearer(session, digest)
        self._held.pop(digest, None)
        principal = principal_of(bearer) if bearer else None
        if bearer is None or principal is None:
            return None
        if len(self._held) >= _MOST_HELD:
            del self._held[next(iter(self._held))]  # the one read longest ago
        held = self._held[digest] = _Held(principal, bearer.expires_at, read_at_s)
        return held


def principal_of(bearer: Bearer) -> Principal | None:
    """Return the principal, or None when the token, its device or its account was revoked."""
    if bearer.revoked_at is not None:
        return None
    if bearer.device_id is not None:
        return _device(bearer, bearer.device_id)
    if bearer.account_id is None or bearer.role is None or bearer.account_revoked_at is not None:
        return None
    return Principal(
        role=Role(bearer.role),
        subject_id=bearer.account_id,
        org_id=bearer.org_id,
        reach=Reach(bearer.reach or Reach.organisation),
        perimeter=bearer.perimeter,
        expires_at=bearer.expires_at,
    )


def _device(bearer: Bearer, device_id: UUID) -> Principal | None:
    bound = bearer.team_id is not None or bearer.facility_id is not None
    if not bound or bearer.device_revoked_at is not None:
        return None
    return Principal(
        role=Role.team_device if bearer.team_id is not None else Role.facility_device,
        subject_id=device_id,
        org_id=bearer.org_id,
        team_id=bearer.team_id,
        night=bool(bearer.night),
        facility_id=bearer.facility_id,
        expires_at=bearer.expires_at,
    )
