"""Routes of patrols."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from app.http.envelope import BatchResult, DryRun
from app.http.openapi import body_of
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.ingest.responses import INGEST_PROBLEMS
from app.ingest.service import Ingest
from app.patrols.schemas import PatrolIn
from app.patrols.service import store_patrols

router: Final = APIRouter(prefix="/v1", tags=["patrols"])
_PATROLS: Final = Ingest(PatrolIn, "patrol.post", store_patrols)


@router.post(
    "/patrols",
    summary="Post patrols",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_PATROLS.reader.model),
)
async def post_patrols(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.patrol_write)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store outings, also those on which nobody was met; one verdict each, in order.

    The same id with `revision` one higher corrects an outing for 72 hours; `status: entered_in_error` withdraws it.
    """
    return await _PATROLS.take(request, principal, dry_run=dry_run)
