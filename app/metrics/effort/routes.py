"""The route of the effort."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.effort.definitions import EffortBy
from app.metrics.effort.schemas import EffortSent
from app.metrics.effort.service import ask_effort

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/effort",
    summary="Patrol hours, contacts per hour and night coverage",
    response_model=EffortSent,
    responses=problems(*PROBLEMS),
)
async def get_effort(
    question: Asked, group_by: Annotated[EffortBy | None, Query(description="Split by this.")] = None
) -> EffortSent:
    """Say how long teams were out, how many people they met in that time, and how much of it was at night.

    Outings without a believable end are counted apart. In a view limited to territories a patrol counts when it lists
    one of them, and its time is shared equally among those it lists. Facilities are those the caller's organisation
    operates, or those in its perimeter. What nobody planned or reported is null, with the reason, never 0.
    """
    return await ask_effort(question, group_by)
