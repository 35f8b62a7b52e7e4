"""Which rooms there are, and with that which indicators: to add a room, import its two mappings and give it a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.asking import Compute
from app.metrics.coverage.definitions import INDICATORS as COVERAGE
from app.metrics.coverage.service import COMPUTED as COMPUTED_COVERAGE
from app.metrics.effort.definitions import INDICATORS as EFFORT
from app.metrics.effort.service import COMPUTED as COMPUTED_EFFORT
from app.metrics.flows.definitions import INDICATORS as FLOWS
from app.metrics.flows.service import COMPUTED as COMPUTED_FLOWS
from app.metrics.funnel.computed import COMPUTED as COMPUTED_FUNNEL
from app.metrics.funnel.indicators import INDICATORS as FUNNEL
from app.metrics.housing.definitions import INDICATORS as HOUSING
from app.metrics.housing.service import COMPUTED as COMPUTED_HOUSING
from app.metrics.indicator import Indicator
from app.metrics.reach.definitions import INDICATORS as REACH
from app.metrics.reach.service import COMPUTED as COMPUTED_REACH
from app.metrics.reporting.definitions import INDICATORS as REPORTING
from app.metrics.reporting.service import COMPUTED as COMPUTED_REPORTING
from app.metrics.territories.definitions import INDICATORS as TERRITORIES
from app.metrics.territories.service import COMPUTED as COMPUTED_TERRITORIES
from app.metrics.time_to_success.indicators import INDICATORS as TIME_TO_SUCCESS
from app.metrics.time_to_success.service import COMPUTED as COMPUTED_TIME_TO_SUCCESS
from app.metrics.unmet_demand.definitions import INDICATORS as UNMET_DEMAND
from app.metrics.unmet_demand.service import COMPUTED as COMPUTED_UNMET_DEMAND
from app.metrics.vacancies.definitions import INDICATORS as VACANCIES
from app.metrics.vacancies.service import COMPUTED as COMPUTED_VACANCIES


@dataclass(frozen=True, slots=True)
class Room:
    """A family of indicators: what they mean and how each is computed, by code."""

    code: str
    label: Label
    indicators: Mapping[str, Indicator]
    computed: Mapping[str, Compute]


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator of the catalogue."""

    room: str
    indicator: Indicator
    compute: Compute


ROOMS: Final = (
    Room("reach", Label("Personnes rencontrées", "Reach"), REACH, COMPUTED_REACH),
    Room(
        "coverage",
        Label("Population cachée et couverture", "Hidden population and coverage"),
        COVERAGE,
        COMPUTED_COVERAGE,
    ),
    Room("effort", Label("Effort de maraude", "Effort"), EFFORT, COMPUTED_EFFORT),
    Room("funnel", Label("Parcours d'orientation", "Referral funnel"), FUNNEL, COMPUTED_FUNNEL),
    Room(
        "time_to_success", Label("Délai jusqu'au succès", "Time to success"), TIME_TO_SUCCESS, COMPUTED_TIME_TO_SUCCESS
    ),
    Room("unmet_demand", Label("Demande non satisfaite", "Unmet demand"), UNMET_DEMAND, COMPUTED_UNMET_DEMAND),
    Room("vacancies", Label("Places déclarées vacantes", "Places declared vacant"), VACANCIES, COMPUTED_VACANCIES),
    Room("housing", Label("Hébergement", "Housing"), HOUSING, COMPUTED_HOUSING),
    Room("flows", Label("Passages entre échelons", "Flows between rungs"), FLOWS, COMPUTED_FLOWS),
    Room(
        "territories",
        Label("Territoires et déplacements", "Territories and displacement"),
        TERRITORIES,
        COMPUTED_TERRITORIES,
    ),
    Room("reporting", Label("Remontée d'information", "Reporting health"), REPORTING, COMPUTED_REPORTING),
)


def entries_of(rooms: Sequence[Room]) -> Mapping[str, Entry]:
    """Return every indicator by its code, room by room.

    Raises ValueError for a code that two rooms use, that is not its indicator's own, or that lacks its computation.
    """
    entries: dict[str, Entry] = {}
    for room in rooms:
        if room.indicators.keys() != room.computed.keys():
            apart = sorted(room.indicators.keys() ^ room.computed.keys())
            raise ValueError(f"{room.code}: described or computed, not both: {apart}")
        for code, indicator in room.indicators.items():
            if code in entries or code != indicator.code:
                raise ValueError(f"{room.code}: {code} is taken, or is not the code of its indicator")
            entries[code] = Entry(room.code, indicator, room.computed[code])
    return entries


CATALOGUE: Final = entries_of(ROOMS)
"""Every indicator there is, by code."""
