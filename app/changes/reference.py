"""The route of the reference: everything an app needs offline, sent again only when it changed."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from app import errors
from app.changes.reference_document import current_reference
from app.changes.reference_schemas import ReferenceSent
from app.http.context import Ctx, Now, Reading
from app.http.problems import problems
from app.http.tags import TAGGED, IfNoneMatch, tagged_json
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission

router: Final = APIRouter(prefix="/v1", tags=["directory"])


@router.get(
    "/reference",
    summary="Fetch everything an app needs offline",
    response_model=ReferenceSent,
    responses=problems(errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)
    | TAGGED,
)
async def get_reference(
    _principal: Annotated[Principal, allowed(Permission.reference_read)],
    session: Reading,
    ctx: Ctx,
    now: Now,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return territories, perimeters, kinds, facilities with hours, and every closed vocabulary in French and English.

    Keep it and ask again with `If-None-Match`: 304 says that nothing changed.
    """
    reference = await current_reference(ctx.database, session, now)
    return tagged_json(reference.body, reference.tag, if_none_match)
