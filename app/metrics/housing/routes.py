"""The route of housing."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.housing.definitions import BLOCKED_AFTER_DAYS
from app.metrics.housing.schemas import HousingSent
from app.metrics.housing.service import ask_housing
from app.metrics.indicator import Granularity

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/housing",
    summary="Occupancy, stays and exits of housing",
    response_model=HousingSent,
    responses=problems(*PROBLEMS),
)
async def get_housing(
    question: AskedByKind,
    granularity: Annotated[Granularity | None, Query(description="Occupancy also by these periods.")] = None,
    blocked_after_days: Annotated[
        int, Query(ge=1, le=730, description="A stay open for longer may be blocked.")
    ] = BLOCKED_AFTER_DAYS,
) -> HousingSent:
    """Say how full each kind of housing is, how long people stay, where stays end, and what blocks them.

    Occupancy is of the facilities in view, whoever referred the people: a facility belongs to the organisation that
    operates it. Stays, exits and what blocks them are of the referrals in view. Nights without a report, stays at no
    named facility, exits to nowhere known and the share that cards can follow stand beside the figures.
    """
    return await ask_housing(question, granularity, blocked_after_days)
