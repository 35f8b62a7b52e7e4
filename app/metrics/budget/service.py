"""Spending an account's questions of the day."""

from datetime import datetime, time, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from app import errors
from app.db.engine import WriteSession
from app.directory.rules import PARIS
from app.http.rates import Standing
from app.metrics.budget import queries

POLICY: Final = "questions-a-day"
_DAY_S: Final = 86_400


async def spend(session: WriteSession, org_id: UUID, account_id: UUID, now: datetime, budget: int) -> Standing:
    """Count one question in the caller's transaction and return how the account stands.

    Raises `budget_spent`, which says when the next day begins in Paris; a question that is refused is not counted.
    """
    today = now.astimezone(PARIS).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(), PARIS)
    left_s = max(1, ceil(tomorrow.timestamp() - now.timestamp()))
    spent = await queries.spend(session, org_id, account_id, today, budget)
    standing = Standing(POLICY, budget, _DAY_S, 0 if spent is None else budget - spent, left_s)
    if spent is None:
        problem = standing.refusal(errors.budget_spent, f"At most {budget} questions a day.")
        problem.extra["starts_again_at"] = tomorrow.isoformat()
        raise problem
    return standing
