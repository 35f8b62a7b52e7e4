"""Coverage as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.coverage.definitions import Estimator, Reference
from app.metrics.figures import SMALL_WORDS, CountSent, Heading, RateSent, count_example


class SeenSent(Sent):
    """Persons met on exactly so many service days."""

    days: int = Field(description="Service days, from 1.")
    persons: CountSent


class HalvesSent(Sent):
    """The two halves of the window as two captures."""

    first: CountSent = Field(description="Persons met in the first half.")
    second: CountSent = Field(description="Persons met in the second half.")
    both: CountSent = Field(description="Persons met in both.")


class CountedSent(Sent):
    """Who was met in the window."""

    persons: CountSent = Field(description="Persons with a card: the base of every estimate.")
    encounters: CountSent = Field(description="Encounters with one person, with a card or without.")
    late: CountSent = Field(description="Those surely received more than 24 hours after they happened.")
    linked: RateSent = Field(description="Share of these encounters with a card of the window's key period.")
    seen: list[SeenSent] = Field(description="Every number of days that occurs, ascending.")
    halves: HalvesSent


class EstimateSent(Sent):
    """One estimate of how many persons there are, met or not."""

    code: Estimator
    label: LabelSent
    formula: str = Field(description="The formula, in plain characters.")
    source: str = Field(description="Where the formula comes from.")
    pitfalls: LabelSent
    unit: str = Field(description="Always `persons`.")
    value: float | None = Field(description="The estimate; null with its reason.")
    low: float | None = Field(description="Lower end of the 95 % interval.")
    high: float | None = Field(description="Upper end of the 95 % interval.")
    reason: str | None = Field(description="Why there is no value.")


class BracketSent(Sent):
    """What Chao's bound and the one-inflation variant hold between them."""

    lower: float | None = Field(description="The lower of the two estimates.")
    upper: float | None = Field(description="The higher of the two estimates.")
    low: float | None = Field(description="Lowest end of their 95 % intervals.")
    high: float | None = Field(description="Highest end of their 95 % intervals.")
    reason: str | None = Field(description="Why there is no bracket: one of the two is missing.")


class CodeQualitySent(Sent):
    """Whether there are more persons met once than the others lead one to expect."""

    rule: LabelSent
    once: int | None = Field(description="Persons met on one day only.")
    small: bool = Field(description=SMALL_WORDS)
    implied: float | None = Field(description="Their number as implied by those met on two and three days.")
    excess: float | None = Field(description="(once - implied) / once; negative when there are fewer.")
    suspicious: bool | None = Field(description="Whether chance alone would make so many, one time in twenty at most.")
    reason: str | None = Field(description="Why it cannot be said.")


class CoverageLineSent(Sent):
    """The persons met, against one denominator."""

    code: Reference
    label: LabelSent
    denominator_rule: LabelSent
    numerator: int | None = Field(description="Persons with a card met in the window.")
    small: bool = Field(description=SMALL_WORDS)
    denominator: float | None = Field(description="What the value is read against.")
    denominator_low: float | None = Field(description="Lower end of what is divided by.")
    denominator_high: float | None = Field(description="Upper end of what is divided by.")
    unit: str = Field(description="Always `ratio`.")
    value: float | None = Field(description="Ratio to the middle; null with its reason.")
    low: float | None = Field(description="Against the highest denominator.")
    high: float | None = Field(description="Against the lowest denominator.")
    reason: str | None = Field(description="Why there is no value.")


_LABEL: Final = {"fr": "Couverture de la fourchette publiée", "en": "Coverage of the published range"}
_LINKED: Final[dict[str, Any]] = {
    "code": "linked_share",
    "rule": {"fr": "rencontres avec carte / rencontres", "en": "encounters with a card / encounters"},
    "value": 0.25,
    "numerator": 620,
    "denominator": 2480,
    "small": False,
    "unit": "ratio",
    "reason": None,
}
_COVERAGE: Final[dict[str, Any]] = {
    "definition": "coverage",
    "definition_version": 1,
    "rule": {"fr": "Personnes porteuses d'une carte...", "en": "Persons carrying a card..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-01-01",
    "period_to": "2026-04-01",
    "territory": None,
    "weeks": 6,
    "window_from": "2026-02-18",
    "window_middle": "2026-03-11",
    "window_to": "2026-04-01",
    "key_period": 2026,
    "reason": None,
    "counted": {
        "persons": count_example(353),
        "encounters": count_example(2480),
        "late": count_example(12),
        "linked": _LINKED,
        "seen": [{"days": 1, "persons": count_example(191)}, {"days": 2, "persons": count_example(98)}],
        "halves": {"first": count_example(214), "second": count_example(220), "both": count_example(81)},
    },
    "estimates": [
        {
            "code": "population_chao",
            "label": {"fr": "Population estimée (borne de Chao)", "en": "Estimated population (Chao's bound)"},
            "formula": "n + f1 (f1 - 1) / (2 (f2 + 1))",
            "source": "Chao A (1987), Biometrics 43, 783-791",
            "pitfalls": {"fr": "Borne inférieure...", "en": "A lower bound..."},
            "unit": "persons",
            "value": 536.3,
            "low": 472.0,
            "high": 635.1,
            "reason": None,
        }
    ],
    "bracket": {"lower": 490.2, "upper": 536.3, "low": 402.9, "high": 690.0, "reason": None},
    "code_quality": {
        "rule": {"fr": "Personnes vues un seul jour...", "en": "Persons seen on one day only..."},
        "once": 191,
        "small": False,
        "implied": 145.5,
        "excess": 0.238,
        "suspicious": False,
        "reason": None,
    },
    "coverage": [
        {
            "code": "coverage_published",
            "label": _LABEL,
            "denominator_rule": {"fr": "700 à 800 personnes", "en": "700 to 800 persons"},
            "numerator": 353,
            "small": False,
            "denominator": 750.0,
            "denominator_low": 700.0,
            "denominator_high": 800.0,
            "unit": "ratio",
            "value": 0.4707,
            "low": 0.4413,
            "high": 0.5043,
            "reason": None,
        }
    ],
}


class CoverageSent(Heading):
    """How many persons there may be, and how many of them are met."""

    model_config = Sent.model_config | example(_COVERAGE)

    weeks: int = Field(description="Length of the window.")
    window_from: date = Field(description="First service day of the window; it may lie before the period.")
    window_middle: date = Field(description="First service day of its second half.")
    window_to: date = Field(description="First service day after the window: the end of the period.")
    key_period: int | None = Field(description="The year under whose key the window's cards are stored.")
    reason: str | None = Field(description="Why nothing was counted.")
    counted: CountedSent | None = Field(description="Null when nothing could be counted.")
    estimates: list[EstimateSent] = Field(description="Every estimator; the first two make the bracket.")
    bracket: BracketSent
    code_quality: CodeQualitySent
    coverage: list[CoverageLineSent] = Field(description="The published range, the estimate and the target, in order.")
