"""Answering what changed."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app import errors
from app.changes import queries
from app.changes.queries import Follower
from app.changes.schemas import ChangesSent
from app.db.engine import ReadSession, WriteSession
from app.db.portability import begin_another_life, commit_position
from app.directory import states
from app.directory.service import current_directory
from app.http.context import Context
from app.http.cursors import read_cursor, write_cursor
from app.identity.rules import Principal
from app.referrals.service import sent

_BEGINNING: Final = (-1, UUID(int=0))


async def rebase(session: WriteSession) -> int:
    """Put the feeds right after the database was restored; return how many rows moved.

    PostgreSQL: positions that this cluster has not reached yet come back to its present, and cursors ahead of it are
    refused. SQLite: everything moves to a present that no cursor has seen, so every feed tells everything again.
    """
    another = await begin_another_life(await session.connection())
    if another is not None:
        return await queries.rebase(session, another, below=True)
    return await queries.rebase(session, await commit_position(await session.connection()))


async def changes_after(
    context: Context, session: ReadSession, principal: Principal, after: str | None, size: int, now: datetime
) -> ChangesSent:
    """Return up to `size` changes after a cursor, in the order of commits.

    Never shows a position at which something may still appear, so no change is skipped however late its transaction
    commits. A cursor ahead of the database belongs to another life of it and is refused.
    """
    place = read_cursor(after, "after") if after is not None else _BEGINNING
    before = await queries.horizon(session)
    if place[0] >= before:
        raise errors.cursor_expired()
    follower = Follower(principal.org_id, principal.team_id, principal.facility_id)
    referrals = await queries.referrals_after(session, follower, place, before, size + 1)
    facilities = await states.changed(context.database, session, now, place, before, size + 1)
    order = sorted([(r.position, r.id) for r in referrals] + [(at, f.id) for at, f in facilities])
    last = order[:size][-1] if order else place
    directory = await current_directory(context.database, session, now)
    return ChangesSent(
        referrals=[sent(r) for r in referrals if (r.position, r.id) <= last],
        facilities=[f for at, f in facilities if (at, f.id) <= last],
        reference=str(directory.version.number),
        next=write_cursor(*last),
        more=len(order) > size,
    )
