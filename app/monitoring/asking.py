"""What a monitor may say: which plan, and nothing else."""

from typing import Annotated

from fastapi import Depends

from app.directory.rules import local_day
from app.http.context import Analysing, Now
from app.plan.asking import PlanCode, PlanQuestion
from app.plan.register.service import chosen_plan


async def _about(session: Analysing, now: Now, plan: PlanCode = None) -> PlanQuestion:
    today = local_day(now)
    return PlanQuestion(session, await chosen_plan(session, plan, today), today, None, now)


AboutPlan = Annotated[PlanQuestion, Depends(_about)]
"""`?plan=` only, on a connection for figures. Put the principal before it."""
