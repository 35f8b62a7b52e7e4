"""Routes of the closed loop."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from app import errors
from app.http.body import read_one
from app.http.context import Ctx, Now, Reading
from app.http.cursors import read_cursor, write_cursor
from app.http.envelope import BatchResult, DryRun
from app.http.openapi import body_of
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.ingest.responses import INGEST_PROBLEMS
from app.ingest.service import Ingest
from app.referrals import queries, service
from app.referrals.answering import store_answers
from app.referrals.schemas import (
    LoneReferralIn,
    LookupIn,
    LookupResult,
    PendingEvents,
    PendingEventSent,
    ReferralEventIn,
    ReferralPage,
    ReferralSent,
    StayExitIn,
)
from app.referrals.vocabulary import NotApplied, State

router: Final = APIRouter(prefix="/v1", tags=["referrals"])
_LOOKUP: Final = TypeAdapter(LookupIn)
_REFERRALS: Final = Ingest(LoneReferralIn, "referral.post", service.store_lone)
_EVENTS: Final = Ingest(ReferralEventIn, "referral-event.post", store_answers)
_EXITS: Final = Ingest(StayExitIn, "stay-exit.post", store_answers)
_READ_PROBLEMS: Final = (errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)
PageSize = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


@router.post(
    "/referrals",
    summary="Post referrals made outside encounters",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_REFERRALS.reader.model),
)
async def post_referrals(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.referral_write)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store referrals that belong to no encounter, for instance one made on the phone; one verdict each, in order."""
    return await _REFERRALS.take(request, principal, dry_run=dry_run)


@router.post(
    "/referral-events",
    summary="Answer referrals",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_EVENTS.reader.model),
)
async def post_referral_events(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.referral_event)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store what became of referrals, named by id or by slip.

    Events may come late, out of order and before their referral. One that has no effect is kept and its verdict, still
    `created`, carries a problem that names the state and what may follow.
    """
    return await _EVENTS.take(request, principal, dry_run=dry_run)


@router.post(
    "/stay-exits",
    summary="Post the ends of stays",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_EXITS.reader.model),
)
async def post_stay_exits(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.stay_exit)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store the ends of stays that admissions opened. A transfer within one programme is the same stay."""
    return await _EXITS.take(request, principal, dry_run=dry_run)


@router.post(
    "/referrals/lookup",
    summary="Look up a referral by slip or card",
    response_model=LookupResult,
    responses=problems(
        errors.malformed_json,
        errors.malformed_encoding,
        errors.unauthenticated,
        errors.forbidden,
        errors.not_found,
        errors.body_too_large,
        errors.unsupported_media,
        errors.invalid,
        errors.too_many_attempts,
        errors.unavailable,
        errors.storage_full,
    ),
    openapi_extra=body_of(LookupIn),
)
async def look_up_referral(
    request: Request, ctx: Ctx, now: Now, principal: Annotated[Principal, allowed(Permission.referral_lookup)]
) -> LookupResult:
    """Return the referral of a slip, or the open referrals of a card that the caller may answer.

    Twenty failed look-ups a day and device are borne.
    """
    asked = await read_one(request, ctx.settings.body_limit, _LOOKUP)
    found = await service.look_up(ctx, principal, asked, now)
    return LookupResult(items=[service.sent(standing) for standing in found])


@router.get(
    "/referrals",
    summary="List the team's referrals",
    response_model=ReferralPage,
    responses=problems(*_READ_PROBLEMS),
)
async def list_referrals(
    principal: Annotated[Principal, allowed(Permission.referral_read)],
    session: Reading,
    state: Annotated[list[State], Query(max_length=12, description="Only in these states.")] = [],  # noqa: B006 - FastAPI copies it
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    size: PageSize = 50,
) -> ReferralPage:
    """Return the team's referrals, last changed first."""
    before = read_cursor(cursor, "cursor") if cursor is not None else None
    team_id = principal.team_id or principal.subject_id
    found = await queries.page_of_team(session, principal.org_id, team_id, state, before, size + 1)
    more = found[size - 1] if len(found) > size else None
    return ReferralPage(
        items=[service.sent(standing) for standing in found[:size]],
        next=write_cursor(more.position, more.id) if more else None,
    )


@router.get(
    "/referrals/{referral_id}",
    summary="Show one referral",
    response_model=ReferralSent,
    responses=problems(*_READ_PROBLEMS, errors.not_found),
)
async def get_referral(
    principal: Annotated[Principal, allowed(Permission.referral_read)],
    session: Reading,
    referral_id: Annotated[UUID, Path(description="The referral.")],
) -> ReferralSent:
    """Return one referral of the caller's organisation."""
    standing = await queries.one_of_organisation(session, principal.org_id, referral_id)
    if standing is None:
        raise errors.not_found()
    return service.sent(standing)


@router.get(
    "/referral-events/pending",
    summary="List own events without effect",
    response_model=PendingEvents,
    responses=problems(*_READ_PROBLEMS),
)
async def list_pending_events(
    principal: Annotated[Principal, allowed(Permission.referral_event)],
    session: Reading,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    size: PageSize = 50,
) -> PendingEvents:
    """Return the events of the caller's team or facility that are kept but had no effect so far, with the reason."""
    after = read_cursor(cursor, "cursor")[1] if cursor is not None else None
    sender_id = principal.facility_id or principal.team_id or principal.subject_id
    found = await queries.pending_of_sender(session, principal.org_id, sender_id, after, size + 1)
    items = [
        PendingEventSent(
            id=event.id,
            referral_id=event.referral_id,
            state=event.step,
            occurred_at=event.occurred_at,
            not_applied=NotApplied(event.why),
        )
        for event in found[:size]
    ]
    return PendingEvents(items=items, next=write_cursor(0, items[-1].id) if len(found) > size else None)
