"""Reading feeds in the order of commits, never past a transaction that may still commit."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, select, tuple_, update
from sqlmodel import col

from app.db.engine import ReadSession, WriteSession
from app.db.portability import commit_horizon
from app.db.table import table_of
from app.directory.queries import FACILITY
from app.referrals.models import Referral
from app.referrals.records import Standing


@dataclass(frozen=True, slots=True)
class Follower:
    """Whose referrals are followed: a team's, or those that name a facility."""

    org_id: UUID
    team_id: UUID | None
    facility_id: UUID | None

    def condition(self) -> ColumnElement[bool]:
        """Return the condition; the desk's goes by facility through an index and fans out over organisations."""
        if self.facility_id is not None:
            return col(Referral.facility_id) == self.facility_id
        return (col(Referral.org_id) == self.org_id) & (col(Referral.team_id) == self.team_id)


async def horizon(session: ReadSession) -> int:
    """Return the first position that may still appear."""
    return int((await session.execute(select(commit_horizon()))).scalar_one())


async def referrals_after(
    session: ReadSession, follower: Follower, after: tuple[int, UUID], before: int, size: int
) -> Sequence[Standing]:
    """Return the referrals last changed after a place in the order and below the horizon, oldest change first."""
    table = table_of(Referral)
    found = await session.execute(
        select(*(table.c[field.name] for field in fields(Standing)))
        .where(
            follower.condition(),
            tuple_(col(Referral.position), col(Referral.id)) > after,
            col(Referral.position) < before,
        )
        .order_by(col(Referral.position), col(Referral.id))
        .limit(size)
    )
    return [Standing(*row) for row in found]


async def rebase(session: WriteSession, present: int, *, below: bool = False) -> int:
    """Set every position above the present one to it, or every one `below` it; return how many rows that were.

    Rows of no feed have positions under 0 and keep them.
    """
    moved = 0
    for position in (table_of(Referral).c.position, FACILITY.c.position):
        wrong = position.between(0, present - 1) if below else position > present
        done = await session.execute(update(position.table).where(wrong).values(position=present))
        moved += cast("CursorResult[Any]", done).rowcount
    return moved
