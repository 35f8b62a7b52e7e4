"""The facts about contacts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.db.engine import ReadSession
from app.db.table import table_of
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.contacts.models import ContactFact
from app.metrics.contacts.queries import ENCOUNTER, by_day, names
from app.metrics.facts import EVERYBODY, EVERYWHERE, Facts, Source
from app.metrics.outings import NEAR_DAYS


def _nothing(_variant: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


FACTS: Final = Facts(
    table_of(ContactFact),
    Source(
        ENCOUNTER.c.org_id, ENCOUNTER.c.service_day, lambda period, _variant: by_day(period), _nothing, around=NEAR_DAYS
    ),
    {"territory": EVERYWHERE, "team_id": EVERYBODY},
    names(),
)


async def sums(
    session: ReadSession,
    view: View,
    dimension: str | None,
    wanted: Sequence[str],
    cohorts: Mapping[Span, Sequence[date]],
) -> Sequence[Any]:
    """Return rows (first day of the cohort, territory or team, the counts wanted) of these cohorts."""
    conditions = [
        FACTS.only("territory", view.territories, grouped=dimension == "territory"),
        FACTS.only("team_id", None, grouped=dimension == "team_id"),
    ]
    if view.org_id is not None:
        conditions.append(FACTS.columns.org_id == view.org_id)
    keys = [FACTS.columns.first_day, *([] if dimension is None else [FACTS.columns[dimension]])]
    found = await FACTS.sums(session, keys, wanted, conditions, cohorts)
    return found if dimension is not None else [(row[0], None, *row[1:]) for row in found]
