"""Costs as they go over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.monitoring.costs.definitions import CERTAINTY, LACKING, OUTCOMES, RULE, VERSION, CostedOutcome, NoCost
from app.monitoring.costs.rules import Period, Row, Spread
from app.plan.records import Plan

_OUTCOME: Final = {"fr": "orientation admise", "en": "referral that was admitted"}
_ROW: Final[dict[str, Any]] = {
    "outcome": "admitted",
    "lag_quarters": 1,
    "outcomes_from": "2026-04-01",
    "outcomes_to": "2027-04-01",
    "releases": ["2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"],
    "count": 160,
    "euros": 50_000.0,
    "low": 46_212.6,
    "high": 54_463.9,
    "missing": None,
    "missing_label": None,
}
_PERIOD: Final[dict[str, Any]] = {
    "period": "2026",
    "paid_cents": 800_000_000,
    "rows": [_ROW],
    "spreads": [
        {"outcome": "admitted", "lags": 1, "least": 50_000.0, "most": 50_000.0, "low": 46_212.6, "high": 54_463.9}
    ],
}


class CostSent(Sent):
    """What an outcome cost at one lag."""

    outcome: CostedOutcome
    lag_quarters: int = Field(description="Quarters from the period paid in to the one outcomes are counted in.")
    outcomes_from: date = Field(description="First day on which the referrals were made.")
    outcomes_to: date = Field(description="First day after.")
    releases: list[str] = Field(description="The releases the count is from.")
    count: int | None = Field(description="Outcomes as published, protected, added up; null where one is suppressed.")
    euros: float | None = Field(description="EUR for each outcome.")
    low: float | None = Field(description="Lower end, by the noise and rounding of published counts: 95 draws of 100.")
    high: float | None = Field(description="Upper end; null when the count may be none.")
    missing: NoCost | None = Field(description="Why there is no cost: set exactly then.")
    missing_label: LabelSent | None

    @classmethod
    def of(cls, row: Row) -> "CostSent":
        """Return a row as it is sent."""
        return cls(
            outcome=row.outcome,
            lag_quarters=row.lag,
            outcomes_from=row.outcomes_from,
            outcomes_to=row.outcomes_to,
            releases=list(row.releases),
            count=row.count,
            euros=row.euros,
            low=row.low,
            high=row.high,
            missing=row.lacking,
            missing_label=LabelSent.of(LACKING[row.lacking]) if row.lacking else None,
        )


class CostSpreadSent(Sent):
    """What an outcome of a period cost, over all lags."""

    outcome: CostedOutcome
    lags: int = Field(description="How many lags have a cost.")
    least: float | None = Field(description="Least EUR of those lags.")
    most: float | None = Field(description="Most EUR of those lags.")
    low: float | None = Field(description="Lowest end of their intervals.")
    high: float | None = Field(description="Highest end; null when one of them has none.")

    @classmethod
    def of(cls, one: Spread) -> "CostSpreadSent":
        """Return a spread as it is sent."""
        return cls(outcome=one.outcome, lags=one.lags, least=one.least, most=one.most, low=one.low, high=one.high)


class CostPeriodSent(Sent):
    """The costs of what was paid in one period."""

    period: str = Field(description="Budget year, a quarter of it, or first / last quarter of the plan.")
    paid_cents: int = Field(description="Payment credits spent, in EUR cents.")
    rows: list[CostSent] = Field(description="By outcome and lag.")
    spreads: list[CostSpreadSent] = Field(description="By outcome.")


class CostNotSpreadSent(Sent):
    """What was paid for several years in one sum: no year's cost is known as long as it could be its own."""

    paid_cents: int = Field(description="Payment credits spent, in EUR cents.")
    missing: NoCost = Field(description="Why it is in no period.")
    missing_label: LabelSent

    @classmethod
    def of(cls, cents: int) -> "CostNotSpreadSent":
        """Return what is not spread as it is sent."""
        return cls(paid_cents=cents, missing=NoCost.not_spread, missing_label=LabelSent.of(LACKING[NoCost.not_spread]))


class CostedOutcomeSent(Sent):
    """What an outcome is."""

    code: CostedOutcome
    label: LabelSent


class CostsSent(Sent):
    """What outcomes cost, and how sure that is."""

    model_config = Sent.model_config | example(
        {
            "plan": "crack-2019",
            "definition": "cost_per_outcome",
            "definition_version": VERSION,
            "rule": {"fr": "Dépensé / issues publiées.", "en": "Paid / published outcomes."},
            "certainty": {"fr": "Ordre de grandeur, non un prix.", "en": "An order of magnitude, not a price."},
            "outcomes": [{"code": "admitted", "label": _OUTCOME}],
            "items": [_PERIOD],
            "not_spread": None,
        }
    )

    plan: str = Field(description="Code of the plan.")
    definition: str = Field(description="Code of the definition.")
    definition_version: int = Field(description="One more whenever the same data would give another value.")
    rule: LabelSent = Field(description="How it is computed, in words.")
    certainty: LabelSent = Field(description="How sure it is, and what it does not say.")
    outcomes: list[CostedOutcomeSent] = Field(description="What was reached for the money.")
    items: list[CostPeriodSent] = Field(
        description="The whole plan while some payment has no year; then by budget year, each before its quarters."
    )
    not_spread: CostNotSpreadSent | None = Field(description="Null when every payment has its budget year.")

    @classmethod
    def of(cls, plan: Plan, found: list[Period], not_spread: int | None) -> "CostsSent":
        """Return the costs of a plan as they are sent."""
        return cls(
            plan=plan.plan,
            definition="cost_per_outcome",
            definition_version=VERSION,
            rule=LabelSent.of(RULE),
            certainty=LabelSent.of(CERTAINTY),
            outcomes=[CostedOutcomeSent(code=one, label=LabelSent.of(label)) for one, label in OUTCOMES.items()],
            items=[
                CostPeriodSent(
                    period=one.paid.code,
                    paid_cents=one.paid.cents,
                    rows=[CostSent.of(row) for row in one.rows],
                    spreads=[CostSpreadSent.of(spread) for spread in one.spreads],
                )
                for one in found
            ],
            not_spread=None if not_spread is None else CostNotSpreadSent.of(not_spread),
        )
