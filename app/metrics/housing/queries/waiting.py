"""The statements that say which records stay fine because a stay that goes on needs them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_, select

from app.db.engine import ReadSession
from app.db.types import to_milliseconds
from app.directory.vocabulary import SuccessState
from app.ingest.coarse import CLOSED
from app.metrics.counting import ms
from app.metrics.housing.queries.opened import REFERRAL, moves_between, opened_stay
from app.referrals.vocabulary import Reason, State

Key = tuple[UUID, UUID]
"""An organisation, and a referral of it."""
_BEGINNING: Final = -(2**62)


@dataclass(frozen=True, slots=True)
class Chains:
    """Stays of several referrals, and which of them go on."""

    parts: Mapping[Key, tuple[UUID, ...]]
    """The referrals of the whole stay, of each that is one of several."""
    going_on: Mapping[Key, int]
    """When the whole stay began (ms), of each referral of a stay that does not become coarse."""
    cards: Mapping[bytes, int]
    """The same of the cards of these stays: the earliest beginning."""


async def chains(session: ReadSession, due: ColumnElement[bool], transfers: Collection[str], as_of: datetime) -> Chains:
    """Return the stays there are as chains; one goes on while a referral of it is not `due` to become coarse."""
    moves = moves_between(transfers, _BEGINNING, to_milliseconds(as_of))
    after = {
        (org_id, before): (org_id, to)
        for org_id, before, to in await session.execute(select(moves.c.org_id, moves.c.from_id, moves.c.to_id))
    }
    in_chain = {*after, *after.values()}
    going = case((due, 0), else_=1)
    listed = select(
        REFERRAL.c.org_id, REFERRAL.c.id, REFERRAL.c.link_id, ms(REFERRAL.c.admitted_at), going
    ).where(*opened_stay(REFERRAL.c))  # fmt: skip
    if not in_chain:
        listed = listed.where(going == 1)
    rows = {(org_id, key): rest for org_id, key, *rest in await session.execute(listed)}
    parts: dict[Key, tuple[UUID, ...]] = {}
    going_on: dict[Key, int] = {}
    cards: dict[bytes, int] = {}
    for first in rows.keys() - set(after.values()):
        whole = [first]
        while whole[-1] in after:
            whole.append(after[whole[-1]])
        if len(whole) > 1:
            parts |= dict.fromkeys(whole, tuple(key for _, key in whole))
        there = [rows[one] for one in whole]
        if any(goes_on for *_, goes_on in there):
            since = min(came for _, came, _ in there)
            going_on |= dict.fromkeys(whole, since)
            for link_id in {bytes(link) for link, *_ in there if link is not None}:
                cards[link_id] = min(since, cards.get(link_id, since))
    return Chains(parts, going_on, cards)


async def refusals(session: ReadSession, due: ColumnElement[bool], stays: Chains) -> set[Key]:
    """Return the refusals for want of a place, due to become coarse, that a stay that goes on may be blocked by."""
    c = REFERRAL.c
    refused = select(c.org_id, c.id, c.link_id, c.previous_referral_id, ms(c.state_at).label("at")).where(
        due,
        c.state == State.refused.value,
        c.reason == Reason.no_place.value,
        c.success == SuccessState.admitted.value,
        c.position != CLOSED,
        or_(c.link_id.is_not(None), c.previous_referral_id.is_not(None)),
    )
    found: set[Key] = set()
    for org_id, key, link_id, _, at in await session.execute(refused):
        if link_id is not None and stays.cards.get(bytes(link_id), at + 1) <= at:
            found.add((org_id, key))
    walk = refused.where(c.previous_referral_id.is_not(None)).cte("walk", recursive=True)
    above = REFERRAL.alias("above")
    walk = walk.union(  # distinct rows end also a chain that closes on itself
        select(walk.c.org_id, walk.c.id, walk.c.link_id, above.c.previous_referral_id, walk.c.at).join(
            above, and_(above.c.org_id == walk.c.org_id, above.c.id == walk.c.previous_referral_id)
        )
    )
    climbed = select(walk.c.org_id, walk.c.id, walk.c.previous_referral_id, walk.c.at)
    for org_id, key, passed, at in await session.execute(climbed):
        if passed is not None and stays.going_on.get((org_id, passed), at + 1) <= at:
            found.add((org_id, key))
    return found
