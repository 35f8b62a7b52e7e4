"""The route of the funnel."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.funnel.definitions import GroupBy
from app.metrics.funnel.schemas import FunnelSent
from app.metrics.funnel.service import ask_funnel

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/funnel",
    summary="Referral funnel of a cohort",
    response_model=FunnelSent,
    responses=problems(*PROBLEMS),
)
async def get_funnel(
    question: AskedByKind,
    group_by: Annotated[GroupBy | None, Query(description="Split by this.")] = None,
    horizon_days: Annotated[int, Query(ge=1, le=365, description="Days each referral is followed.")] = 30,
) -> FunnelSent:
    """Follow the referrals made in a period, each for the same number of days, and count how far they came.

    The cohort is fixed by when referrals were made, so late answers change its outcome, never its size. Outcomes that
    are not known are counted as such, and both rates are given: unknown as failure, and among known outcomes only.
    Figures are exact and stay within the caller's organisation or perimeter; every question is written down.
    """
    return await ask_funnel(question, timedelta(days=horizon_days), group_by)
