"""Figures about people, as frozen releases tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.directory.service import current_directory
from app.metrics.indicator import Period
from app.monitoring import released
from app.monitoring.kpis.definitions import PUBLISHED, PUBLISHED_OF_PLACE
from app.monitoring.kpis.records import Value
from app.monitoring.kpis.seen import Seen, named
from app.monitoring.kpis.vocabulary import Gap, gap, unpublished
from app.releases.counting import places_of
from app.releases.vocabulary import WHOLE, Dimension, Measure, Span, Stage

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Which cell of which releases a KPI is."""

    span: Span
    measure: Measure
    dimension: Dimension = Dimension.total
    category: str = WHOLE
    share: bool = False


_CELLS: Final[Mapping[str, _Cell]] = {
    "published_encounters": _Cell(Span.month, Measure.encounters),
    "published_referrals": _Cell(Span.month, Measure.referrals),
    "published_arrived": _Cell(Span.quarter, Measure.referrals, Dimension.stage, Stage.arrived.value),
    "published_admitted": _Cell(Span.quarter, Measure.referrals, Dimension.stage, Stage.admitted.value),
    "published_admitted_share": _Cell(
        Span.quarter, Measure.referrals, Dimension.stage, Stage.admitted.value, share=True
    ),
    "published_first_contacts": _Cell(Span.year, Measure.first_contacts),
}
_CELLS_OF_PLACE: Final[Mapping[str, _Cell]] = {
    "published_encounters": _Cell(Span.quarter, Measure.encounters),
    "published_referrals": _Cell(Span.quarter, Measure.referrals),
    "published_arrived": _Cell(Span.year, Measure.referrals, Dimension.stage, Stage.arrived.value),
    "published_admitted": _Cell(Span.year, Measure.referrals, Dimension.stage, Stage.admitted.value),
    "published_admitted_share": _Cell(Span.year, Measure.referrals, Dimension.stage, Stage.admitted.value, share=True),
}
"""The finest that releases publish of a territory."""


async def published_values(seen: Seen) -> list[Value]:
    """Return the figures about people of the newest release of each span that lies within the plan.

    First of the perimeter, then those for which the plan set a target for a territory that releases have cells of.
    """
    every = await released.of_plan(seen.session, seen.perimeter, seen.plan.valid_from, seen.plan.valid_to)
    newest = {span: released.newest(every, span) for span in Span}
    told = {span: await released.told(seen.session, one) if one else None for span, one in newest.items()}
    found = [published_of(code, told[which.span]) for code, which in _CELLS.items()]
    directory = await current_directory(seen.context.database, seen.session, seen.now)
    places = frozenset(places_of(directory, seen.perimeter).values())
    for code, which in _CELLS_OF_PLACE.items():
        release = newest[which.span]
        until = release.period_to if release else seen.at + _DAY
        for place in sorted(places.intersection(seen.places([code], until))):
            there = await released.told(seen.session, release, place) if release else None
            found += named(directory, place, [published_of(code, there, place)])
    return found


def published_of(code: str, told: released.Told | None, place: str | None = None) -> Value:
    """Return a figure about people as a release tells it of the perimeter, or of a place."""
    which, kpi = (_CELLS[code], PUBLISHED[code]) if place is None else (_CELLS_OF_PLACE[code], PUBLISHED_OF_PLACE[code])
    cell = told.cell(which.measure, which.dimension, which.category) if told else None
    if told is None or cell is None:
        return Value(kpi, None, None, gap(Gap.no_release))
    value, why = (cell.share, cell.share_missing) if which.share else (cell.value, cell.value_missing)
    period = Period(told.release.period_from, told.release.period_to)
    return Value(kpi, period, value, unpublished(why) if why else None, source=told.release.id)
