"""The indicators about no person, computed for a plan's perimeter whoever asks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from app.audit.service import SERVICE
from app.db.engine import ReadSession
from app.directory.service import Directory, current_directory
from app.errors import Problem
from app.http.context import Context
from app.identity.rules import Principal
from app.identity.vocabulary import Reach, Role
from app.ingest.queries import coarse_before
from app.metrics.asking import Question, View
from app.metrics.indicator import Figure, Indicator, Period
from app.metrics.indicators.catalogue import CATALOGUE
from app.monitoring.definitions import LIVE

LIVE_INDICATORS: Final[Mapping[str, Indicator]] = {
    code: entry.indicator for code, entry in CATALOGUE.items() if code in LIVE
}
"""Those that may be live, in the order of the catalogue."""


async def whole_view(
    context: Context,
    session: ReadSession,
    perimeter: str | None,
    period: Period,
    now: datetime,
    *,
    territory: str | None = None,
) -> Question:
    """Return a question about everybody's records in a perimeter, or a territory, as the service itself asks it.

    The answer is the same for every caller, so it is none's question of the day. An unknown perimeter holds nothing; a
    territory is taken with everything below it, wherever the perimeter ends.
    """
    directory: Directory = await current_directory(context.database, session, now)
    code = perimeter or context.settings.perimeter
    principal = Principal(Role.monitor, SERVICE, SERVICE, reach=Reach.perimeter, perimeter=code)
    seen = directory.within(code) if territory is None else directory.descendants(territory)
    view = View(None, seen, await coarse_before(session))
    return Question(context, session, principal, directory, view, period, territory, None, now)


async def figures(
    question: Question, periods: Sequence[Period], codes: Collection[str]
) -> Mapping[str, Sequence[Figure]]:
    """Return {code: a figure for each period}; one that can no longer be computed says why instead of a value."""
    return {code: await _figures(code, question, periods) for code in LIVE_INDICATORS if code in codes}


async def _figures(code: str, question: Question, periods: Sequence[Period]) -> Sequence[Figure]:
    try:
        found = await CATALOGUE[code].compute(question, periods, None)
    except Problem as problem:
        reason = " ".join([problem.detail, *(fault.detail for fault in problem.faults)])
        return [Figure(one.since, one.until, None, None, 0, None, reason=reason) for one in periods]
    return sorted(found, key=lambda one: one.since)
