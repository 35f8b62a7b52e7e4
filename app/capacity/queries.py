"""Every statement on holds, and on what lies next to what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Select, func, or_, select, update
from sqlmodel import col

from app.capacity.models import PlaceHold
from app.capacity.records import Hold
from app.capacity.vocabulary import TAKING
from app.db.bulk import Row, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.table import table_of
from app.directory.models import TerritoryBorder
from app.referrals.models import Referral

Session = ReadSession | WriteSession
_HOLD: Final = table_of(PlaceHold)
_TAKING: Final = sorted(state.value for state in TAKING)
_OWN_REFERRAL: Final = (col(Referral.org_id) == col(PlaceHold.org_id)) & (
    col(Referral.id) == col(PlaceHold.referral_id)
)


def _is_live(now: datetime) -> ColumnElement[bool]:
    """Return the condition: this hold takes a place at `now` (`app.capacity.rules.hold_state`, in SQL)."""
    return (
        col(PlaceHold.released_at).is_(None)
        & (col(PlaceHold.expires_at) > now)
        & col(Referral.state).in_(_TAKING)
        & or_(col(Referral.due_at).is_(None), col(Referral.due_at) > now)
    )


def _holds() -> Select[Any]:
    return select(*_HOLD.c, col(Referral.state), col(Referral.due_at)).join(Referral, _OWN_REFERRAL)


async def neighbours(session: ReadSession, codes: Collection[str]) -> frozenset[str]:
    """Return the territories that share a border with one of these, without these."""
    a, b = col(TerritoryBorder.code_a), col(TerritoryBorder.code_b)
    found = await session.execute(select(a, b).where(or_(a.in_(sorted(codes)), b.in_(sorted(codes)))))
    return frozenset(code for pair in found for code in pair) - frozenset(codes)


async def live_by_facility(session: Session, facility_ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """Return {facility: live holds on its places}, of facilities that have any; by facility, whoever holds them."""
    found = await session.execute(
        select(col(PlaceHold.facility_id), func.count())
        .join(Referral, _OWN_REFERRAL)
        .where(col(PlaceHold.facility_id).in_(sorted(facility_ids)), _is_live(now))
        .group_by(col(PlaceHold.facility_id))
    )
    return {facility_id: int(count) for facility_id, count in found}


async def one(session: WriteSession, condition: ColumnElement[bool], hold_id: UUID) -> Hold | None:
    """Return the hold of the caller's with this id."""
    row = (await session.execute(_holds().where(condition, col(PlaceHold.id) == hold_id).limit(1))).first()
    return Hold(*row) if row is not None else None


async def is_held(session: WriteSession, org_id: UUID, referral_id: UUID, now: datetime) -> bool:
    """Say whether a live hold is there for a referral."""
    own = (col(PlaceHold.org_id) == org_id) & (col(PlaceHold.referral_id) == referral_id)
    return (await session.execute(_holds().where(own, _is_live(now)).limit(1))).first() is not None


async def live(session: ReadSession, condition: ColumnElement[bool], now: datetime, most: int) -> Sequence[Hold]:
    """Return live holds of the caller's, the one that ends first first."""
    order = col(PlaceHold.expires_at), col(PlaceHold.id)
    found = await session.execute(_holds().where(condition, _is_live(now)).order_by(*order).limit(most))
    return [Hold(*row) for row in found]


async def add(session: WriteSession, row: Row) -> None:
    """Insert a hold; the caller holds its id."""
    await insert_new(session, _HOLD, [row])


async def release(session: WriteSession, hold: Hold, now: datetime) -> bool:
    """Give a hold up, and say whether it was not given up before."""
    own = (col(PlaceHold.org_id) == hold.org_id) & (col(PlaceHold.id) == hold.id)
    done = await session.execute(update(_HOLD).where(own, col(PlaceHold.released_at).is_(None)).values(released_at=now))
    return cast("CursorResult[Any]", done).rowcount > 0


def of_organisation(org_id: UUID) -> ColumnElement[bool]:
    """Return the condition: a team of this organisation made the hold."""
    return col(PlaceHold.org_id) == org_id


def of_team(org_id: UUID, team_id: UUID) -> ColumnElement[bool]:
    """Return the condition: this team made the hold."""
    return (col(PlaceHold.org_id) == org_id) & (col(PlaceHold.team_id) == team_id)


def of_facility(facility_id: UUID) -> ColumnElement[bool]:
    """Return the condition: the place is this facility's; goes by facility through an index and fans out."""
    return col(PlaceHold.facility_id) == facility_id
