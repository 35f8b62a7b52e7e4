"""Figures as they go over the wire: every one with its denominator, unit, rule and what is unknown."""

from datetime import date, datetime

from pydantic import ConfigDict, Field

from app.http.wire import Sent
from app.metrics.definitions import GroupBy, OutcomeAtHorizon, Stage


class LabelSent(Sent):
    """A text in both languages."""

    fr: str
    en: str


class CountSent(Sent):
    """A count of referrals."""

    n: int
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
    numerator: int
    denominator: int
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
    stages: list[StageSent]
    outcomes: list[OutcomeSent]
    answered: AnsweredSent
    rates: list[RateSent]


class FunnelSent(Sent):
    """A cohort of referrals followed for a fixed horizon."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    definition: str
    definition_version: int
    rule: LabelSent
    as_of: datetime = Field(description="The data as known at this instant.")
    period_from: date = Field(description="First service day.")
    period_to: date = Field(description="First service day after the period.")
    horizon_days: int
    territory: str | None
    kind: str | None
    group_by: GroupBy | None
    groups: list[FunnelGroupSent] = Field(description="By key; empty without group_by.")
    total: FunnelGroupSent
