"""The `/v1` API in reading order: who one is, what there is, what is posted, what is pulled, what is counted."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import select

from app import errors
from app.capacity.routes import router as capacity
from app.changes.reference import router as reference
from app.changes.routes import router as changes
from app.directory.routes import router as directory
from app.encounters.routes import router as encounters
from app.errors import CATALOGUE
from app.http.context import Reading
from app.http.problems import problems
from app.http.wire import Sent, example
from app.identity.routes import router as identity
from app.metrics.coverage.routes import router as coverage
from app.metrics.effort.routes import router as effort
from app.metrics.flows.routes import router as flows
from app.metrics.funnel.routes import router as funnel
from app.metrics.housing.routes import router as housing
from app.metrics.indicators.routes import router as indicators
from app.metrics.reach.routes import router as reach
from app.metrics.reporting.routes import router as reporting
from app.metrics.territories.routes import router as territories
from app.metrics.time_to_success.routes import router as time_to_success
from app.metrics.unmet_demand.routes import router as unmet_demand
from app.monitoring.alerts.routes import router as monitoring_alerts
from app.monitoring.costs.routes import router as monitoring_costs
from app.monitoring.kpis.routes import metrics as monitoring_metrics
from app.monitoring.kpis.routes import router as monitoring_kpis
from app.monitoring.snapshots.routes import router as monitoring_snapshots
from app.monitoring.targets.routes import router as plan_targets
from app.oversight.routes import router as oversight
from app.patrols.routes import router as patrols
from app.plan.actions.routes import router as plan_register
from app.plan.coordination.routes import router as plan_coordination
from app.plan.entries.routes import router as plan_writing
from app.plan.money.routes import router as plan_money
from app.plan.steering.routes.context import router as plan_context
from app.referrals.routes import router as referrals
from app.releases.routes import router as releases
from app.signin.routes import router as session

DESCRIPTION: Final = """\
Maraude receives the encounter logs of street-outreach patrols, follows each referral until its outcome is known, and
gives pathway figures. Records are pseudonymised personal health data: no name, no coordinate, no exact time.

Devices enrol with a one-time code, then post batches whenever they have a network: posting the same again is harmless.
Every failure is an RFC 9457 problem that names where, never the value. Instants carry an offset; service days are those
of Europe/Paris.
"""
TAGS: Final[Sequence[Mapping[str, Any]]] = (
    {"name": "identity", "description": "Enrolling a device, renewing its token, knowing who one is."},
    {"name": "session", "description": "People signing in with a browser, and out."},
    {"name": "directory", "description": "Territories, kinds of facility, facilities and their present state."},
    {"name": "patrols", "description": "Outings of a team."},
    {"name": "encounters", "description": "Contacts, with the referrals made in them."},
    {"name": "referrals", "description": "Answers to referrals until their outcome is known."},
    {"name": "changes", "description": "What a device pulls."},
    {"name": "capacity", "description": "Where there is a place now, and places held for referrals."},
    {"name": "metrics", "description": "Pathway figures for coordinators."},
    {"name": "audit", "description": "Who asked and did what, for a data-protection officer."},
    {"name": "releases", "description": "Frozen, protected figures for everybody outside."},
    {"name": "plan", "description": "The plan itself: its register, actions, money, coordination and targets."},
    {"name": "monitoring", "description": "What monitors pull: KPIs, alerts, cost per outcome, monthly snapshots."},
    {"name": "service", "description": "The service itself."},
)


_NOT_FOUND: Final[Mapping[str, Any]] = {
    "code": "not-found",
    "status": 404,
    "title": "There is no such thing here",
    "title_fr": "Cela n'existe pas ici",
    "retry_after_s": None,
}


class ProblemKindSent(Sent):
    """One kind of problem."""

    model_config = Sent.model_config | example(dict(_NOT_FOUND))

    code: str
    status: int
    title: str
    title_fr: str = Field(description="Title in French.")
    retry_after_s: int | None = Field(description="When to try again, where that helps.")


class ProblemKinds(Sent):
    """Every kind of problem there is."""

    model_config = Sent.model_config | example({"items": [dict(_NOT_FOUND)]})

    items: list[ProblemKindSent]


class Health(Sent):
    """The service answers and reaches its database."""

    model_config = Sent.model_config | example({"status": "ok"})

    status: str


service: Final = APIRouter(tags=["service"])


@service.get(
    "/healthz",
    summary="Whether the service works",
    response_model=Health,
    responses=problems(errors.unavailable, errors.too_slow),
)
async def get_health(session: Reading) -> Health:
    """Answer when the database does."""
    await session.execute(select(1))  # a connection alone may be one that died in its pool
    return Health(status="ok")


@service.get("/problems", summary="Every kind of problem", response_model=ProblemKinds)
async def list_problem_kinds() -> ProblemKinds:
    """Return the closed catalogue of problems; `type` of a problem leads to its entry."""
    return ProblemKinds(items=[_kind(code) for code in sorted(CATALOGUE)])


@service.get(
    "/problems/{code}",
    summary="One kind of problem",
    response_model=ProblemKindSent,
    responses=problems(errors.not_found, errors.invalid),
)
async def get_problem_kind(
    code: str = Path(pattern=r"^[a-z-]{3,40}$", description="Code of the problem.", examples=["not-found"]),
) -> ProblemKindSent:
    """Return one entry of the catalogue."""
    if code not in CATALOGUE:
        raise errors.not_found()
    return _kind(code)


def _kind(code: str) -> ProblemKindSent:
    kind = CATALOGUE[code]
    return ProblemKindSent(
        code=code, status=kind.status, title=kind.title, title_fr=kind.title_fr, retry_after_s=kind.retry_after
    )


ROUTERS: Final = (
    identity,
    session,
    reference,
    directory,
    patrols,
    encounters,
    referrals,
    changes,
    capacity,
    funnel,
    flows,
    housing,
    indicators,
    reach,
    coverage,
    effort,
    reporting,
    territories,
    time_to_success,
    unmet_demand,
    plan_register,
    plan_money,
    plan_coordination,
    plan_targets,
    plan_context,
    releases,
    plan_writing,
    monitoring_kpis,
    monitoring_metrics,
    monitoring_alerts,
    monitoring_costs,
    monitoring_snapshots,
    oversight,
    service,
)
"""Every route of the service, in reading order; included one by one, as nesting routers is paid for by each request."""
