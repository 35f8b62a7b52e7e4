"""Routes of encounters."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from app.encounters.schemas import EncounterIn
from app.encounters.service import store_encounters
from app.http.envelope import BatchResult, DryRun
from app.http.openapi import body_of
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.ingest.responses import INGEST_PROBLEMS
from app.ingest.service import Ingest

router: Final = APIRouter(prefix="/v1", tags=["encounters"])
_ENCOUNTERS: Final = Ingest(EncounterIn, "encounter.post", store_encounters)


@router.post(
    "/encounters",
    summary="Post encounters with their referrals",
    response_model=BatchResult,
    responses=INGEST_PROBLEMS,
    openapi_extra=body_of(_ENCOUNTERS.reader.model),
)
async def post_encounters(
    request: Request,
    principal: Annotated[Principal, allowed(Permission.encounter_write)],
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Store contacts and the referrals made in them; one verdict each, in order.

    Posting the same again answers `unchanged` and changes nothing. The same id with `revision` one higher corrects a
    record for 72 hours; `status: entered_in_error` withdraws it with its referrals.
    """
    return await _ENCOUNTERS.take(request, principal, dry_run=dry_run)
