"""The funnel as it goes over the wire."""

from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import CountSent, Heading, RateSent, count_example
from app.metrics.funnel.definitions import GroupBy, OutcomeAtHorizon, Stage


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


_RULE: Final = {"fr": "succès / orientations suivies", "en": "success / followed referrals"}
_GROUP: Final[dict[str, Any]] = {
    "key": None,
    "label": None,
    "made": count_example(46),
    "followed": count_example(40),
    "not_yet_followed": count_example(6),
    "late": count_example(3),
    "waitlisted": count_example(0),
    "stages": [
        {"stage": "offered", "reached": count_example(40), "recorded": count_example(12)},
        {"stage": "requested", "reached": count_example(37), "recorded": count_example(36)},
        {"stage": "accepted", "reached": count_example(29), "recorded": count_example(22)},
        {"stage": "arrived", "reached": count_example(25), "recorded": count_example(25)},
        {"stage": "admitted", "reached": count_example(0), "recorded": count_example(0)},
    ],
    "outcomes": [
        {"outcome": "success", "count": count_example(25)},
        {"outcome": "refused", "count": count_example(5)},
        {"outcome": "declined", "count": count_example(3)},
        {"outcome": "no_show", "count": count_example(2)},
        {"outcome": "cancelled", "count": count_example(0)},
        {"outcome": "expired", "count": count_example(5)},
        {"outcome": "open", "count": count_example(0)},
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


class FunnelSent(Heading):
    """A cohort of referrals followed for a fixed horizon."""

    model_config = Sent.model_config | example(_FUNNEL)

    horizon_days: int = Field(description="Days each referral is followed.")
    kind: str | None
    group_by: GroupBy | None
    groups: list[FunnelGroupSent] = Field(description="By key; empty without group_by.")
    total: FunnelGroupSent
