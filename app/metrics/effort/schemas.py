"""The effort as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.effort.definitions import EffortBy
from app.metrics.figures import Heading, MeasureSent, TermSent, measure_example, term_example


class EffortGroupSent(Sent):
    """The effort of one period, of all teams or of one."""

    key: str | None = Field(description="First day of the period, or the team's id; null for the total.")
    label: LabelSent | None = Field(description="Name of the team.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after.")
    measures: list[MeasureSent] = Field(description="One for each term, in the same order.")


_MEASURES: Final = [
    measure_example("patrols_held", 62, 62, None),
    measure_example("patrol_hours", 241.5, 60, None),
    measure_example("contacts_per_patrol_hour", 3.2, 773, 241.5),
]
_UNITS: Final = {"patrols_held": "patrols", "patrol_hours": "hours", "contacts_per_patrol_hour": "contacts_per_hour"}
_EFFORT: Final[dict[str, Any]] = {
    "definition": "effort",
    "definition_version": 1,
    "rule": {"fr": "Maraudes des jours de service de la période...", "en": "Patrols of the period's service days..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "group_by": None,
    "terms": [term_example(code, unit) for code, unit in _UNITS.items()],
    "groups": [],
    "total": {
        "key": None,
        "label": None,
        "period_from": "2026-03-01",
        "period_to": "2026-04-01",
        "measures": _MEASURES,
    },
}


class EffortSent(Heading):
    """The effort of patrols, and the doors open at night."""

    model_config = Sent.model_config | example(_EFFORT)

    group_by: EffortBy | None = Field(description="What the groups are.")
    terms: list[TermSent] = Field(description="What each code means.")
    groups: list[EffortGroupSent] = Field(description="By period, or by team; empty without group_by.")
    total: EffortGroupSent
