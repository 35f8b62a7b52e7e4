"""Housing as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.directory.vocabulary import Rung
from app.http.wire import Sent, example
from app.metrics.figures import SMALL_WORDS, CountSent, Heading, RateSent, count_example
from app.metrics.indicator import Granularity, any_small
from app.referrals.vocabulary import Destination


class OccupancySent(Sent):
    """Nights of facilities in one period."""

    since: date = Field(description="First service day.")
    until: date = Field(description="First service day after.")
    facility_nights: int = Field(description="Nights on which facilities existed and which have been counted.")
    nights_without_report: int = Field(description="Those no report holds for: in no rate.")
    nights_over_capacity: int = Field(description="Those with more stays than places offered.")
    place_nights: CountSent = Field(description="Nights that stays cover, with a report or without.")
    over_capacity: bool = Field(description="Occupancy exceeds 1; it is never cut.")
    rates: list[RateSent] = Field(description="Occupancy, and the share of saturated nights.")


class StepSent(Sent):
    """One step of a survival curve."""

    days: int = Field(description="Whole days since the admission.")
    at_risk: int = Field(description="Stays still open and followed just before.")
    exits: int = Field(description="Stays that ended on that day.")
    censored: int = Field(description="Stays still open, followed no longer.")
    small: bool = Field(description=SMALL_WORDS)
    survival: float = Field(description="Share of stays that last longer, by Kaplan-Meier.")
    low: float | None = Field(description="Lower end of the 95 % interval; null at 0 and 1.")
    high: float | None = Field(description="Upper end.")


class CurveSent(Sent):
    """How long stays last, by Kaplan and Meier."""

    rule: LabelSent
    n: CountSent = Field(description="Stays.")
    exits: CountSent = Field(description="Those that ended.")
    unit: str = Field(description="Always `days`.")
    median_days: int | None = Field(description="Null when half of the stays have not ended.")
    median_reason: str | None = Field(description="Why there is no median.")
    steps: list[StepSent] = Field(description="Steps, by day.")


class RetentionSent(Sent):
    """Retention at so many days after admission."""

    days: int = Field(description="Days after admission.")
    not_old_enough: CountSent = Field(description="Stays opened too recently to be in the rates.")
    rates: list[RateSent] = Field(description="Retained; retained or with a positive exit.")
    survival: float | None = Field(description="Kaplan-Meier estimate of lasting so long.")
    low: float | None = Field(description="Lower end of its 95 % interval.")
    high: float | None = Field(description="Upper end.")
    reason: str | None = Field(description="Why there is no estimate.")


class DestinationSent(Sent):
    """Exits to one destination."""

    destination: Destination
    label: LabelSent
    count: CountSent


class ExitsSent(Sent):
    """Where the stays of the period ended."""

    total: CountSent
    destinations: list[DestinationSent] = Field(description="Every destination; they add up to the total.")
    rates: list[RateSent] = Field(description="To longer-stay housing; of unknown destination.")


class BlockedSent(Sent):
    """Stays open for long at the end of the period, and those that could not go on."""

    more_than_days: int = Field(description="How long is long.")
    open_long: CountSent = Field(description="Stays open for longer.")
    with_card: CountSent = Field(description="Those whose person carries a card.")
    blocked: CountSent
    by_reintegration: CountSent = Field(description="For want of reintegration housing; a stay may wait for several.")
    by_longer_stay: CountSent = Field(description="For want of longer-stay housing.")
    by_treatment: CountSent = Field(description="For want of treatment.")
    rate: RateSent


class ReturnSent(Sent):
    """Persons seen in the street after an exit; card carriers only."""

    exits: CountSent
    with_card: CountSent
    followed: CountSent = Field(description="Those whose 180 days have passed within the year of their card.")
    returned: CountSent
    rates: list[RateSent] = Field(description="Returns; share of exits that could be followed.")


class HousingKindSent(Sent):
    """Housing of one kind."""

    kind: str
    label: LabelSent | None
    rung: Rung
    facilities: int = Field(description="Facilities of this kind in view.")
    occupancy: OccupancySent
    series: list[OccupancySent] = Field(description="The same by shorter periods; empty without granularity.")
    nights_without_facility: CountSent = Field(description="Nights of stays at no named facility: in no occupancy.")
    stays: CountSent = Field(description="Stays opened in the period.")
    still_open: CountSent = Field(description="Those without an exit.")
    transfers: CountSent = Field(description="Moves between emergency housings, each within one of these stays.")
    retention: list[RetentionSent] = Field(description="At 30, 90 and 180 days.")
    curve: CurveSent
    exits: ExitsSent
    blocked: BlockedSent | None = Field(description="Null for kinds that nothing comes after, or with a reason.")
    blocked_reason: str | None = Field(description="Why nothing is known of blocked stays so long ago.")
    return_to_street: ReturnSent


def _rate(code: str, numerator: int, denominator: int) -> dict[str, Any]:
    """Return a ratio as it stands in an example."""
    rule = {"fr": "au-dessus / au-dessous", "en": "above / below"}
    return {
        "code": code, "rule": rule, "value": numerator / denominator, "numerator": numerator,
        "denominator": denominator, "small": any_small(numerator, denominator), "unit": "ratio", "reason": None,
    }  # fmt: skip


_OCCUPANCY: Final[dict[str, Any]] = {
    "since": "2026-03-01",
    "until": "2026-04-01",
    "facility_nights": 31,
    "nights_without_report": 1,
    "nights_over_capacity": 0,
    "place_nights": count_example(558),
    "over_capacity": False,
    "rates": [_rate("occupancy", 540, 600), _rate("saturated_nights", 12, 30)],
}
_KIND: Final[dict[str, Any]] = {
    "kind": "emergency_housing",
    "label": {"fr": "Hébergement d'urgence (hôtel, 115)", "en": "Emergency housing (hotel, 115)"},
    "rung": "emergency_housing",
    "facilities": 1,
    "occupancy": _OCCUPANCY,
    "series": [],
    "nights_without_facility": count_example(41),
    "stays": count_example(40),
    "still_open": count_example(20),
    "transfers": count_example(3),
    "retention": [
        {
            "days": 30,
            "not_old_enough": count_example(0),
            "rates": [_rate("retention", 30, 40), _rate("retained_or_positive", 32, 40)],
            "survival": 0.75,
            "low": 0.585,
            "high": 0.857,
            "reason": None,
        }
    ],
    "curve": {
        "rule": {"fr": "Kaplan et Meier (1958)...", "en": "Kaplan & Meier (1958)..."},
        "n": count_example(40),
        "exits": count_example(20),
        "unit": "days",
        "median_days": 61,
        "median_reason": None,
        "steps": [
            {
                "days": 4,
                "at_risk": 40,
                "exits": 10,
                "censored": 0,
                "small": True,
                "survival": 0.75,
                "low": 0.585,
                "high": 0.857,
            }
        ],
    },
    "exits": {
        "total": count_example(20),
        "destinations": [
            {"destination": "street", "label": {"fr": "rue", "en": "street"}, "count": count_example(12)}
        ],
        "rates": [_rate("exits_longer_stay", 2, 20), _rate("exits_unknown", 1, 20)],
    },
    "blocked": {
        "more_than_days": 30,
        "open_long": count_example(20),
        "with_card": count_example(12),
        "blocked": count_example(11),
        "by_reintegration": count_example(0),
        "by_longer_stay": count_example(11),
        "by_treatment": count_example(2),
        "rate": _rate("blocked", 11, 20),
    },
    "blocked_reason": None,
    "return_to_street": {
        "exits": count_example(20),
        "with_card": count_example(12),
        "followed": count_example(11),
        "returned": count_example(4),
        "rates": [_rate("returned", 4, 11), _rate("followed", 11, 20)],
    },
}  # fmt: skip
_HOUSING: Final[dict[str, Any]] = {
    "definition": "housing",
    "definition_version": 3,
    "rule": {"fr": "Genres de lieux où une admission...", "en": "Kinds of facility where an admission..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "kind": "emergency_housing",
    "granularity": None,
    "kinds": [_KIND],
}


class HousingSent(Heading):
    """Housing, by kind."""

    model_config = Sent.model_config | example(_HOUSING)

    kind: str | None
    granularity: Granularity | None
    kinds: list[HousingKindSent] = Field(description="Every kind where an admission opens a stay, by rung.")
