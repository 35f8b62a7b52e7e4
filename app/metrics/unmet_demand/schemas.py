"""Unmet demand as it goes over the wire."""

from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import CountSent, Heading, RateSent, count_example
from app.metrics.unmet_demand.definitions import UnmetBy


class CellKeySent(Sent):
    """The value of one dimension of a group."""

    by: UnmetBy = Field(description="The dimension.")
    key: str = Field(
        description="A kind, a territory, the Monday of a week, a month, or the hour at which a slot of two begins."
    )
    label: LabelSent | None = Field(description="What people read for it; null for weeks and months.")
    night: bool | None = Field(
        description="Whether all of the slot is night, 21:00 to 06:00; null for other dimensions."
    )


class UnmetGroupSent(Sent):
    """Unmet demand of one group."""

    keys: list[CellKeySent] = Field(description="One for each dimension asked for; none for the total.")
    made: CountSent = Field(description="Referrals made.")
    late: CountSent = Field(description="Those received more than 24 hours after they were made.")
    requests: CountSent = Field(description="Those requested or further: the base of the figures below.")
    unanswered: CountSent = Field(description="Requests without an answer so far, or that never got one.")
    no_place: CountSent = Field(description="Requests refused or waitlisted for want of a place, each once.")
    refused_no_place: CountSent = Field(description="Refused for want of a place.")
    refused_closed: CountSent = Field(description="Refused as closed at that time, short of staff or suspended.")
    refused_not_eligible: CountSent = Field(description="Refused as not eligible; never merged with want of a place.")
    refused_other: CountSent = Field(description="Refused for other reasons.")
    waited: CountSent = Field(description="Put on a waiting list, whatever came of it.")
    waited_no_place: CountSent = Field(description="Put on a waiting list for want of a place.")
    still_waiting: CountSent = Field(description="On a waiting list now.")
    never_requested: CountSent = Field(description="Offered and never requested, though the person did not decline.")
    needs_expressed: CountSent = Field(description="Needs that a kind of facility answers, by encounter.")
    needs_without_offer: CountSent = Field(
        description="Those without a referral that answers them in the same encounter."
    )
    places_free: float | None = Field(
        description="Places free at the time, as last reported: the mean over time, summed over facilities of the kind."
    )
    places_reason: str | None = Field(description="Why there is no figure of places.")
    rates: list[RateSent] = Field(description="Ratios of the counts above.")


_RULE: Final = {"fr": "demandes sans place / demandes", "en": "requests without a place / requests"}
_GROUP: Final[dict[str, Any]] = {
    "keys": [
        {"by": "kind", "key": "rest_room", "label": {"fr": "Espace de repos", "en": "Rest room"}, "night": None},
        {"by": "hour", "key": "22", "label": {"fr": "22 h - 24 h", "en": "22:00-24:00"}, "night": True},
    ],
    "made": count_example(52),
    "late": count_example(2),
    "requests": count_example(48),
    "unanswered": count_example(6),
    "no_place": count_example(18),
    "refused_no_place": count_example(15),
    "refused_closed": count_example(5),
    "refused_not_eligible": count_example(1),
    "refused_other": count_example(0),
    "waited": count_example(4),
    "waited_no_place": count_example(4),
    "still_waiting": count_example(1),
    "never_requested": count_example(3),
    "needs_expressed": count_example(41),
    "needs_without_offer": count_example(12),
    "places_free": 1.5,
    "places_reason": None,
    "rates": [
        {
            "code": "no_place_rate",
            "rule": _RULE,
            "value": 0.375,
            "numerator": 18,
            "denominator": 48,
            "small": False,
            "unit": "ratio",
            "reason": None,
        }
    ],
}


class UnmetDemandSent(Heading):
    """What was asked for in vain, and what was never asked for."""

    model_config = Sent.model_config | example(
        {
            "definition": "unmet_demand",
            "definition_version": 2,
            "rule": {"fr": "Orientations dont le jour...", "en": "Referrals whose service day..."},
            "as_of": "2026-05-04T08:00:00Z",
            "period_from": "2026-03-01",
            "period_to": "2026-04-01",
            "territory": "75118",
            "kind": None,
            "group_by": ["kind", "hour"],
            "groups": [_GROUP],
            "total": _GROUP | {"keys": []},
        }
    )

    kind: str | None
    group_by: list[UnmetBy] = Field(description="The dimensions asked for, two at most.")
    groups: list[UnmetGroupSent] = Field(description="By their keys, those where anything was counted.")
    total: UnmetGroupSent
