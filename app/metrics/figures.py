"""Figures as they go over the wire: every one with its denominator, unit, rule and what is unknown."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.directory.service import Directory
from app.directory.vocabulary import Label
from app.http.wire import Sent
from app.metrics.indicator import Figure, Indicator, Ratio, any_small, has_small, is_small

SMALL_WORDS: Final = "A count in it is 1 to 10: few enough people to be recognised by; handle with care."


class CountSent(Sent):
    """A count."""

    n: int = Field(description="How many.")
    small: bool = Field(description="1 to 10: few enough people to be recognised by; handle with care.")

    @classmethod
    def of(cls, n: int) -> "CountSent":
        """Return a count with its flag."""
        return cls(n=n, small=is_small(n))


class RateSent(Sent):
    """A ratio, from counts shown beside it."""

    code: str
    rule: LabelSent
    value: float | None = Field(description="Null when the denominator is 0.")
    numerator: int = Field(description="Count above the line.")
    denominator: int = Field(description="Count below the line.")
    small: bool = Field(description=SMALL_WORDS)
    unit: str = Field(description="Always `ratio`.")
    reason: str | None = Field(description="Why there is no value.")

    @classmethod
    def of(cls, code: str, rule: Label, numerator: int, denominator: int) -> "RateSent":
        """Return a ratio of two counts, null over an empty denominator."""
        return cls(
            code=code,
            rule=LabelSent.of(rule),
            value=Ratio(numerator, denominator).value,
            numerator=numerator,
            denominator=denominator,
            small=any_small(numerator, denominator),
            unit="ratio",
            reason=None if denominator else "nothing in the denominator",
        )


class Heading(Sent):
    """What stands above every answer: the definition it follows, and what it is limited to."""

    definition: str = Field(description="What is computed, as a code.")
    definition_version: int = Field(description="One more whenever the same data would give other figures.")
    rule: LabelSent = Field(description="How it is computed, in words.")
    as_of: datetime = Field(description="The data as known at this instant.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    territory: str | None = Field(description="The territory asked for, with everything below it.")


def count_example(n: int) -> dict[str, Any]:
    """Return a count as it stands in an example."""
    return {"n": n, "small": is_small(n)}


def kind_labels(directory: Directory) -> Callable[[str | None], LabelSent | None]:
    """Return what finds the label of a kind of facility, or None for an unknown code."""
    labels = {kind.rule.code: LabelSent.of(kind.label) for kind in directory.kinds}
    return lambda code: labels.get(code or "")


def territory_labels(directory: Directory) -> Callable[[str | None], LabelSent | None]:
    """Return what finds the name of a territory, or None for an unknown code."""
    names = {found.place.code: LabelSent(fr=found.name, en=found.name) for found in directory.all_territories}
    return lambda code: names.get(code or "")


class TermSent(Sent):
    """What the measures of one code mean."""

    code: str
    label: LabelSent
    unit: str = Field(description="What a value counts or measures.")
    rule: LabelSent = Field(description="How it is computed, in words.")
    pitfalls: LabelSent = Field(description="What a reader could get wrong.")
    definition_version: int = Field(description="One more whenever the same data would give another value.")

    @classmethod
    def of(cls, indicator: Indicator) -> "TermSent":
        """Return the meaning of an indicator."""
        return cls(
            code=indicator.code,
            label=LabelSent.of(indicator.label),
            unit=indicator.unit.value,
            rule=LabelSent.of(indicator.rule),
            pitfalls=LabelSent.of(indicator.pitfalls),
            definition_version=indicator.version,
        )


class MeasureSent(Sent):
    """One value; its code stands among the terms of the answer."""

    code: str
    value: float | None = Field(description="In the unit of its term; null when it cannot be computed.")
    n: int = Field(description="The count above the line; of a plain count, the value itself.")
    denominator: float | None = Field(description="What stands below the line; null for a plain count.")
    small: bool = Field(description=SMALL_WORDS)
    unknown: int | None = Field(description="How many of `base` are unknown; null where nothing can be.")
    base: int | None = Field(description="What `unknown` is a part of.")
    late: int | None = Field(description="Records received more than 24 hours after; null where none are counted.")
    reason: str | None = Field(description="Why there is no value.")

    @classmethod
    def of(cls, code: str, figure: Figure) -> "MeasureSent":
        """Return a figure as it is sent."""
        return cls(
            code=code,
            value=figure.value,
            n=figure.n,
            denominator=figure.denominator,
            small=has_small(figure),
            unknown=figure.unknown,
            base=figure.base,
            late=figure.late,
            reason=figure.reason,
        )


def term_example(code: str, unit: str) -> dict[str, Any]:
    """Return a term as it stands in an example."""
    words = {"fr": "règle en toutes lettres", "en": "rule in words"}
    return {
        "code": code, "label": words, "unit": unit, "rule": words, "pitfalls": words, "definition_version": 1,
    }  # fmt: skip


def measure_example(code: str, value: float, n: int, denominator: float | None) -> dict[str, Any]:
    """Return a measure as it stands in an example."""
    return {
        "code": code,
        "value": value,
        "n": n,
        "denominator": denominator,
        "small": is_small(n),
        "unknown": None,
        "base": None,
        "late": None,
        "reason": None,
    }
