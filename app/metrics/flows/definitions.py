"""What the figures about flows mean, as data. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import VOCABULARIES, Label, Rung
from app.metrics.indicator import Indicator, Unit
from app.referrals.vocabulary import DESTINATION_LABELS, STATE_LABELS, Destination, State

FLOWS_VERSION: Final = 2
STREET: Final = "street"
NO_RUNG: Final = "no_rung"
"""The rung of a kind that the directory did not have on that day."""


class Side(StrEnum):
    """Where a node stands: a diagram whose links go from left to right has no circle, whatever way people went."""

    before = "before"
    after = "after"
    exit = "exit"


class Outcome(StrEnum):
    """How a referral that did not succeed stands."""

    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    no_outcome = "no_outcome"
    open = "open"


class LinkRule(StrEnum):
    """By what a link is known."""

    chain = "chain"
    card = "card"
    first = "first"
    unlinked = "unlinked"
    exit = "exit"


ENDED: Final[Mapping[State, Outcome]] = {
    State.refused: Outcome.refused,
    State.declined: Outcome.declined,
    State.no_show: Outcome.no_show,
    State.cancelled: Outcome.cancelled,
    State.expired: Outcome.no_outcome,
}
"""What a state means for a referral that did not succeed; it is open in any other."""

FLOWS_RULE: Final = Label(
    "Chaque orientation de la période (jour de service de sa création), hors saisies par erreur, fait un lien : de"
    " l'échelon où la personne avait abouti avant, vers l'échelon de l'orientation si elle aboutit, sinon vers son"
    " issue. Chaque sortie de séjour de la période (jour civil de Paris) fait un lien de plus, vers la destination que"
    " le lieu a dite : ne pas l'additionner aux autres. Les échelons sont ceux du jour de l'orientation ; ce qui lui"
    " arrive est connu par créneaux de deux heures.",
    "Each referral of the period (service day it was made on), without those entered in error, makes one link: from the"
    " rung where the person had succeeded before, to the referral's rung when it succeeds, else to its outcome. Each"
    " exit from a stay in the period (calendar day in Paris) makes another, to the destination the facility gave: not"
    " to be added to the others. Rungs are those of the referral's day; what happens to it is known by slots of two"
    " hours.",
)
LINK_RULES: Final[Mapping[LinkRule, Label]] = {
    LinkRule.chain: Label(
        "suite d'orientations : en remontant les orientations précédentes de la même organisation, la plus proche qui a"
        " abouti ; pas dans une année close",
        "chain of referrals: going up the previous referrals of the same organisation, the nearest that succeeded; not"
        " into a year that was closed",
    ),
    LinkRule.card: Label(
        "carte : sans suite, la dernière réussite de la même carte, la même année, au plus tard à la création de"
        " l'orientation",
        "card: without a chain, the last success of the same card, in the same year, no later than the referral was"
        " made",
    ),
    LinkRule.first: Label(
        "première : une carte ou une orientation précédente est connue, mais aucune réussite avant ; part de la rue",
        "first: a card or a previous referral is known, but no success before; starts from the street",
    ),
    LinkRule.unlinked: Label(
        "non reliée : ni carte ni orientation précédente connue ; part de la rue faute de mieux",
        "unlinked: neither a card nor a known previous referral; starts from the street for want of better",
    ),
    LinkRule.exit: Label(
        "sortie : fin d'un séjour, telle que le lieu l'a rapportée",
        "exit: end of a stay, as the facility reported it",
    ),
}
UNLINKED_RULE: Final = Label(
    "orientations non reliées / orientations de la période", "unlinked referrals / referrals of the period"
)
_OUTCOMES: Final[Mapping[str, Label]] = {
    **{outcome.value: STATE_LABELS[state] for state, outcome in ENDED.items()},
    Outcome.open.value: Label("encore ouverte", "still open"),
}
_PLACES: Final[Mapping[str, Label]] = {
    STREET: Label("rue", "street"),
    **{rung.value: VOCABULARIES["rung"][rung] for rung in Rung},
    NO_RUNG: Label("hors échelons", "no rung"),
}
NODES: Final[Mapping[Side, Mapping[str, Label]]] = {
    Side.before: _PLACES,
    Side.after: {**{code: label for code, label in _PLACES.items() if code != STREET}, **_OUTCOMES},
    Side.exit: {destination.value: DESTINATION_LABELS[destination] for destination in Destination},
}
"""Every node there may be, in order, with its label."""
CELLS: Final[tuple[tuple[str | None, str, str], ...]] = tuple(
    (source, target, rule.value)
    for rule, sources in (
        (LinkRule.chain, [code for code in _PLACES if code != STREET]),
        (LinkRule.card, [code for code in _PLACES if code != STREET]),
        (LinkRule.first, [None]),
        (LinkRule.unlinked, [None]),
    )
    for source in sources
    for target in NODES[Side.after]
)
"""Every way a referral may go, numbered by place: rung of the success before, rung or outcome, what it is known by."""

INDICATORS: Final[Mapping[str, Indicator]] = {
    "flows_unlinked_share": Indicator(
        version=FLOWS_VERSION,
        code="flows_unlinked_share",
        label=Label("Part des orientations non reliées", "Share of unlinked referrals"),
        unit=Unit.ratio,
        numerator=Label("orientations non reliées", "unlinked referrals"),
        denominator=Label("orientations", "referrals"),
        rule=Label(
            f"{UNLINKED_RULE.fr} ; {LINK_RULES[LinkRule.unlinked].fr}",
            f"{UNLINKED_RULE.en}; {LINK_RULES[LinkRule.unlinked].en}",
        ),
        source=Label("Définition de Maraude.", "Maraude's definition."),
        pitfalls=Label(
            "Une orientation reliée n'est pas forcément suivie : sa première réussite peut manquer.",
            "A linked referral is not necessarily followed: its first success may be missing.",
        ),
    )
}
