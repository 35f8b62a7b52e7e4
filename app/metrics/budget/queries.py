"""Counting questions, so that every worker counts the same."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete, update

from app.db.bulk import insert_new
from app.db.engine import WriteSession
from app.db.table import table_of
from app.metrics.budget.models import QueryBudget

_TABLE = table_of(QueryBudget)


async def spend(session: WriteSession, org_id: UUID, account_id: UUID, day: date, most: int) -> int | None:
    """Count one more question of an account; return how many that makes, or None when `most` are counted already."""
    whose = {"org_id": org_id, "account_id": account_id}
    if await insert_new(session, _TABLE, [whose | {"day": day, "spent": 0}]):
        mine = (_TABLE.c.org_id == org_id) & (_TABLE.c.account_id == account_id)
        await session.execute(delete(_TABLE).where(mine, _TABLE.c.day < day))
    spent = await session.execute(
        update(_TABLE)
        .where(_TABLE.c.org_id == org_id, _TABLE.c.account_id == account_id, _TABLE.c.day == day, _TABLE.c.spent < most)
        .values(spent=_TABLE.c.spent + 1)
        .returning(_TABLE.c.spent)
    )
    count: int | None = spent.scalar_one_or_none()
    return count
