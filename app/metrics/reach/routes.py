"""The route of reach."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.indicator import Granularity
from app.metrics.reach.definitions import ReachGroupBy
from app.metrics.reach.schemas import ReachSent
from app.metrics.reach.service import ask_reach

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get("/metrics/reach", summary="Contacts and persons", response_model=ReachSent, responses=problems(*PROBLEMS))
async def get_reach(
    question: Asked,
    granularity: Annotated[Granularity, Query(description="Length of the periods of the series.")] = Granularity.month,
    group_by: Annotated[ReachGroupBy | None, Query(description="Split by this.")] = None,
) -> ReachSent:
    """Count contacts and encounters, and the persons behind them as far as they can be told apart.

    Persons with a card (distinct cards) and persons without one (those said to be met for the first time this year) are
    separate measures. At most 400 periods, or 60 with groups. A coordinator of an organisation sees the encounters of
    its teams, one of a perimeter those of every team in it; a card seen by two teams is one person. Every question is
    written down.
    """
    return await ask_reach(question, granularity, group_by)
