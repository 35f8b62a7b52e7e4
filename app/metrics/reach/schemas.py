"""Reach as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import Heading, MeasureSent, TermSent, measure_example, term_example
from app.metrics.indicator import Granularity
from app.metrics.reach.definitions import ReachGroupBy

_TERMS: Final = {
    "contacts": "contacts",
    "file_active": "persons",
    "anonymous_share": "ratio",
    "contacts_per_person": "contacts_per_person",
}


class ReachGroupSent(Sent):
    """The measures of all encounters of a period, or of one group of them."""

    key: str | None = Field(description="Code of the group; null for all.")
    label: LabelSent | None
    measures: list[MeasureSent] = Field(description="One for each term, in order.")


class ReachPeriodSent(Sent):
    """The measures of one period."""

    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    total: ReachGroupSent
    groups: list[ReachGroupSent] = Field(description="Those with encounters, by key; empty without group_by.")


_MEASURES: Final = [
    measure_example("contacts", 1842, 1842, None),
    measure_example("file_active", 203, 203, None),
    measure_example("anonymous_share", 0.7, 1290, 1842),
    measure_example("contacts_per_person", 2.72, 552, 203),
]
_PERIOD: Final[dict[str, Any]] = {
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "total": {"key": None, "label": None, "measures": _MEASURES},
    "groups": [],
}
_REACH: Final[dict[str, Any]] = {
    "definition": "reach",
    "definition_version": 1,
    "rule": {"fr": "Rencontres dont le jour de service...", "en": "Encounters whose service day..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "granularity": "month",
    "group_by": None,
    "calendar_years": [2026],
    "terms": [term_example(code, unit) for code, unit in _TERMS.items()],
    "whole": _PERIOD,
    "series": [_PERIOD],
}


class ReachSent(Heading):
    """Contacts and the persons behind them."""

    model_config = Sent.model_config | example(_REACH)

    granularity: Granularity
    group_by: ReachGroupBy | None
    calendar_years: list[int] = Field(description="Years the period touches: a card carrier counts once in each.")
    terms: list[TermSent] = Field(description="What each measure means. Persons are never added up with others.")
    whole: ReachPeriodSent = Field(description="The whole period; its persons are not the sum of the series'.")
    series: list[ReachPeriodSent] = Field(description="Every calendar period, in order, cut to the one asked for.")
