"""The route of the map."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.territories.schemas import TerritoriesSent
from app.metrics.territories.service import ask_territories

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/territories",
    summary="Where people are met, and how that shifts",
    response_model=TerritoriesSent,
    responses=problems(*PROBLEMS),
)
async def get_territories(
    question: Asked,
    target: Annotated[
        str | None, Query(pattern=r"^[0-9]{2,7}$", description="Ask where contacts that left this territory went.")
    ] = None,
) -> TerritoriesSent:
    """Compare territories with each other and with the previous period of the same length.

    With a target: its neighbours are the buffer, the rest of the perimeter the control. All of it within the caller's
    organisation or perimeter; contacts outside a perimeter are not in the view of who is confined to it. Dated events
    stand beside the figures; nothing is inferred from them.
    """
    return await ask_territories(question, target)
