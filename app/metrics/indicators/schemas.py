"""The catalogue and its figures as they go over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import SMALL_WORDS, Heading
from app.metrics.indicator import Granularity, Split

_LABEL: Final = {"fr": "Taux de succès, issue inconnue = échec", "en": "Success rate, unknown outcome = failure"}
_NUMERATOR: Final = {"fr": "orientations abouties", "en": "successful referrals"}
_DENOMINATOR: Final = {"fr": "orientations suivies 30 jours", "en": "referrals followed for 30 days"}
_RULE: Final = {"fr": "succès / orientations suivies", "en": "success / followed referrals"}
_PITFALLS: Final = {"fr": "Une borne basse : lire avec l'autre taux.", "en": "A lower bound: read with the other rate."}
_INDICATOR: Final[dict[str, Any]] = {
    "code": "success_worst_case",
    "room": "funnel",
    "label": _LABEL,
    "unit": "ratio",
    "numerator": _NUMERATOR,
    "denominator": _DENOMINATOR,
    "rule": _RULE,
    "source": {"fr": "Maraude, docs/indicators.md", "en": "Maraude, docs/indicators.md"},
    "pitfalls": _PITFALLS,
    "version": 1,
    "splits": ["territory", "kind"],
    "granularities": ["week", "month", "quarter", "year"],
    "by_kind": True,
    "targets": [],
}
_ANSWER: Final[dict[str, Any]] = {
    "definition": "success_worst_case",
    "definition_version": 1,
    "rule": _RULE,
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "kind": None,
    "granularity": None,
    "split": "kind",
    "label": _LABEL,
    "unit": "ratio",
    "numerator": _NUMERATOR,
    "denominator": _DENOMINATOR,
    "pitfalls": _PITFALLS,
    "figures": [
        {
            "period_from": "2026-03-01",
            "period_to": "2026-04-01",
            "key": "rest_room",
            "label": {"fr": "espace de repos", "en": "rest room"},
            "value": 0.625,
            "n": 25,
            "denominator": 40.0,
            "small": True,
            "unknown": 5,
            "base": 40,
            "unknown_share": 0.125,
            "late": 3,
            "low": None,
            "high": None,
            "reason": None,
        }
    ],
}


class IndicatorSent(Sent):
    """The meaning of one indicator."""

    code: str
    room: str = Field(description="Family it belongs to.")
    label: LabelSent
    unit: str = Field(description="What a value counts or measures.")
    numerator: LabelSent = Field(description="What stands above the line, or is counted.")
    denominator: LabelSent | None = Field(description="What stands below the line; null for a plain count.")
    rule: LabelSent = Field(description="How it is computed, in words.")
    source: LabelSent = Field(description="Where the definition or the formula comes from.")
    pitfalls: LabelSent = Field(description="What a reader could get wrong.")
    version: int = Field(description="One more whenever the same data would give another value.")
    splits: list[Split] = Field(description="By what it may be split.")
    granularities: list[Granularity] = Field(description="The lengths of period that a series may have.")
    by_kind: bool = Field(description="Whether it may be asked for one kind of facility only.")
    targets: list[str] = Field(description="Figures of the plan that it is read beside, as printed there.")


class IndicatorsSent(Sent):
    """Every indicator there is."""

    model_config = Sent.model_config | example({"items": [_INDICATOR]})

    items: list[IndicatorSent]


class FigureSent(Sent):
    """One value, for one period and one group."""

    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    key: str | None = Field(description="Code of the group; null for the total.")
    label: LabelSent | None
    value: float | None = Field(description="In the unit of the indicator; null when it cannot be computed.")
    n: int = Field(description="The count above the line; of a plain count, the value itself.")
    denominator: float | None = Field(description="What stands below the line; null for a plain count.")
    small: bool = Field(description=SMALL_WORDS)
    unknown: int | None = Field(description="How many of `base` are unknown; null where nothing can be.")
    base: int | None = Field(description="What `unknown` is a part of.")
    unknown_share: float | None = Field(description="`unknown` / `base`; null without either.")
    late: int | None = Field(description="Records received more than 24 hours after; null where none are counted.")
    low: float | None = Field(description="Lower end of the 95 % interval, where there is one.")
    high: float | None = Field(description="Upper end of the 95 % interval, where there is one.")
    reason: str | None = Field(description="Why there is no value.")


class IndicatorAnswer(Heading):
    """The value of one indicator, or its series."""

    model_config = Sent.model_config | example(_ANSWER)

    kind: str | None
    granularity: Granularity | None = Field(description="Length of the periods; null for the period as a whole.")
    split: Split | None = Field(description="What the groups are; null for the total only.")
    label: LabelSent
    unit: str = Field(description="What a value counts or measures.")
    numerator: LabelSent = Field(description="What stands above the line, or is counted.")
    denominator: LabelSent | None = Field(description="What stands below the line; null for a plain count.")
    pitfalls: LabelSent = Field(description="What a reader could get wrong.")
    figures: list[FigureSent] = Field(description="By period, then by key.")
