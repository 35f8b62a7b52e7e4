"""The routes of KPIs: no parameter but the plan and the form (docs/decisions/0035)."""

from typing import Any, Final

from fastapi import APIRouter, Response

from app.http.context import Context, Ctx
from app.http.formats import Format
from app.http.problems import problems
from app.http.tags import TAGGED, IfNoneMatch, tagged
from app.monitoring.asking import AboutPlan
from app.monitoring.kpis.openmetrics import CONTENT_TYPE, exposition
from app.monitoring.kpis.schemas import KpisSent
from app.monitoring.kpis.seen import see
from app.monitoring.kpis.service import sheet
from app.monitoring.kpis.tables import table_of_kpis
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import PROBLEMS, PlanQuestion, Reader

router: Final = APIRouter(prefix="/v1", tags=["monitoring"])
metrics: Final = APIRouter(prefix="/metrics", tags=["monitoring"])
_AS_METRICS: Final[dict[int | str, dict[str, Any]]] = {
    **problems(*PROBLEMS),
    **TAGGED,
    200: {
        **TAGGED[200],
        "content": {
            CONTENT_TYPE.partition(";")[0]: {
                "schema": {"type": "string", "description": "OpenMetrics 1.0.", "examples": ["# EOF\n"]}
            }
        },
    },
}


@router.get("/kpis", summary="The plan's KPIs", response_model=KpisSent, responses=ALSO_TABLES)
async def get_kpis(_principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm) -> Response:
    """Return every KPI with its definition, unit, period, value, target, status, source and quality.

    Figures of the register and indicators about no person are live; figures about people come from the newest frozen
    release and are protected. The period is never chosen: the last month of the plan that is over, or what holds now. A
    missing value says why. The tag stays the same while no figure changes: ask again with `If-None-Match`.
    """
    return await _answer(ctx, question, form, None)


@router.get("/kpis.{suffix}", summary="The KPIs as a file", response_model=KpisSent, responses=ALSO_TABLES)
async def get_kpis_file(_principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm, suffix: Suffix) -> Response:
    """Return the KPIs at an address that a spreadsheet or a dashboard refreshes by itself, a row a KPI."""
    return await _answer(ctx, question, form, suffix)


async def _answer(ctx: Context, question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    found = await sheet(await see(ctx, question.session, question.plan, question.now, question.at))
    document = KpisSent.of(question.plan, found)
    return form.answered(document, lambda: table_of_kpis(document), suffix)


@metrics.get("/kpis", summary="The KPIs for dashboards", response_class=Response, responses=_AS_METRICS)
async def get_kpi_metrics(
    _principal: Reader, ctx: Ctx, question: AboutPlan, if_none_match: IfNoneMatch = None
) -> Response:
    """Return the KPIs as OpenMetrics 1.0 text: gauges for values and targets, a state set for the status.

    A KPI without a value has no sample of `maraude_kpi` and one of `maraude_kpi_missing` that says why.
    """
    found = await sheet(await see(ctx, question.session, question.plan, question.now, question.at))
    body = exposition(question.plan.plan, found.rows)
    return tagged(Response(body, media_type=CONTENT_TYPE), if_none_match)
