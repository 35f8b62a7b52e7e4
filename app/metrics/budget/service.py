"""Spending an account's questions of the day."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from app import errors
from app.db.engine import WriteSession
from app.directory.rules import PARIS
from app.errors import Problem
from app.http.rates import Standing
from app.metrics.budget import queries

POLICY: Final = "questions-a-day"
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Spending:
    """What became of one more question."""

    standing: Standing
    refusal: Problem | None
    """Why it is not answered."""
    written_down: bool
    """Refused ones are written down too: as many a day as there are answered ones, so that nobody fills the log."""


async def spend(session: WriteSession, org_id: UUID, account_id: UUID, now: datetime, budget: int) -> Spending:
    """Count one question in the caller's transaction and return what becomes of it.

    The refusal is `budget_spent`, which says when the next day begins in Paris; it is the caller's to raise, once what
    is to be written down is.
    """
    today = now.astimezone(PARIS).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(), PARIS)
    left_s = max(1, ceil(tomorrow.timestamp() - now.timestamp()))
    spent = await queries.spend(session, org_id, account_id, today, 2 * budget)
    standing = Standing(POLICY, budget, _DAY_S, max(0, budget - spent) if spent is not None else 0, left_s)
    if spent is not None and spent <= budget:
        return Spending(standing, None, written_down=True)
    refusal = standing.refusal(errors.budget_spent, f"At most {budget} questions a day.")
    refusal.extra["starts_again_at"] = tomorrow.isoformat()
    return Spending(standing, refusal, written_down=spent is not None)
