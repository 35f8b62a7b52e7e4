"""What every question about a plan may say: which plan, at which date, as known at which instant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Depends, Query

from app import errors
from app.db.engine import ReadSession
from app.directory.rules import local_day
from app.errors import Fault
from app.http.context import Now, Reading
from app.http.wire import Moment
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.plan.records import AnyEntry, Plan, Recorded
from app.plan.register import queries
from app.plan.register.service import chosen_plan, plan_then
from app.plan.standing import in_bounds, standing
from app.plan.vocabulary import EntryType

PROBLEMS: Final = (
    errors.unauthenticated,
    errors.forbidden,
    errors.not_found,
    errors.invalid,
    errors.unavailable,
    errors.too_slow,
)
"""What every question about a plan may be answered with."""
PLAN_CODE: Final = r"^[a-z0-9][a-z0-9_-]{0,59}$"
Reader = Annotated[Principal, allowed(Permission.plan_read)]
PlanCode = Annotated[
    str | None,
    Query(
        pattern=PLAN_CODE,
        description="Code of the plan; without it the one valid today, else the last one to end.",
        examples=["crack-2019"],
    ),
]
AtDay = Annotated[
    date | None,
    Query(description="What stood on this day; without it today. From 2000 to 2099.", examples=["2021-12-31"]),
]
KnownAt = Annotated[
    Moment | None,
    Query(description="As it was known at this instant; without it now.", examples=["2021-12-31T12:00:00Z"]),
]


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A question about a plan: `at` is a day in Europe/Paris, `known_at` None for all that is known now."""

    session: ReadSession
    plan: Plan
    at: date
    known_at: datetime | None
    now: datetime

    async def recorded(self, types: Collection[EntryType] | None = None) -> list[Recorded]:
        """Return every entry of the plan ever recorded, with all withdrawals."""
        return await queries.load(self.session, self.plan.plan, types)

    async def standing(self, types: Collection[EntryType] | None = None) -> list[AnyEntry]:
        """Return the entries that stood at the date as they were known at the instant."""
        return standing(await self.recorded(types), self.at, self.known_at)


async def about_now(session: ReadSession, now: datetime, plan: str | None) -> PlanQuestion:
    """Return the question about a plan as it stands today; raises `not_found` for a plan that is not there."""
    today = local_day(now)
    return PlanQuestion(session, await chosen_plan(session, plan, today), today, None, now)


async def _about(session: Reading, now: Now, plan: PlanCode = None) -> PlanQuestion:
    return await about_now(session, now, plan)


async def _about_then(
    session: Reading, now: Now, plan: PlanCode = None, at: AtDay = None, known_at: KnownAt = None
) -> PlanQuestion:
    if at is not None and not in_bounds(at):
        raise errors.invalid(faults=[Fault("?at", "rule", "must lie between 2000 and 2099")])
    today = local_day(now)
    then = at or today
    return PlanQuestion(session, await plan_then(session, plan, today, then, known_at), then, known_at, now)


About = Annotated[PlanQuestion, Depends(_about)]
"""`?plan=` only: for what may hold figures about people."""
AboutThen = Annotated[PlanQuestion, Depends(_about_then)]
"""`?plan=&at=&known_at=`: for what is about no person. Put the principal before it."""
