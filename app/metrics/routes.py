"""Routes of figures."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from app import errors
from app.http.context import Analysing, Ctx, Now
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.metrics.definitions import GroupBy
from app.metrics.queries import FunnelQuestion
from app.metrics.schemas import FunnelSent
from app.metrics.service import ask_funnel

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/funnel",
    summary="Referral funnel of a cohort",
    response_model=FunnelSent,
    responses=problems(
        errors.unauthenticated,
        errors.forbidden,
        errors.not_found,
        errors.invalid,
        errors.unavailable,
        errors.too_slow,
        errors.storage_full,
    ),
)
async def get_funnel(
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.metrics_read)],
    session: Analysing,
    now: Now,
    since: Annotated[
        date, Query(alias="from", description="First service day of the cohort.", examples=["2026-01-01"])
    ],
    until: Annotated[date, Query(alias="to", description="First service day after it.", examples=["2026-04-01"])],
    territory: Annotated[
        str | None, Query(pattern=r"^[0-9]{2,7}$", description="A territory, with everything below it.")
    ] = None,
    kind: Annotated[
        str | None, Query(pattern=r"^[a-z][a-z_]{2,39}$", description="Only this kind of facility.")
    ] = None,
    group_by: Annotated[GroupBy | None, Query(description="Split by this.")] = None,
    horizon_days: Annotated[int, Query(ge=1, le=365, description="Days each referral is followed.")] = 30,
) -> FunnelSent:
    """Follow the referrals made in a period, each for the same number of days, and count how far they came.

    The cohort is fixed by when referrals were made, so late answers change its outcome, never its size. Outcomes that
    are not known are counted as such, and both rates are given: unknown as failure, and among known outcomes only.
    Figures are exact and stay within the caller's organisation or perimeter; every question is written down.
    """
    question = FunnelQuestion(since, until, timedelta(days=horizon_days), now, kind, group_by)
    return await ask_funnel(ctx, session, principal, question, territory)
