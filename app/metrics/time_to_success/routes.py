"""The route of the time to success."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.time_to_success.definitions import DEFAULT_HORIZON_DAYS, LONGEST_HORIZON_DAYS, TimeGroupBy
from app.metrics.time_to_success.schemas import TimeSent
from app.metrics.time_to_success.service import ask_time

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/time-to-success",
    summary="Time until referrals succeed",
    response_model=TimeSent,
    responses=problems(*PROBLEMS),
)
async def get_time_to_success(
    question: AskedByKind,
    group_by: Annotated[TimeGroupBy | None, Query(description="Split by this, and compare.")] = None,
    horizon_days: Annotated[
        int, Query(ge=1, le=LONGEST_HORIZON_DAYS, description="How far the curve is given, in days.")
    ] = DEFAULT_HORIZON_DAYS,
) -> TimeSent:
    """Estimate how long the referrals made in a period take to succeed, whatever became of them.

    Cumulative incidence of success (Aalen-Johansen) with refused, declined, no show and cancelled as competing
    outcomes; referrals still open or never answered count as long as something is known of them. With 95 % limits, the
    day by which a quarter and half of all referrals have succeeded (null when they have not), and between groups, where
    numbers allow, Gray's test. Figures stay within the caller's organisation or perimeter; every question is written
    down.
    """
    return await ask_time(question, horizon_days, group_by)
