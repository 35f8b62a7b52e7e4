"""The routes of what happened around a plan: no parameter but the plan, as figures are read beside it."""

from typing import Final

from fastapi import APIRouter, Response

from app.directory.queries import annotations
from app.directory.service import current_directory
from app.http.context import Context, Ctx
from app.http.formats import Format
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import About, PlanQuestion, Reader
from app.plan.standing import standing
from app.plan.steering.answer import CONTEXT_TYPES, context_sent
from app.plan.steering.context import drawn, window
from app.plan.steering.schemas import ContextSent
from app.plan.steering.tables import table_of_context

router: Final = APIRouter(prefix="/v1", tags=["plan"])


@router.get("/plan/context", summary="What happened around the plan", response_model=ContextSent, responses=ALSO_TABLES)
async def get_context(_principal: Reader, ctx: Ctx, question: About, form: AskedForm) -> Response:
    """Return others' series by territory and month, each with unit, publisher, licence and source, and dated events.

    They are plain aggregates of a territory or above, to be drawn beside figures; nothing here is joined to a record.
    A month that was not received, between the first and the last that were, is null with the reason.
    """
    return await _answer(ctx, question, form, None)


@router.get(
    "/plan/context.{suffix}", summary="The context as a file", response_model=ContextSent, responses=ALSO_TABLES
)
async def get_context_file(_principal: Reader, ctx: Ctx, question: About, form: AskedForm, suffix: Suffix) -> Response:
    """Return series and events as CSV or Parquet, one row a month or an event, or all of it as JSON."""
    return await _answer(ctx, question, form, suffix)


async def _answer(ctx: Context, question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    directory = await current_directory(ctx.database, question.session, question.now)
    series = drawn(standing(await question.recorded(CONTEXT_TYPES)))
    shown = window(question.plan, series)
    events = await annotations(question.session, *shown)
    document = context_sent(series, events, question.plan, shown, directory)
    return form.answered(document, lambda: table_of_context(document), suffix)
