"""Flows as they go over the wire."""

from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.metrics.figures import CountSent, Heading, RateSent, count_example
from app.metrics.flows.definitions import LinkRule, Side


class NodeSent(Sent):
    """One node of the diagram."""

    id: str = Field(description="`side.code`: what links refer to.")
    side: Side
    code: str = Field(description="A rung, `street`, an outcome or the destination of an exit.")
    label: LabelSent


class LinkSent(Sent):
    """Referrals, or exits, that went from one node to another and are known in one way."""

    source: str = Field(description="Id of a node.")
    target: str = Field(description="Id of a node.")
    rule: LinkRule
    value: int = Field(description="How many; never 0.")
    small: bool = Field(description="1 to 10: few enough people to be recognised by; handle with care.")


class LinkRuleSent(Sent):
    """By what links of one rule are known."""

    rule: LinkRule
    meaning: LabelSent


_RULE: Final = {"fr": "orientations non reliées / orientations", "en": "unlinked referrals / referrals"}
_FLOWS: Final[dict[str, Any]] = {
    "definition": "pathway_flows",
    "definition_version": 2,
    "rule": {"fr": "Chaque orientation de la période...", "en": "Each referral of the period..."},
    "as_of": "2026-05-04T08:00:00Z",
    "period_from": "2026-03-01",
    "period_to": "2026-04-01",
    "territory": "75118",
    "unit": "referrals",
    "link_rules": [{"rule": "chain", "meaning": {"fr": "suite d'orientations...", "en": "chain of referrals..."}}],
    "nodes": [
        {"id": "before.street", "side": "before", "code": "street", "label": {"fr": "rue", "en": "street"}},
        {
            "id": "after.first_reception",
            "side": "after",
            "code": "first_reception",
            "label": {"fr": "premier accueil", "en": "first reception"},
        },
    ],
    "links": [
        {"source": "before.street", "target": "after.first_reception", "rule": "first", "value": 31, "small": False}
    ],
    "referrals": count_example(31),
    "late": count_example(2),
    "exits": count_example(0),
    "unlinked": count_example(0),
    "no_outcome": count_example(0),
    "rates": [
        {
            "code": "unlinked_share",
            "rule": _RULE,
            "value": 0.0,
            "numerator": 0,
            "denominator": 31,
            "small": False,
            "unit": "ratio",
            "reason": None,
        }
    ],
}


class FlowsSent(Heading):
    """From which rung of the pathway to which, ready for a Sankey diagram."""

    model_config = Sent.model_config | example(_FLOWS)

    unit: str = Field(description="Always `referrals`; links of the rule `exit` count exits from stays.")
    link_rules: list[LinkRuleSent] = Field(description="Every rule in words.")
    nodes: list[NodeSent] = Field(description="Nodes that a link touches, in order of the pathway.")
    links: list[LinkSent] = Field(description="Links by source, target and rule; those of referrals add up to them.")
    referrals: CountSent = Field(description="Referrals of the period.")
    late: CountSent = Field(description="Those received more than 24 hours after they were made.")
    exits: CountSent = Field(description="Exits from stays in the period.")
    unlinked: CountSent = Field(description="Referrals with neither a card nor a known previous referral.")
    no_outcome: CountSent = Field(description="Referrals without success whose outcome is unknown or still open.")
    rates: list[RateSent] = Field(description="Share of referrals that are unlinked.")
