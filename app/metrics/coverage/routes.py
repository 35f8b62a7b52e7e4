"""The route of coverage."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.coverage.definitions import FEWEST_WEEKS, MOST_WEEKS, USUAL_WEEKS
from app.metrics.coverage.schemas import CoverageSent
from app.metrics.coverage.service import ask_coverage

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/coverage",
    summary="Hidden population and coverage",
    response_model=CoverageSent,
    responses=problems(*PROBLEMS),
)
async def get_coverage(
    question: Asked,
    weeks: Annotated[
        int, Query(ge=FEWEST_WEEKS, le=MOST_WEEKS, description="Length of the window that ends with the period.")
    ] = USUAL_WEEKS,
) -> CoverageSent:
    """Estimate how many persons there are from how often the same cards were met, and read those met against it.

    Meetings are counted in the last weeks of the period, a person once a service day. Two estimates that err in
    opposite ways make a bracket; none is given where the data cannot carry it, and the reason stands in its place.
    Coverage is read against the published 700 to 800, the estimate and the plan's target, side by side. A window across
    New Year is refused, as cards are stored under another key then. Every question is written down.
    """
    return await ask_coverage(question, weeks)
