"""Routes of capacity and of holds."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import TypeAdapter

from app import errors
from app.capacity.holding import list_live, make_hold, release_hold
from app.capacity.offering import capacity_now
from app.capacity.schemas import CapacitySent, HoldIn, HoldList, HoldSent
from app.http.body import read_one
from app.http.context import Ctx, Now, Reading
from app.http.openapi import body_of
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission

router: Final = APIRouter(prefix="/v1", tags=["capacity"])
_HOLD: Final = TypeAdapter(HoldIn)
_READ_PROBLEMS: Final = (errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)


@router.get(
    "/capacity/now",
    summary="Where there is a place now",
    response_model=CapacitySent,
    responses=problems(*_READ_PROBLEMS, errors.unknown_territory),
)
async def get_capacity_now(
    ctx: Ctx,
    _principal: Annotated[Principal, allowed(Permission.capacity_read)],
    session: Reading,
    now: Now,
    territory: Annotated[
        str | None, Query(pattern=r"^[0-9]{2,7}$", description="Where one is: tells how near each facility is.")
    ] = None,
    kind: Annotated[
        str | None, Query(pattern=r"^[a-z][a-z_]{2,39}$", description="Only this kind of facility.")
    ] = None,
    size: Annotated[int, Query(ge=1, le=200, description="How many facilities at most.")] = 100,
) -> CapacitySent:
    """Return what facilities have to offer at this moment, the most useful first.

    Places left are those last reported less the live holds of every team. A report that is too old, or older than the
    last planned opening or closing, is shown and no longer believed.
    """
    return await capacity_now(ctx, session, now, territory, kind, size)


@router.post(
    "/capacity/holds",
    summary="Hold a place for a referral",
    response_model=HoldSent,
    responses=problems(
        errors.malformed_json,
        errors.malformed_encoding,
        errors.unauthenticated,
        errors.forbidden,
        errors.not_found,
        errors.item_conflict,
        errors.no_place_left,
        errors.no_places_reported,
        errors.report_too_old,
        errors.facility_closed,
        errors.referral_over,
        errors.already_held,
        errors.body_too_large,
        errors.unsupported_media,
        errors.invalid,
        errors.unknown_facility,
        errors.unavailable,
        errors.storage_full,
    ),
    openapi_extra=body_of(HoldIn),
)
async def hold_place(
    request: Request, ctx: Ctx, now: Now, principal: Annotated[Principal, allowed(Permission.hold_write)]
) -> HoldSent:
    """Hold a place of a facility for one of the team's own referrals, for a limited time.

    Sending the same again returns the same hold. It ends by itself when its time is over or its referral has moved on:
    arrived, refused, cancelled or ended in any other way. The last place is never held twice.
    """
    asked = await read_one(request, ctx.settings.body_limit, _HOLD)
    return await make_hold(ctx, principal, asked, now)


@router.get(
    "/capacity/holds",
    summary="List live holds",
    response_model=HoldList,
    responses=problems(*_READ_PROBLEMS),
)
async def list_holds(
    principal: Annotated[Principal, allowed(Permission.hold_read)], session: Reading, now: Now
) -> HoldList:
    """Return the places held now by the caller's team, or of the caller's facility, the one that ends first first."""
    return await list_live(session, principal, now)


@router.delete(
    "/capacity/holds/{hold_id}",
    summary="Give a held place up",
    response_model=HoldSent,
    responses=problems(*_READ_PROBLEMS, errors.not_found, errors.storage_full),
)
async def release_place(
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.hold_release)],
    now: Now,
    hold_id: Annotated[UUID, Path(description="The hold.")],
) -> HoldSent:
    """Give up a hold of one's team, or on a place of one's facility, and return it; doing it again changes nothing."""
    return await release_hold(ctx, principal, hold_id, now)
