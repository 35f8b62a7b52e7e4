"""Reading what costs are made of: the register's payments, and releases of quarters and years."""

from collections.abc import Mapping
from datetime import date, timedelta

from app.db.engine import ReadSession
from app.http.context import Context
from app.monitoring import released
from app.monitoring.costs.rules import Period, Published, costs, not_spread, over_the_plan, payments
from app.plan.records import Plan
from app.plan.records.money import Amount
from app.plan.register.queries import load
from app.plan.standing import of_type, standing
from app.plan.vocabulary import EntryType
from app.releases.vocabulary import Dimension, Measure, Span, Stage


async def costs_of(context: Context, session: ReadSession, plan: Plan, today: date) -> tuple[list[Period], int | None]:
    """Return what outcomes cost, by what was paid up to today, and the EUR cents that were paid in no budget year.

    Of the whole plan where some of it is in no budget year; by budget year, and by quarter where that is known.
    """
    amounts = of_type(standing(await load(session, plan.plan, [EntryType.amount]), today), Amount)
    perimeter = plan.perimeter or context.settings.perimeter
    paid = [*over_the_plan(amounts, plan.valid_from, plan.valid_to - timedelta(days=1)), *payments(amounts)]
    return costs(paid, await _published(session, perimeter, plan.valid_from)), not_spread(amounts)


async def _published(session: ReadSession, perimeter: str, since: date) -> Mapping[str, Published]:
    """Return the releases of quarters and years from a day's quarter on: outcomes may come after the plan's end."""
    found = {}
    for release in await released.of_plan(session, perimeter, since.replace(month=1, day=1), date.max):
        if release.span != Span.month.value:
            told = await released.told(session, release)
            cells = {stage: told.cell(Measure.referrals, Dimension.stage, stage.value) for stage in Stage}
            stages = {stage: cell.value if cell else None for stage, cell in cells.items()}
            found[release.id] = Published(release.id, stages)
    return found
