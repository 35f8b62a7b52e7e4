"""The routes of alerts."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import TypeAdapter

from app import errors
from app.errors import Fault
from app.http.body import read_one
from app.http.context import Context, Ctx, Now
from app.http.formats import Format
from app.http.openapi import body_of
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.monitoring.alerts.schemas import AcknowledgementIn, AlertSent, AlertsSent, NotedSent
from app.monitoring.alerts.service import acknowledge, alerts
from app.monitoring.alerts.tables import table_of_alerts
from app.monitoring.asking import AboutPlan
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import PROBLEMS, PlanQuestion, Reader
from app.plan.standing import in_bounds

router: Final = APIRouter(prefix="/v1", tags=["monitoring"])
_SENT: Final = TypeAdapter(AcknowledgementIn)
AlertId = Annotated[
    str,
    Path(
        pattern=r"^[a-z_]{3,30}:[a-zA-Z0-9_.-]{1,160}$",
        description="Id of the alert.",
        examples=["overdue_decision:ouvrir-un-lieu"],
    ),
]


@router.get("/plan/alerts", summary="What to look at now", response_model=AlertsSent, responses=ALSO_TABLES)
async def list_alerts(principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm) -> Response:
    """Return indicators off target, silent teams and facilities, and what of the plan is late, missed or overspent.

    Each says since when, how grave it is and what to look at, and who took note; the gravest come first, then the
    newest. Teams and facilities are named with their organisation. A facility with planned hours that never reported is
    told apart from one whose report is stale. Thresholds are data: a target on one changes it for a plan. Silent teams
    are those of the caller's reach; for monitors and the plan's secretariat, of the whole perimeter. Nothing here is
    about a person.
    """
    return await _answer(principal, ctx, question, form, None)


@router.get(
    "/plan/alerts.{suffix}", summary="What to look at now, as a file", response_model=AlertsSent, responses=ALSO_TABLES
)
async def list_alerts_file(
    principal: Reader, ctx: Ctx, question: AboutPlan, form: AskedForm, suffix: Suffix
) -> Response:
    """Return the alerts at an address that a spreadsheet refreshes by itself, a row an alert."""
    return await _answer(principal, ctx, question, form, suffix)


async def _answer(
    principal: Principal, ctx: Context, question: PlanQuestion, form: Form, suffix: Format | None
) -> Response:
    found = await alerts(ctx, question.session, principal, question.plan, question.now)
    document = AlertsSent(plan=question.plan.plan, items=[AlertSent.of(one) for one in found])
    return form.answered(document, lambda: table_of_alerts(document), suffix)


@router.post(
    "/plan/alerts/{alert}/acknowledgements",
    summary="Take note of an alert",
    response_model=NotedSent,
    responses=problems(
        *PROBLEMS,
        errors.malformed_json,
        errors.malformed_encoding,
        errors.item_conflict,
        errors.body_too_large,
        errors.unsupported_media,
        errors.storage_full,
    ),
    openapi_extra=body_of(AcknowledgementIn),
)
async def post_acknowledgement(
    request: Request,
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.plan_acknowledge)],
    question: AboutPlan,
    now: Now,
    alert: AlertId,
) -> NotedSent:
    """Write a dated entry of the register: this role took note of this alert. Sending it again changes nothing.

    Only what the caller is shown now can be taken note of. An alert that ends and comes back has to be noted anew.
    """
    sent = await read_one(request, ctx.settings.body_limit, _SENT)
    if sent.until is not None and not in_bounds(sent.until):
        raise errors.invalid(faults=[Fault("/until", "rule", "must lie between 2000 and 2099")])
    return NotedSent.of(await acknowledge(ctx, question.session, principal, question.plan, alert, sent, now))
