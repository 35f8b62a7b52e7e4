"""The routes of coordination."""

from typing import Final

from fastapi import APIRouter, Response

from app.http.formats import Format
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import AboutThen, PlanQuestion, Reader
from app.plan.coordination.answer import TYPES, coordination_sent
from app.plan.coordination.schemas import CoordinationSent
from app.plan.coordination.tables import table_of_cadence
from app.plan.standing import standing

router: Final = APIRouter(prefix="/v1", tags=["plan"])


@router.get(
    "/plan/coordination",
    summary="How often the partners met, and what became of their decisions",
    response_model=CoordinationSent,
    responses=ALSO_TABLES,
)
async def get_coordination(_principal: Reader, question: AboutThen, form: AskedForm) -> Response:
    """Return each committee's calendar quarters: meetings planned, held, not held and not yet known, who came.

    What is not known is null with the reason, never 0. The index is the list of its parts; there is no number for the
    whole. What was only said in words stands beside, and stays in words. Tables hold the quarters.
    """
    return await _answer(question, form, None)


@router.get(
    "/plan/coordination.{suffix}",
    summary="The quarters of committees as a file",
    response_model=CoordinationSent,
    responses=ALSO_TABLES,
)
async def get_coordination_file(_principal: Reader, question: AboutThen, form: AskedForm, suffix: Suffix) -> Response:
    """Return the quarters of every committee as CSV or Parquet, or all of it as JSON."""
    return await _answer(question, form, suffix)


async def _answer(question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    entries = standing(await question.recorded(TYPES), known_at=question.known_at)
    document = coordination_sent(entries, question.plan, question.at, question.known_at)
    return form.answered(document, lambda: table_of_cadence(document), suffix)
