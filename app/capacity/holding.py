"""Holding a place for a referral, and giving it up."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement

from app import errors
from app.audit.service import Act, append
from app.capacity import queries
from app.capacity.records import Hold
from app.capacity.rules import capacity
from app.capacity.schemas import HoldIn, HoldList, HoldSent
from app.capacity.vocabulary import TAKING, HoldState, Obstacle, terms_of
from app.db.bulk import Row
from app.db.engine import ReadSession, WriteSession
from app.db.portability import HOLDING, hold
from app.db.types import to_instant, to_milliseconds
from app.directory import queries as directory_queries
from app.directory.records import Facility
from app.directory.service import current_directory
from app.directory.states import open_by_hours
from app.errors import Fault, ProblemKind
from app.http.context import Context
from app.identity.rules import Principal
from app.keyring import fingerprint
from app.referrals import queries as referral_queries
from app.referrals.records import Standing
from app.referrals.vocabulary import State

_MOST_LISTED: Final = 500
_ONE_MINUTE: Final = timedelta(minutes=1)
_COLUMNS: Final = (
    "org_id",
    "id",
    "team_id",
    "referral_id",
    "facility_id",
    "made_at",
    "expires_at",
    "released_at",
    "digest",
)
_REFUSED: Final[dict[Obstacle, ProblemKind]] = {
    Obstacle.closed: errors.facility_closed,
    Obstacle.no_report: errors.no_places_reported,
    Obstacle.places_not_said: errors.no_places_reported,
    Obstacle.report_too_old: errors.report_too_old,
    Obstacle.no_place: errors.no_place_left,
}


async def make_hold(context: Context, principal: Principal, asked: HoldIn, now: datetime) -> HoldSent:
    """Hold a place, or return the hold that the same request made before.

    One request at a time decides about a facility, a referral and an id, so two never find the same last place. Its
    organisation's chain remembers a place that was not there as well as one that was. Raises `not_found`
    for a referral that is not the team's, `unknown_facility`, `invalid`, `item_conflict`, and why there is no place.
    """
    team_id, now = principal.team_id or principal.subject_id, _stored(now)
    digest = fingerprint(asked.canonical())
    async with context.database.writing() as session:
        await hold(await session.connection(), HOLDING, {asked.id, asked.facility_id, asked.referral_id})
        stored = await queries.one(session, queries.of_organisation(principal.org_id), asked.id)
        if stored is not None:
            if stored.team_id != team_id or stored.digest != digest:
                raise errors.item_conflict()
            return _hold_sent(stored, now)
        referral = await _own_referral(session, principal.org_id, team_id, asked.referral_id)
        facility = await _facility(context, session, now, asked, referral)
        wanted = _wanted(asked, referral, digest, now, now + _lasting(asked, facility))
        await _check_takes(session, referral, now)
        obstacle = await _obstacle(session, facility, now)
        if obstacle is None:
            await queries.add(session, _row(wanted))
        await append(session, context.keyring, [_attempt(principal, wanted, obstacle, now)])
    if obstacle is not None:  # raised only now: the entry must be committed to be remembered
        refused = _REFUSED[obstacle]
        raise refused()
    return _hold_sent(wanted, now)


async def release_hold(context: Context, principal: Principal, hold_id: UUID, now: datetime) -> HoldSent:
    """Give a hold up for its team or its facility, and return it; one that has ended stays as it is.

    Both organisations' chains remember who did it. Raises `not_found`.
    """
    now = _stored(now)
    async with context.database.writing() as session:
        found = await queries.one(session, _callers(principal), hold_id)
        if found is None:
            raise errors.not_found()
        if found.state(now) is HoldState.live and await queries.release(session, found, now):
            found = replace(found, released_at=now)
            owners = sorted({principal.org_id, found.org_id})
            acts = [_act(owner, principal, "hold.release", found, now) for owner in owners]
            await append(session, context.keyring, acts)
    return _hold_sent(found, now)


async def list_live(session: ReadSession, principal: Principal, now: datetime) -> HoldList:
    """Return the live holds of the caller's team, or on the caller's facility; 500 at most."""
    found = await queries.live(session, _callers(principal), now, _MOST_LISTED)
    return HoldList(items=[_hold_sent(one, now) for one in found])


def _callers(principal: Principal) -> ColumnElement[bool]:
    if principal.facility_id is not None:
        return queries.of_facility(principal.facility_id)
    return queries.of_team(principal.org_id, principal.team_id or principal.subject_id)


def _stored(now: datetime) -> datetime:
    """Return the instant as it is stored, in whole milliseconds: what is answered is what will be answered again."""
    return to_instant(to_milliseconds(now))


async def _own_referral(session: WriteSession, org_id: UUID, team_id: UUID, referral_id: UUID) -> Standing:
    for standing in await referral_queries.by_ids(session, {referral_id}):
        if standing.org_id == org_id and standing.team_id == team_id:
            return standing
    raise errors.not_found()


async def _facility(
    context: Context, session: WriteSession, now: datetime, asked: HoldIn, referral: Standing
) -> Facility:
    directory = await current_directory(context.database, session, now, fresh=True)
    facility = directory.facilities.get(asked.facility_id)
    if facility is None:
        raise errors.unknown_facility(faults=[Fault("/facility_id", "unknown", "is not a known facility")])
    meant = referral.facility_id == facility.id or (referral.facility_id is None and referral.kind == facility.ref.kind)
    if not meant:
        sentence = "must be the facility the referral names or, where it names none, one of its kind"
        raise errors.invalid(faults=[Fault("/facility_id", "rule", sentence)])
    return facility


def _lasting(asked: HoldIn, facility: Facility) -> timedelta:
    terms = terms_of(facility.ref.kind)
    if asked.minutes is None:
        return terms.held_for
    lasting = asked.minutes * _ONE_MINUTE
    if lasting > terms.held_at_most:
        sentence = f"must be at most {terms.held_at_most // _ONE_MINUTE} for this kind of facility"
        raise errors.invalid(faults=[Fault("/minutes", "rule", sentence)])
    return lasting


async def _check_takes(session: WriteSession, referral: Standing, now: datetime) -> None:
    """Raise unless the referral can still take a place, and has none."""
    over = referral.due_at is not None and referral.due_at <= now
    if over or State(referral.state) not in TAKING:
        raise errors.referral_over()
    if await queries.is_held(session, referral.org_id, referral.id, now):
        raise errors.already_held()


async def _obstacle(session: WriteSession, facility: Facility, now: datetime) -> Obstacle | None:
    """Return why no place of a facility can be held, None when one can."""
    present = await directory_queries.present(session, facility.id)
    report = present.report if present is not None else None
    live = await queries.live_by_facility(session, [facility.id], now)
    by_hours, terms = open_by_hours(facility, now), terms_of(facility.ref.kind)
    return capacity(by_hours, facility.hours, report, live.get(facility.id, 0), now, terms).obstacle


def _wanted(asked: HoldIn, referral: Standing, digest: bytes, now: datetime, expires_at: datetime) -> Hold:
    return Hold(
        org_id=referral.org_id,
        id=asked.id,
        team_id=referral.team_id,
        referral_id=asked.referral_id,
        facility_id=asked.facility_id,
        made_at=now,
        expires_at=expires_at,
        released_at=None,
        digest=digest,
        referral_state=referral.state,
        due_at=referral.due_at,
    )


def _row(made: Hold) -> Row:
    return {name: getattr(made, name) for name in _COLUMNS}


def _hold_sent(found: Hold, now: datetime) -> HoldSent:
    return HoldSent(
        id=found.id,
        referral_id=found.referral_id,
        facility_id=found.facility_id,
        made_at=found.made_at,
        expires_at=found.expires_at,
        released_at=found.released_at,
        state=found.state(now),
    )


def _act(org_id: UUID, principal: Principal, action: str, found: Hold, now: datetime) -> Act:
    detail: dict[str, Any] = {
        "hold": str(found.id),
        "referral": str(found.referral_id),
        "facility": str(found.facility_id),
        "expires_at": found.expires_at.isoformat(),
    }
    return Act(org_id, principal.subject_id, action, now, detail)


def _attempt(principal: Principal, wanted: Hold, obstacle: Obstacle | None, now: datetime) -> Act:
    """Return what is remembered of asking for a place, found or not.

    Of one not found, the referral is left out: that a team went without is unmet demand, whose wish it was is nobody's
    business. The hold's id tells one request sent again from two.
    """
    if obstacle is None:
        return _act(principal.org_id, principal, "hold.make", wanted, now)
    detail = {"hold": str(wanted.id), "facility": str(wanted.facility_id), "obstacle": obstacle.value}
    return Act(principal.org_id, principal.subject_id, "hold.refuse", now, detail)
