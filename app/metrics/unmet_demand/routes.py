"""The route of unmet demand."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.unmet_demand.definitions import UnmetBy
from app.metrics.unmet_demand.schemas import UnmetDemandSent
from app.metrics.unmet_demand.service import ask_unmet_demand

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/unmet-demand",
    summary="What was asked for in vain",
    response_model=UnmetDemandSent,
    responses=problems(*PROBLEMS),
)
async def get_unmet_demand(
    question: AskedByKind,
    group_by: Annotated[list[UnmetBy], Query(max_length=2, description="Split by this, or by two of these.")] = [],  # noqa: B006 - FastAPI copies it
) -> UnmetDemandSent:
    """Count refusals and waits for want of a place, beside the requests made and the places reported free at the time.

    Referrals and encounters stay within the caller's organisation or perimeter. Free places are those of every facility
    in the territories asked about, whoever operates it: they are about no person, and a place is free for all.
    """
    return await ask_unmet_demand(question, group_by)
