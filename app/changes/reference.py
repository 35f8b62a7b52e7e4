"""The route of the reference: everything an app needs offline, sent again only when it changed."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from app import errors
from app.changes.reference_document import current_reference
from app.changes.reference_schemas import ReferenceSent
from app.http.context import Ctx, Now, Reading
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission

router: Final = APIRouter(prefix="/v1", tags=["directory"])
_TAG_DOCUMENTED: Final = {
    "ETag": {"description": "Strong entity tag: the SHA-256 of the body.", "schema": {"type": "string"}}
}


@router.get(
    "/reference",
    summary="Fetch everything an app needs offline",
    response_model=ReferenceSent,
    responses=problems(errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)
    | {
        200: {"headers": _TAG_DOCUMENTED},
        304: {"description": "Nothing changed since the tag sent.", "headers": _TAG_DOCUMENTED},
    },
)
async def get_reference(
    _principal: Annotated[Principal, allowed(Permission.reference_read)],
    session: Reading,
    ctx: Ctx,
    now: Now,
    if_none_match: Annotated[
        str | None, Header(max_length=1000, description="`ETag` of the reference the app holds.")
    ] = None,
) -> Response:
    """Return territories, perimeters, kinds, facilities with hours, and every closed vocabulary in French and English.

    Keep it and ask again with `If-None-Match`: 304 says that nothing changed.
    """
    reference = await current_reference(ctx.database, session, now)
    headers = {"ETag": reference.tag, "Cache-Control": "private, no-cache"}
    if _holds(if_none_match, reference.tag):
        return Response(status_code=304, headers=headers)
    return Response(reference.body, media_type="application/json", headers=headers)


def _holds(if_none_match: str | None, tag: str) -> bool:
    """Say whether a tag is among those sent; a proxy that compresses may have weakened it (RFC 9110, 13.1.2)."""
    sent = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return tag in sent or sent == ["*"]
