"""What unmet demand means, as data. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.encounters.vocabulary import Need
from app.metrics.indicator import Indicator, Split, Unit
from app.referrals.vocabulary import Reason

UNMET_VERSION: Final = 2
REPORT_HOURS: Final = 12
"""A facility's report is taken for its state until the next one, and for so many hours at most."""
NIGHT: Final = frozenset({*range(21, 24), *range(6)})
"""The hours of the clock that are night: 21:00 to 06:00."""


class UnmetBy(StrEnum):
    """How unmet demand may be split."""

    kind = "kind"
    territory = "territory"
    week = "week"
    month = "month"
    hour = "hour"
    """Slots of two hours, by the hour they begin at: nothing finer is known of a referral or an encounter."""


CLOSED: Final = frozenset({Reason.closed_at_time, Reason.staff_shortage, Reason.service_suspended})
"""Refusals by a facility that takes nobody; never added to those for want of a place."""

ANSWERS: Final[Mapping[Need, tuple[str, ...]]] = {
    Need.rest: ("rest_room", "consumption_room", "emergency_housing"),
    Need.hygiene: ("rest_room", "harm_reduction_centre", "emergency_housing"),
    Need.housing: ("emergency_housing", "reintegration_housing", "longer_stay_housing"),
    Need.care: ("health_care", "harm_reduction_centre"),
    Need.mental_health: ("health_care", "addiction_treatment"),
    Need.treatment: ("addiction_treatment", "harm_reduction_centre"),
    Need.rights: ("social_rights",),
}
"""Kinds of facility that answer a need; the need is counted under the first. What is not here is met on the spot."""

NO_PLACES: Final = "no facility reported its free places then"
SEVERAL_KINDS: Final = "free places of several kinds do not add up: group by kind, or ask for one"

UNMET_RULE: Final = Label(
    "Orientations dont le jour de service est dans la période, hors saisies par erreur, dans leur état présent. Une"
    " demande est une orientation demandée ou allée plus loin. Sans place : refusée faute de place, ou mise en attente"
    " faute de place, comptée une fois ; jamais confondue avec un lieu fermé ou des critères non remplis. Offres"
    " jamais faites : orientations proposées et jamais demandées ; besoins exprimés sans orientation vers un type de"
    " lieu qui y répond, dans la même rencontre. Créneaux de deux heures : horloge de Paris.",
    "Referrals whose service day lies in the period, without those entered in error, in their present state. A request"
    " is a referral that was requested or went further. No place: refused for want of a place, or put on a waiting list"
    " for want of one, counted once; never merged with a closed facility or with eligibility. Offers never made:"
    " referrals offered and never requested; needs expressed without a referral to a kind of facility that answers"
    " them, in the same encounter. Slots of two hours: the clock in Paris.",
)
RATE_RULES: Final[Mapping[str, Label]] = {
    "no_place_rate": Label(
        "demandes refusées ou mises en attente faute de place / demandes",
        "requests refused or waitlisted for want of a place / requests",
    ),
    "unanswered_share": Label(
        "demandes sans réponse à ce jour, ou restées sans réponse / demandes",
        "requests without an answer so far, or that never got one / requests",
    ),
    "needs_without_offer_rate": Label(
        "besoins sans orientation qui y réponde / besoins exprimés",
        "needs without a referral that answers them / needs expressed",
    ),
}
_SOURCE: Final = Label(
    "Vocabulaire du projet ; le manque de places en aval est le constat central de l'audit du plan (2021).",
    "The project's own vocabulary; the lack of places downstream is the central finding of the plan's audit (2021).",
)
_SPLITS: Final = frozenset({Split.kind, Split.territory})
_LISTED: Final = (
    Indicator(
        code="unmet_demand",
        label=Label("Demandes sans place", "Requests without a place"),
        unit=Unit.ratio,
        numerator=Label(
            "demandes refusées ou mises en attente faute de place",
            "requests refused or put on a waiting list for want of a place",
        ),
        denominator=Label("demandes", "requests"),
        rule=UNMET_RULE,
        source=_SOURCE,
        pitfalls=Label(
            "Les équipes cessent de demander là où il n'y a jamais de place : lire avec le nombre de demandes et les"
            " besoins sans offre. Une personne refusée trois fois compte trois fois. Les demandes sans réponse sont"
            " comptées comme inconnues. Une demande récente peut encore être refusée.",
            "Teams stop asking where there never is a place: read it beside the number of requests and the needs"
            " without an offer. A person refused three times counts three times. Requests without an answer are"
            " counted as unknown. A recent request may still be refused.",
        ),
        version=UNMET_VERSION,
        splits=_SPLITS,
    ),
    Indicator(
        code="no_place_refusals",
        label=Label("Refus faute de place", "Refusals for want of a place"),
        unit=Unit.referrals,
        numerator=Label("demandes refusées faute de place", "requests refused for want of a place"),
        denominator=None,
        rule=UNMET_RULE,
        source=_SOURCE,
        pitfalls=Label(
            "Un nombre sans dénominateur : il monte aussi quand on demande davantage. Les attentes n'y sont pas.",
            "A count without a denominator: it also rises when more is asked for. Waits are not in it.",
        ),
        version=UNMET_VERSION,
        splits=_SPLITS,
    ),
    Indicator(
        code="needs_without_offer",
        label=Label("Besoins sans offre", "Needs without an offer"),
        unit=Unit.ratio,
        numerator=Label(
            "besoins exprimés sans orientation qui y réponde dans la rencontre",
            "needs expressed without a referral that answers them in the encounter",
        ),
        denominator=Label(
            "besoins exprimés auxquels un type de lieu répond, par rencontre",
            "needs expressed that a kind of facility answers, by encounter",
        ),
        rule=UNMET_RULE,
        source=_SOURCE,
        pitfalls=Label(
            "Un besoin peut être satisfait sur place, ou par une orientation faite un autre jour. Une rencontre de"
            " groupe compte une fois par besoin, quel que soit le nombre de personnes.",
            "A need may be met on the spot, or by a referral of another day. A group encounter counts once a need,"
            " however many people.",
        ),
        version=UNMET_VERSION,
        splits=_SPLITS,
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {indicator.code: indicator for indicator in _LISTED}
