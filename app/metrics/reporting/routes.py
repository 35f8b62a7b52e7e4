"""The route of reporting health."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.reporting.schemas import ReportingSent
from app.metrics.reporting.service import ask_reporting

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/reporting",
    summary="How soon and how fully teams report",
    response_model=ReportingSent,
    responses=problems(*PROBLEMS),
)
async def get_reporting(
    question: Asked,
    silent_after_days: Annotated[int, Query(ge=1, le=90, description="Days without a record.")] = 7,
) -> ReportingSent:
    """Say how long records take to arrive, what they leave unsaid, and which teams sent nothing.

    Lags are known to the hour, quantiles are exact. A patrol lists territories: in a view limited to some it counts
    when it lists one of them. A day counts for a team once it is over. What cannot be computed is null, with the
    reason, never 0.
    """
    return await ask_reporting(question, silent_after_days)
