"""The route of flows."""

from typing import Final

from fastapi import APIRouter

from app.http.problems import problems
from app.metrics.asking import PROBLEMS, Asked
from app.metrics.flows.schemas import FlowsSent
from app.metrics.flows.service import ask_flows

router: Final = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics/flows",
    summary="Flows between the rungs of the pathway",
    response_model=FlowsSent,
    responses=problems(*PROBLEMS),
)
async def get_flows(question: Asked) -> FlowsSent:
    """Return from which rung of the pathway people went to which, as the nodes and links of a Sankey diagram.

    Every referral of the period makes one link, which says by what it is known: a chain of referrals, a card, or
    nothing. Exits from stays are links of their own. Earlier referrals are looked up in all that the caller may see,
    also outside the territory asked for. Links are never crossed with who people are.
    """
    return await ask_flows(question)
