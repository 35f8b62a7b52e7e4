"""The route of the funnel."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.funnel.definitions import MOST_SPLITS, Compare, GroupBy
from app.metrics.funnel.schemas import FunnelSent
from app.metrics.funnel.service import Wanted, ask_funnel

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/funnel",
    summary="Referral funnel of a cohort",
    response_model=FunnelSent,
    responses=problems(*PROBLEMS),
)
async def get_funnel(
    question: AskedByKind,
    group_by: Annotated[
        list[GroupBy], Query(max_length=MOST_SPLITS, description="Split by this; by two things when given twice.")
    ] = [],  # noqa: B006 - FastAPI copies it
    horizon_days: Annotated[
        int, Query(ge=1, le=365, description="Days each referral is followed; 7, 30 and 90 answer soonest.")
    ] = 30,
    persons: Annotated[bool, Query(description="Add the funnel of people who carry a card.")] = False,  # noqa: FBT002 - a parameter
    compare: Annotated[Compare | None, Query(description="Put another cohort beside it.")] = None,
) -> FunnelSent:
    """Follow the referrals made in a period, each for the same number of days, and count how far they came.

    The cohort is fixed by when referrals were made, so late answers change its outcome, never its size. Outcomes that
    are not known are counted as such, and both rates are given: unknown as failure, and among known outcomes only.
    Figures are exact and stay within the caller's organisation or perimeter; every question is written down.
    """
    wanted = Wanted(timedelta(days=horizon_days), tuple(dict.fromkeys(group_by)), persons, compare)
    return await ask_funnel(question, wanted)
