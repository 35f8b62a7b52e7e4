"""Which targets nothing can be held against, and why. Pure Python."""

from collections.abc import Collection

from app.monitoring.alerts.definitions import THRESHOLDS
from app.monitoring.definitions import ABOUT_PEOPLE, LIVE
from app.monitoring.kpis.definitions import OF_PLAN, PUBLISHED, PUBLISHED_OF_PLACE
from app.plan.records.steering import Target
from app.plan.vocabulary import Unjudged


def why_unjudged(target: Target, published_places: Collection[str]) -> Unjudged | None:
    """Return why neither a KPI nor an alert is ever held against a target; None when one is while it is in force.

    `published_places` are the territories that releases of the plan's perimeter have cells of.
    """
    code, place = target.indicator, target.territory
    if code in ABOUT_PEOPLE:
        return Unjudged.about_people
    if not any(code in known for known in (OF_PLAN, PUBLISHED, LIVE, THRESHOLDS)):
        return Unjudged.unknown_indicator
    followed = code in LIVE or (code in PUBLISHED_OF_PLACE and place in published_places)
    return None if place is None or followed else Unjudged.territory
