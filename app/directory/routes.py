"""Routes of facilities: what they report, and their present state."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from app import errors
from app.directory import states
from app.directory.reports import store_reports
from app.directory.schemas import FacilityPage, FacilityReportIn, FacilitySent
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

router: Final = APIRouter(prefix="/v1", tags=["directory"])
_REPORTS: Final = Ingest(FacilityReportIn, "facility-report.post", store_reports)
_READ_PROBLEMS: Final = (errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)


@router.post(
    "/facility-reports",
    summary="Report the state of one's facility",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_REPORTS.reader.model),
)
async def post_facility_reports(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.facility_report)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store what the desk's own facility says of itself: open or closed, places free, people waiting.

    All reports are kept as a series. The one observed last is what others see, in whatever order they arrive.
    """
    return await _REPORTS.take(request, principal, dry_run=dry_run)


@router.get(
    "/facilities",
    summary="List facilities and their present state",
    responses=problems(*_READ_PROBLEMS),
)
async def list_facilities(
    principal: Annotated[Principal, allowed(Permission.reference_read)],
    session: Reading,
    ctx: Ctx,
    now: Now,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 100,
) -> FacilityPage:
    """Return the facilities that are not closed for good, with planned hours and last report, by identifier.

    Reports are for those who may ask what has a place now (`GET /v1/capacity/now`): null for all others.
    """
    after = read_cursor(cursor, "cursor")[1] if cursor is not None else None
    items, more = await states.page(ctx.database, session, now, after, size)
    return FacilityPage(items=states.seen_by(principal, items), next=write_cursor(0, items[-1].id) if more else None)


@router.get(
    "/facilities/{facility_id}",
    summary="Show one facility and its present state",
    responses=problems(*_READ_PROBLEMS, errors.not_found),
)
async def get_facility(
    principal: Annotated[Principal, allowed(Permission.reference_read)],
    session: Reading,
    ctx: Ctx,
    now: Now,
    facility_id: Annotated[UUID, Path(description="The facility.")],
) -> FacilitySent:
    """Return one facility, also one that is closed for good; its report as in `GET /v1/facilities`."""
    return states.seen_by(principal, [await states.one(ctx.database, session, now, facility_id)])[0]
