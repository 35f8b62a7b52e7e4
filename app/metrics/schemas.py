"""Figures as they go over the wire: every one with its denominator, unit, rule and what is unknown."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.definitions import SMALL, GroupBy, OutcomeAtHorizon, Stage


class CountSent(Sent):
    """A count of referrals."""

    n: int = Field(description="How many.")
    small: bool = Field(description="1 to 10: few enough people to be recognised by; handle with care.")


class StageSent(Sent):
    """One stage of the funnel."""

    stage: Stage
    reached: CountSent = Field(
        description="This stage, or a later one, happened within the follow-up; every referral is an offer."
    )
    recorded: CountSent = Field(description="This very stage was recorded; skipped stages are not.")


class OutcomeSent(Sent):
    """One outcome at the end of the follow-up."""

    outcome: OutcomeAtHorizon
    count: CountSent


class RateSent(Sent):
    """A ratio between 0 and 1, from counts shown beside it."""

    code: str
    rule: LabelSent
    value: float | None = Field(description="Null when the denominator is 0.")
    numerator: int = Field(description="Count above the line.")
    denominator: int = Field(description="Count below the line.")
    unit: str = Field(description="Always `ratio`.")
    reason: str | None = Field(description="Why there is no value.")


class AnsweredSent(Sent):
    """How the first answers of followed referrals were learnt."""

    app: int = Field(description="On the team's phone.")
    desk: int = Field(description="At the facility's own desk.")
    phone: int = Field(description="By calling a partner without an account.")
    nobody: int = Field(description="No answer within the follow-up.")


class FunnelGroupSent(Sent):
    """The funnel of one group of referrals."""

    key: str | None = Field(description="Code of the group; null for the total.")
    label: LabelSent | None
    made: CountSent = Field(description="Referrals of the cohort.")
    followed: CountSent = Field(description="Those followed for the whole horizon: the base of everything below.")
    not_yet_followed: CountSent = Field(description="Those whose horizon has not passed.")
    late: CountSent = Field(description="Those received more than 24 hours after they were made.")
    waitlisted: CountSent = Field(description="Those that were on a waiting list within the follow-up.")
    stages: list[StageSent] = Field(description="Every stage, in order.")
    outcomes: list[OutcomeSent] = Field(description="Every outcome; they add up to those followed.")
    answered: AnsweredSent
    rates: list[RateSent] = Field(description="Ratios of the counts above.")


def _count_of(n: int) -> dict[str, Any]:
    return {"n": n, "small": n in SMALL}


_RULE: Final = {"fr": "succès / orientations suivies", "en": "success / followed referrals"}
_GROUP: Final[dict[str, Any]] = {
    "key": None,
    "label": None,
    "made": _count_of(46),
    "followed": _count_of(40),
    "not_yet_followed": _count_of(6),
    "late": _count_of(3),
    "waitlisted": _count_of(0),
    "stages": [
        {"stage": "offered", "reached": _count_of(40), "recorded": _count_of(12)},
        {"stage": "requested", "reached": _count_of(37), "recorded": _count_of(36)},
        {"stage": "accepted", "reached": _count_of(29), "recorded": _count_of(22)},
        {"stage": "arrived", "reached": _count_of(25), "recorded": _count_of(25)},
        {"stage": "admitted", "reached": _count_of(0), "recorded": _count_of(0)},
    ],
    "outcomes": [
        {"outcome": "success", "count": _count_of(25)},
        {"outcome": "refused", "count": _count_of(5)},
        {"outcome": "declined", "count": _count_of(3)},
        {"outcome": "no_show", "count": _count_of(2)},
        {"outcome": "cancelled", "count": _count_of(0)},
        {"outcome": "expired", "count": _count_of(5)},
        {"outcome": "open", "count": _count_of(0)},
    ],
    "answered": {"app": 9, "desk": 24, "phone": 2, "nobody": 5},
    "rates": [
        {
            "code": "success_worst_case",
            "rule": _RULE,
            "value": 0.625,
            "numerator": 25,
            "denominator": 40,
            "unit": "ratio",
            "reason": None,
        }
    ],
}
_FUNNEL: Final[dict[str, Any]] = {
    "definition": "referral_funnel",
    "definition_version": 1,
    "rule": {"fr": "Orientations créées pendant la période...", "en": "Referrals made in the period..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "horizon_days": 30,
    "territory": "75118",
    "kind": "rest_room",
    "group_by": None,
    "groups": [],
    "total": _GROUP,
}


class FunnelSent(Sent):
    """A cohort of referrals followed for a fixed horizon."""

    model_config = Sent.model_config | example(_FUNNEL)

    definition: str = Field(description="Always `referral_funnel`.")
    definition_version: int = Field(description="One more whenever the same data would give other figures.")
    rule: LabelSent
    as_of: datetime = Field(description="The data as known at this instant.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    horizon_days: int = Field(description="Days each referral is followed.")
    territory: str | None = Field(description="The territory asked for, with everything below it.")
    kind: str | None
    group_by: GroupBy | None
    groups: list[FunnelGroupSent] = Field(description="By key; empty without group_by.")
    total: FunnelGroupSent
