"""The funnel as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import SMALL_WORDS, CountSent, Heading, count_example
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
    small: bool = Field(description=SMALL_WORDS)


class RatioSent(Sent):
    """One ratio of a group, between 0 and 1; its rule stands in the heading."""

    code: str
    value: float | None = Field(description="Null when the denominator is 0.")
    numerator: int = Field(description="Count above the line.")
    denominator: int = Field(description="Count below the line.")
    small: bool = Field(description=SMALL_WORDS)
    reason: str | None = Field(description="Why there is no value.")


class RateRuleSent(Sent):
    """What a ratio is."""

    code: str
    rule: LabelSent
    unit: str = Field(description="Always `ratio`.")


class FunnelGroupSent(Sent):
    """The funnel of one group of referrals."""

    key: list[str] = Field(description="A code for each thing grouped by, in that order; empty for the total.")
    labels: list[LabelSent | None] = Field(description="What people read for each code, where it is not plain.")
    made: CountSent = Field(description="Referrals of the cohort.")
    followed: CountSent = Field(description="Those followed for the whole horizon: the base of everything below.")
    not_yet_followed: CountSent = Field(description="Those whose horizon has not passed.")
    late: CountSent = Field(description="Those received more than 24 hours after they were made.")
    waitlisted: CountSent = Field(description="Those that were on a waiting list within the follow-up.")
    stages: list[StageSent] = Field(description="Every stage, in order.")
    outcomes: list[OutcomeSent] = Field(description="Every outcome; they add up to those followed.")
    answered: AnsweredSent
    rates: list[RatioSent] = Field(description="Ratios of the counts above.")


class PersonStageSent(Sent):
    """How many persons reached a stage."""

    stage: Stage
    persons: CountSent


class PersonFunnelSent(Sent):
    """The funnel of people who carry a card."""

    rule: LabelSent
    linked: CountSent = Field(description="Followed referrals made with a card.")
    linked_share: float | None = Field(description="Their share of all followed referrals; null when there are none.")
    persons: CountSent = Field(description="People they belong to.")
    stages: list[PersonStageSent] = Field(description="Every stage, in order.")
    succeeded: CountSent = Field(description="People of whom one referral at least succeeded.")


class CohortSent(Sent):
    """The funnel of another cohort, followed for as long."""

    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    groups: list[FunnelGroupSent] = Field(description="By key; empty without group_by.")
    total: FunnelGroupSent


_RULE: Final = {"fr": "succès / orientations suivies", "en": "success / followed referrals"}
_GROUP: Final[dict[str, Any]] = {
    "key": [],
    "labels": [],
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
    "answered": {"app": 9, "desk": 24, "phone": 2, "nobody": 5, "small": True},
    "rates": [
        {
            "code": "success_worst_case",
            "value": 0.625,
            "numerator": 25,
            "denominator": 40,
            "small": False,
            "reason": None,
        }
    ],
}
_FUNNEL: Final[dict[str, Any]] = {
    "definition": "referral_funnel",
    "definition_version": 2,
    "rule": {"fr": "Orientations créées pendant la période...", "en": "Referrals made in the period..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "horizon_days": 30,
    "territory": "75118",
    "kind": "rest_room",
    "group_by": [],
    "rates": [{"code": "success_worst_case", "rule": _RULE, "unit": "ratio"}],
    "groups": [],
    "total": _GROUP,
    "persons": {
        "rule": {"fr": "Personnes porteuses d'une carte...", "en": "People carrying a card..."},
        "linked": count_example(18),
        "linked_share": 0.45,
        "persons": count_example(15),
        "stages": [{"stage": "requested", "persons": count_example(14)}],
        "succeeded": count_example(11),
    },
    "persons_reason": None,
    "compared": None,
}


class FunnelSent(Heading):
    """A cohort of referrals followed for a fixed horizon."""

    model_config = Sent.model_config | example(_FUNNEL)

    horizon_days: int = Field(description="Days each referral is followed.")
    kind: str | None
    group_by: list[GroupBy] = Field(description="What the groups are by, in order.")
    rates: list[RateRuleSent] = Field(description="What the ratios of every group are.")
    groups: list[FunnelGroupSent] = Field(description="By key; empty without group_by.")
    total: FunnelGroupSent
    persons: PersonFunnelSent | None = Field(description="The same for people who carry a card; null unless asked for.")
    persons_reason: str | None = Field(description="Why there is none of people, when it was asked for.")
    compared: CohortSent | None = Field(description="Another cohort beside it; null unless asked for.")
