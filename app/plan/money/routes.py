"""The routes of money."""

from typing import Final

from fastapi import APIRouter, Response

from app.http.formats import Format
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import AboutThen, PlanQuestion, Reader
from app.plan.money.answer import MONEY_TYPES, money_sent
from app.plan.money.schemas import MoneySent
from app.plan.money.tables import table_of_money

router: Final = APIRouter(prefix="/v1", tags=["plan"])


@router.get(
    "/plan/money", summary="What was promised, and what was paid", response_model=MoneySent, responses=ALSO_TABLES
)
async def get_money(_principal: Reader, question: AboutThen, form: AskedForm) -> Response:
    """Return commitments, revisions and expenditure by action, funder, year and kind, with totals and execution.

    Execution is what was paid over commitment authorisations, as first made and as revised; payment credits opened are
    a denominator of their own. It is null with its reason when nothing was committed, never 0. What was paid beyond the
    commitment is told by its stated causes, and what none covers is unexplained. Help in kind is added to nothing.
    A sum that its source does not spread over years is in no year, and `not_spread` says how much that is.
    Tables hold the rows; sum one kind at a time.
    """
    return await _answer(question, form, None)


@router.get("/plan/money.{suffix}", summary="The money as a file", response_model=MoneySent, responses=ALSO_TABLES)
async def get_money_file(_principal: Reader, question: AboutThen, form: AskedForm, suffix: Suffix) -> Response:
    """Return the rows as CSV or Parquet, or all of it as JSON."""
    return await _answer(question, form, suffix)


async def _answer(question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    entries = await question.standing(MONEY_TYPES)
    document = money_sent(entries, question.plan, question.at, question.known_at)
    return form.answered(document, lambda: table_of_money(document), suffix)
