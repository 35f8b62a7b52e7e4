"""What a monitor may say: which plan, and nothing else."""

from typing import Annotated

from fastapi import Depends

from app.http.context import Analysing, Now
from app.plan.asking import PlanCode, PlanQuestion, about_now


async def _about(session: Analysing, now: Now, plan: PlanCode = None) -> PlanQuestion:
    return await about_now(session, now, plan)


AboutPlan = Annotated[PlanQuestion, Depends(_about)]
"""`?plan=` only, on a connection for figures. Put the principal before it."""
