"""Routes of the feed."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app import errors
from app.changes.schemas import ChangesSent
from app.changes.service import changes_after
from app.http.context import Ctx, Now, Reading
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission

router: Final = APIRouter(prefix="/v1", tags=["changes"])


@router.get(
    "/changes",
    summary="What changed for this device",
    response_model=ChangesSent,
    responses=problems(
        errors.unauthenticated,
        errors.forbidden,
        errors.cursor_expired,
        errors.invalid,
        errors.unavailable,
        errors.too_slow,
    ),
)
async def list_changes(
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.changes_read)],
    session: Reading,
    now: Now,
    after: Annotated[str | None, Query(max_length=64, description="`next` of the last answer; none to begin.")] = None,
    size: Annotated[int, Query(ge=1, le=500, description="How many changes at most.")] = 200,
) -> ChangesSent:
    """Return what changed since the cursor: the team's referrals (or those naming the desk's facility) and facilities.

    Each object comes as it is now. Posting the same data again changes nothing here. `cursor-expired` means the
    database was restored from elsewhere: begin again without a cursor.
    """
    return await changes_after(ctx, session, principal, after, size, now)
