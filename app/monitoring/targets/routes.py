"""The routes of targets: about no person, so they take a date; monitoring knows which of them are ever judged."""

from functools import partial
from typing import Final

from fastapi import APIRouter, Response

from app.directory.service import current_directory
from app.http.context import Context, Ctx
from app.http.formats import Format
from app.monitoring.targets.rules import why_unjudged
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import AboutThen, PlanQuestion, Reader
from app.plan.steering.answer import TARGET_TYPES, targets_sent
from app.plan.steering.schemas import TargetsSent
from app.plan.steering.tables import table_of_targets
from app.releases.counting import places_of

router: Final = APIRouter(prefix="/v1", tags=["plan"])


@router.get(
    "/plan/targets", summary="What the indicators were to reach", response_model=TargetsSent, responses=ALSO_TABLES
)
async def get_targets(_principal: Reader, ctx: Ctx, question: AboutThen, form: AskedForm) -> Response:
    """Return every target as it stood, with its thresholds and baseline, what it was at first and how often it moved.

    How a value stands against its target is said where the value is: `/v1/kpis`. `judged` says whether one ever does.
    """
    return await _answer(ctx, question, form, None)


@router.get(
    "/plan/targets.{suffix}", summary="The targets as a file", response_model=TargetsSent, responses=ALSO_TABLES
)
async def get_targets_file(
    _principal: Reader, ctx: Ctx, question: AboutThen, form: AskedForm, suffix: Suffix
) -> Response:
    """Return every target as CSV, Parquet or JSON: what `/v1/plan/targets` answers, under a name of its own."""
    return await _answer(ctx, question, form, suffix)


async def _answer(ctx: Context, question: PlanQuestion, form: Form, suffix: Format | None) -> Response:
    directory = await current_directory(ctx.database, question.session, question.now)
    entries = await question.standing(TARGET_TYPES)
    published = frozenset(places_of(directory, question.plan.perimeter or ctx.settings.perimeter).values())
    why = partial(why_unjudged, published_places=published)
    document = targets_sent(entries, question.plan, question.at, question.known_at, directory, why)
    return form.answered(document, lambda: table_of_targets(document), suffix)
