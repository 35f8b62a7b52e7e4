"""Reporting health as it goes over the wire."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from app.http.wire import Sent, example
from app.metrics.figures import Heading, MeasureSent, TermSent, measure_example, term_example


class TeamReportingSent(Sent):
    """What one team sent."""

    team_id: UUID = Field(description="The team.")
    name: str
    days_expected: int = Field(description="Service days of the period that are over, since the team was entered.")
    days_reported: int = Field(description="Those of which a patrol or an encounter was received.")
    days_silent: int = Field(description="The others.")
    last_day: date | None = Field(description="Last service day reported in the period; null when there is none.")
    silent: bool = Field(description="Nothing of the last days of the period was received.")


_TEAM: Final[dict[str, Any]] = {
    "team_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "name": "Maraude du soir",
    "days_expected": 31,
    "days_reported": 22,
    "days_silent": 9,
    "last_day": "2026-03-22",
    "silent": True,
}
_REPORTING: Final[dict[str, Any]] = {
    "definition": "reporting_health",
    "definition_version": 2,
    "rule": {"fr": "Enregistrements des jours de service...", "en": "Records of the period's service days..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": None,
    "silent_after_days": 7,
    "terms": [term_example("encounters_lag_median", "hours"), term_example("gender_unknown", "ratio")],
    "measures": [
        measure_example("encounters_lag_median", 9, 1240, 1240),
        measure_example("gender_unknown", 0.1, 110, 1100),
    ],
    "teams": [_TEAM],
    "silent_teams": ["0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8"],
}


class ReportingSent(Heading):
    """How soon records arrive, what they leave unsaid, and which teams fell silent."""

    model_config = Sent.model_config | example(_REPORTING)

    silent_after_days: int = Field(description="A team of which nothing is known for so long is silent.")
    terms: list[TermSent] = Field(description="What each code means.")
    measures: list[MeasureSent] = Field(description="One for each term, in the same order.")
    teams: list[TeamReportingSent] = Field(
        description="By name: those of the caller's organisation, or those seen in its perimeter in the period or the"
        " 90 days before."
    )
    silent_teams: list[UUID] = Field(description="Those that fell silent.")
