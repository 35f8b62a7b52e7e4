"""The routes of a plan as a whole and of its actions."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from app import errors
from app.http.formats import Format
from app.http.problems import problems
from app.http.tags import TAGGED, IfNoneMatch
from app.plan.actions.answer import ACTION_TYPES, HISTORY_TYPES, PLAN_TYPES, action_sent, actions_sent, plan_sent
from app.plan.actions.history_schemas import ActionHistorySent
from app.plan.actions.realisation_schemas import PlanSent
from app.plan.actions.schemas import ActionsSent
from app.plan.actions.tables import table_of_actions
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix, as_json
from app.plan.asking import PROBLEMS, AboutThen, PlanQuestion, Reader

router: Final = APIRouter(prefix="/v1", tags=["plan"])
Number = Annotated[int, Path(ge=1, le=999, description="Number of the action, as the plan prints it.", examples=[12])]


@router.get(
    "/plan",
    summary="A plan at a date, by each assessing body",
    response_model=PlanSent,
    responses=problems(*PROBLEMS) | TAGGED,
)
async def get_plan(_principal: Reader, question: AboutThen, if_none_match: IfNoneMatch = None) -> Response:
    """Return the plan, its objectives and milestones, and how many of its actions are where, body by body.

    Bodies are never merged: each has its own line, and where two disagree that is said and nothing decides between
    them. What a body stated of the plan as a whole stands beside what its own assessments came to on that day.
    """
    entries = await question.standing(PLAN_TYPES)
    return as_json(plan_sent(entries, question.plan, question.at, question.known_at), if_none_match)


@router.get(
    "/plan/actions", summary="Which actions slipped, and who says so", response_model=ActionsSent, responses=ALSO_TABLES
)
async def get_actions(_principal: Reader, question: AboutThen, form: AskedForm) -> Response:
    """Return every action: its planned end at first and now, whether it is late, and what each body last found.

    `at` is the day everything is seen from, `known_at` the instant up to which entries had been recorded: with both,
    what was known in March of the state in January. Tables have a row for each action and body.
    """
    return await _actions(question, form, None)


@router.get(
    "/plan/actions.{suffix}", summary="The actions as a file", response_model=ActionsSent, responses=ALSO_TABLES
)
async def get_actions_file(_principal: Reader, question: AboutThen, form: AskedForm, suffix: Suffix) -> Response:
    """Return every action as CSV, Parquet or JSON, under an address that a spreadsheet refreshes by itself."""
    return await _actions(question, form, suffix)


async def _actions(question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    entries = await question.standing(ACTION_TYPES)
    document = actions_sent(entries, question.plan, question.at, question.known_at)
    return form.answered(document, lambda: table_of_actions(document), suffix)


@router.get(
    "/plan/actions/{number}",
    summary="One action and its whole history",
    response_model=ActionHistorySent,
    responses=problems(*PROBLEMS) | TAGGED,
)
async def get_action(
    _principal: Reader, question: AboutThen, number: Number, if_none_match: IfNoneMatch = None
) -> Response:
    """Return one action with every entry ever made about it, in the order of recording.

    Nothing is overwritten: an entry that was corrected or withdrawn is there, with the one that replaced it.
    """
    recorded = await question.recorded(HISTORY_TYPES)
    document = action_sent(recorded, number, question.plan, question.at, question.known_at)
    if document is None:
        raise errors.not_found()
    return as_json(document, if_none_match)
