"""The time to success as it goes over the wire."""

from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import SMALL_WORDS, CountSent, Heading, RateSent, count_example
from app.metrics.time_to_success.definitions import Ending, TimeGroupBy


class EndingSent(Sent):
    """How many referrals ended in one way within the horizon."""

    ending: Ending
    count: CountSent


class IncidenceCurveSent(Sent):
    """Cumulative incidences as step functions: each value holds from its day until the next one."""

    day: list[int] = Field(
        description="Days after the making on which something ended; before the first of them every incidence is 0."
    )
    at_risk: list[int] = Field(description="Referrals that could still end on the day.")
    small: bool = Field(description=SMALL_WORDS)
    success: list[float] = Field(description="Probability of having succeeded by the end of the day.")
    success_low: list[float | None] = Field(
        description="Lower limit of a pointwise 95 % interval; null where the incidence is 0 or 1, which has none."
    )
    success_high: list[float | None] = Field(description="Its upper limit.")
    refused: list[float] = Field(description="Probability of having been refused.")
    declined: list[float] = Field(description="Probability of having been declined.")
    no_show: list[float] = Field(description="Probability of the person not having come.")
    cancelled: list[float] = Field(description="Probability of having been cancelled.")
    waiting: list[float] = Field(description="Probability of none of these yet; with them it adds up to 1.")


class QuantileSent(Sent):
    """When a share of the cohort has succeeded."""

    share: float = Field(description="Share of all referrals of the cohort; 0.5 makes it the median.")
    value: int | None = Field(description="First day on which the cumulative incidence of success reaches it.")
    low: int | None = Field(description="Lower limit of a 95 % interval; null when it is not reached.")
    high: int | None = Field(description="Upper limit of a 95 % interval; null when it is not reached.")
    unit: str = Field(description="Always `days`.")
    reason: str | None = Field(description="Why there is no value.")


class IncidenceSent(Sent):
    """The cumulative incidence of success at one day."""

    day: int = Field(description="Days after the making.")
    value: float | None = Field(description="Probability of success by the end of the day.")
    low: float | None = Field(description="Lower limit of a pointwise 95 % interval.")
    high: float | None = Field(description="Upper limit of a pointwise 95 % interval.")
    n: int = Field(
        description="Successes observed until then. `value` allows for ends of follow-up, n / made does not."
    )
    small: bool = Field(description=SMALL_WORDS)
    unit: str = Field(description="Always `ratio`.")
    reason: str | None = Field(description="Why there is no value.")


class TimeGroupSent(Sent):
    """The time to success of one group of referrals."""

    key: str | None = Field(description="Code of the group; null for the total.")
    label: LabelSent | None
    made: CountSent = Field(description="Referrals of the cohort: the base of everything below.")
    late: CountSent = Field(description="Those received more than 24 hours after they were made.")
    endings: list[EndingSent] = Field(description="What became of them within the horizon; they add up to `made`.")
    rates: list[RateSent] = Field(description="Ratios of the counts above.")
    known_until: int | None = Field(
        description="Last day about which the curve says something, as nobody was followed further; null without any."
    )
    curve: IncidenceCurveSent
    quantiles: list[QuantileSent] = Field(description="First quartile and median.")
    incidences: list[IncidenceSent] = Field(description="The curve read off at round days and at the horizon.")


class ComparisonSent(Sent):
    """A test of equal cumulative incidences of success between the groups."""

    test: str = Field(description="Always `gray`.")
    rule: LabelSent
    groups: int = Field(description="Groups compared.")
    statistic: float | None = Field(description="About chi-square when all groups are alike.")
    degrees_of_freedom: int | None = Field(description="Groups less one.")
    p_value: float | None = Field(description="Probability of such a statistic, or a larger one, if they are.")
    reason: str | None = Field(description="Why there is no test.")


_GROUP: Final[dict[str, Any]] = {
    "key": None,
    "label": None,
    "made": count_example(40),
    "late": count_example(3),
    "endings": [
        {"ending": "success", "count": count_example(22)},
        {"ending": "refused", "count": count_example(6)},
        {"ending": "declined", "count": count_example(4)},
        {"ending": "no_show", "count": count_example(0)},
        {"ending": "cancelled", "count": count_example(0)},
        {"ending": "expired", "count": count_example(5)},
        {"ending": "open", "count": count_example(3)},
        {"ending": "waiting", "count": count_example(0)},
    ],
    "rates": [
        {
            "code": "censored_share",
            "rule": {"fr": "orientations dont le suivi s'arrête...", "en": "referrals whose follow-up ends..."},
            "value": 0.2,
            "numerator": 8,
            "denominator": 40,
            "small": True,
            "unit": "ratio",
            "reason": None,
        }
    ],
    "known_until": 30,
    "curve": {
        "day": [0, 1],
        "at_risk": [40, 32],
        "small": False,
        "success": [0.0, 0.61875],
        "success_low": [None, 0.428],
        "success_high": [None, 0.76],
        "refused": [0.0, 0.16875],
        "declined": [0.1, 0.1],
        "no_show": [0.0, 0.0],
        "cancelled": [0.0, 0.0],
        "waiting": [0.9, 0.1125],
    },
    "quantiles": [{"share": 0.5, "value": 1, "low": 1, "high": None, "unit": "days", "reason": None}],
    "incidences": [
        {
            "day": 30,
            "value": 0.61875,
            "low": 0.428,
            "high": 0.76,
            "n": 22,
            "small": False,
            "unit": "ratio",
            "reason": None,
        }
    ],
}
_TIME: Final[dict[str, Any]] = {
    "definition": "time_to_success",
    "definition_version": 2,
    "rule": {"fr": "Orientations créées pendant la période...", "en": "Referrals made in the period..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "horizon_days": 30,
    "unit": "days",
    "kind": "emergency_housing",
    "group_by": None,
    "groups": [],
    "total": _GROUP,
    "comparison": None,
}


class TimeSent(Heading):
    """How long until the referrals of a cohort succeed."""

    model_config = Sent.model_config | example(_TIME)

    horizon_days: int = Field(description="How far the time is looked at.")
    unit: str = Field(description="Unit of times: always `days`, of 24 hours from the making of each referral.")
    kind: str | None
    group_by: TimeGroupBy | None
    groups: list[TimeGroupSent] = Field(description="By key; empty without group_by.")
    total: TimeGroupSent
    comparison: ComparisonSent | None = Field(description="Null without group_by.")
