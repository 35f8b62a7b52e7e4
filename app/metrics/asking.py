"""Asking for a figure: whose view, which days, and that it is written down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request

from app import errors
from app.audit.service import Act, append
from app.db.engine import ReadSession
from app.directory.service import Directory, current_directory
from app.errors import Fault
from app.http.context import Analysing, Context, Ctx, Now
from app.http.rates import Standing, show
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission, Reach
from app.ingest.queries import coarse_before
from app.metrics.budget.service import spend
from app.metrics.indicator import Figure, Period, Split

MOST_CROSSED: Final = 2
"""Dimensions that one answer may cross, besides stage (design: trust, section 2)."""
REFUSED: Final = "metrics.refuse"
"""The act of a question for which the account had none left."""
LONGEST_PERIOD: Final = timedelta(days=1100)
PROBLEMS: Final = (
    errors.unauthenticated,
    errors.forbidden,
    errors.not_found,
    errors.figures_gone,
    errors.invalid,
    errors.budget_spent,
    errors.unavailable,
    errors.too_slow,
    errors.storage_full,
)
"""What every question for a figure may be answered with besides the figure."""


@dataclass(frozen=True, slots=True)
class View:
    """What the caller may see: an organisation, some territories, or both; None means no limit of that kind."""

    org_id: UUID | None
    territories: frozenset[str] | None
    fine_from: date | None = None
    """First service day whose records can be counted day by day; those of earlier ones know their week only."""

    def refuse_coarse(self, since: date) -> None:
        """Raise `invalid` when records of days from `since` on would have to be counted and some are coarse.

        Facts answer for such days what they hold; nothing coarse is counted as if it were exact.
        """
        if self.fine_from is not None and since < self.fine_from:
            detail = f"these days are kept in less detail: this can be asked from {self.fine_from.isoformat()} on"
            raise errors.invalid(faults=[Fault("?from", "coarse", detail)])


@dataclass(frozen=True, slots=True)
class Question:
    """What every question has: who asks, where they may look, which service days, and when."""

    context: Context
    session: ReadSession
    principal: Principal
    directory: Directory
    view: View
    period: Period
    territory: str | None
    kind: str | None
    as_of: datetime
    show: Callable[[Standing], None] = field(default=lambda _standing: None, repr=False)
    """Puts how the account stands with its budget on the answer."""

    async def write_down(self, what: str, **detail: object) -> None:
        """Put the question on the organisation's audit chain: who asked for which figures.

        It is one of the account's questions of the day: raises `budget_spent` when there is none left, and what was
        asked in vain is written down as well.
        """
        period, place = self.period, {"territory": self.territory, "kind": self.kind}
        asked: dict[str, object] = {"from": period.since, "to": period.until, **place}
        whose = self.principal.org_id, self.principal.subject_id
        async with self.context.database.writing() as session:
            spending = await spend(session, *whose, self.as_of, self.context.settings.query_budget)
            if spending.refusal is not None:
                what, asked = REFUSED, {"question": what} | asked
            if spending.written_down:
                act = Act(*whose, what, self.as_of, _plain(asked | detail))
                await append(session, self.context.keyring, [act])
        if spending.refusal is not None:
            raise spending.refusal
        self.show(spending.standing)


def _plain(detail: Mapping[str, object]) -> dict[str, object]:
    return {key: value.isoformat() if isinstance(value, date | datetime) else value for key, value in detail.items()}


def view_of(principal: Principal, directory: Directory, territory: str | None) -> View:
    """Return what the principal may see, narrowed to a territory and everything below it.

    An unknown territory, or one outside the principal's perimeter, is not there for it.
    """
    org_id: UUID | None = principal.org_id if principal.reach is Reach.organisation else None
    seen = directory.within(principal.perimeter) if principal.perimeter is not None else None
    if territory is not None:
        asked = directory.descendants(territory)
        seen = asked if seen is None else seen & asked
        if not seen:
            raise errors.not_found()
    return View(org_id, seen)


_WHEN: Final = frozenset({"week", "month", "hour"})


def check_crossing(question: Question, by: Sequence[str]) -> None:
    """Raise `invalid` when an answer would cross more than two dimensions besides stage.

    The kind a question is limited to crosses what it is split by: asked kind by kind it is one more split. Periods and
    hours say when one looks, territory where: at the finest a day, and at the widest one's perimeter.
    """
    crossed = {*by, *([Split.kind] if question.kind is not None else [])} - _WHEN
    if len(crossed) > MOST_CROSSED:
        raise errors.invalid(faults=[Fault("?kind", "crossing", "would be a third dimension beside those of group_by")])


def period_of(since: date, until: date) -> Period:
    """Return the period asked for, or raise `invalid` unless it has 1 to 1100 days."""
    if not timedelta(0) < until - since <= LONGEST_PERIOD:
        raise errors.invalid(faults=[Fault("?to", "period", "must be after from, by 1100 days at most")])
    return Period(since, until)


Compute = Callable[[Question, Sequence[Period], Split | None], Awaitable[list[Figure]]]
"""Computes one indicator: a figure for each period and, when split, each group."""

Since = Annotated[date, Query(alias="from", description="First service day.", examples=["2026-01-01"])]
Until = Annotated[date, Query(alias="to", description="First service day after the period.", examples=["2026-04-01"])]
Territory = Annotated[str | None, Query(pattern=r"^[0-9]{2,7}$", description="A territory, with everything below it.")]
Kind = Annotated[str | None, Query(pattern=r"^[a-z][a-z_]{2,39}$", description="Only this kind of facility.")]


async def _question(
    request: Request,
    ctx: Ctx,
    principal: Annotated[Principal, allowed(Permission.metrics_read)],
    session: Analysing,
    now: Now,
    since: Since,
    until: Until,
    territory: Territory = None,
) -> Question:
    period = period_of(since, until)
    directory = await current_directory(ctx.database, session, now)
    view = replace(view_of(principal, directory, territory), fine_from=await coarse_before(session))
    return Question(
        ctx, session, principal, directory, view, period, territory, None, now, partial(show, request.scope)
    )


async def _question_by_kind(question: "Asked", kind: Kind = None) -> Question:
    return replace(question, kind=kind)


Asked = Annotated[Question, Depends(_question)]
"""A question about a period and a territory."""
AskedByKind = Annotated[Question, Depends(_question_by_kind)]
"""The same, perhaps about one kind of facility only."""


def limits(question: Question) -> dict[str, Any]:
    """Return the heading fields of an answer: what it is limited to, and as of when."""
    return {
        "as_of": question.as_of,
        "period_from": question.period.since,
        "period_to": question.period.until,
        "territory": question.territory,
    }
