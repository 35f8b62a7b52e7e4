"""The routes of costs."""

from typing import Final

from fastapi import APIRouter, Response

from app.http.context import Context, Ctx
from app.http.formats import Format
from app.monitoring.asking import AboutPlan
from app.monitoring.costs.schemas import CostsSent
from app.monitoring.costs.service import costs_of
from app.monitoring.costs.tables import table_of_costs
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import PlanQuestion, Reader

router: Final = APIRouter(prefix="/v1", tags=["monitoring"])


@router.get("/plan/costs", summary="What an outcome cost", response_model=CostsSent, responses=ALSO_TABLES)
async def get_costs(_principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm) -> Response:
    """Return what was paid over what was published, for each outcome, at lags of 0 to 4 quarters side by side.

    Outcomes come from frozen releases only. Each cost says which, and how far noise and rounding may have moved it;
    each period says how far its lags lie apart. Where too few outcomes are published there is no cost, and a reason.
    Nor has a year one while some of what was paid is not spread over years: `not_spread` says how much, and all that
    was paid stands over the outcomes of the whole plan.
    """
    return await _answer(ctx, question, form, None)


@router.get("/plan/costs.{suffix}", summary="Costs as a file", response_model=CostsSent, responses=ALSO_TABLES)
async def get_costs_file(
    _principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm, suffix: Suffix
) -> Response:
    """Return the costs at an address that a spreadsheet refreshes by itself, a row a period, outcome and lag."""
    return await _answer(ctx, question, form, suffix)


async def _answer(ctx: Context, question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    found, not_spread = await costs_of(ctx, question.session, question.plan, question.at)
    document = CostsSent.of(question.plan, found, not_spread)
    return form.answered(document, lambda: table_of_costs(document), suffix)
