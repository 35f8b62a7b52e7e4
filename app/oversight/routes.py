"""The route of the audit log."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query

from app import errors
from app.http.context import Ctx, Reading
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.oversight.schemas import AuditPage
from app.oversight.service import page, span_of

router: Final = APIRouter(prefix="/v1", tags=["audit"])


@router.get(
    "/audit",
    summary="Who asked and did what, and when",
    response_model=AuditPage,
    responses=problems(
        errors.unauthenticated,
        errors.forbidden,
        errors.invalid,
        errors.unavailable,
        errors.too_slow,
        errors.storage_full,
    ),
)
async def list_audit_entries(
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.audit_read)],
    session: Reading,
    since: Annotated[
        date | None, Query(alias="from", description="First day, in Paris.", examples=["2026-03-01"])
    ] = None,
    until: Annotated[
        date | None, Query(alias="to", description="First day after the span.", examples=["2026-04-01"])
    ] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> AuditPage:
    """Return the acts on the organisation's log, the last one first, with the names of who did them.

    An act is remembered by counts, ids and digests, never by content. Reading the log is itself put on it.
    """
    return await page(ctx, session, principal, span_of(since, until), cursor, size)
