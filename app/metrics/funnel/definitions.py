"""What the figures mean, as data. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label

FUNNEL_VERSION: Final = 2


class Stage(StrEnum):
    """The stages of the referral funnel, in order."""

    offered = "offered"
    requested = "requested"
    accepted = "accepted"
    arrived = "arrived"
    admitted = "admitted"


class OutcomeAtHorizon(StrEnum):
    """What is known of a followed referral at the end of its horizon; exactly one holds."""

    success = "success"
    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    expired = "expired"
    open = "open"


FAILURES: Final = (
    OutcomeAtHorizon.refused,
    OutcomeAtHorizon.declined,
    OutcomeAtHorizon.no_show,
    OutcomeAtHorizon.cancelled,
)
UNKNOWN: Final = (OutcomeAtHorizon.expired, OutcomeAtHorizon.open)


class GroupBy(StrEnum):
    """How a funnel may be split; by two of these at most."""

    kind = "kind"
    rung = "rung"
    territory = "territory"
    team = "team"
    facility = "facility"
    week = "week"
    month = "month"


MOST_SPLITS: Final = 2
NO_FACILITY: Final = "none"
"""Key of the referrals that name no facility."""


class Compare(StrEnum):
    """Another cohort to put beside the one asked for."""

    previous_period = "previous_period"
    """The same number of days just before."""
    year_before = "year_before"
    """The same calendar days a year before."""


FUNNEL_RULE: Final = Label(
    "Orientations créées pendant la période (jour de service), hors saisies par erreur, suivies chacune pendant le même"
    " nombre de jours ; celles dont le suivi n'est pas terminé sont comptées à part. Une étape est atteinte si elle, ou"
    " une étape plus avancée, a eu lieu avant la fin du suivi ; tout est connu par créneaux de deux heures.",
    "Referrals made in the period (service day), without those entered in error, each followed for the same number of"
    " days; those still being followed are counted apart. A stage is reached when it, or a later one, happened before"
    " the end of the follow-up; all is known by slots of two hours.",
)
PERSON_RULE: Final = Label(
    "Personnes porteuses d'une carte ayant eu au moins une orientation dans la période ; une personne atteint une étape"
    " quand l'une de ses orientations l'atteint pendant son suivi. La carte change de valeur au Nouvel An : une"
    " personne vue des deux côtés compte deux fois. La part des orientations avec carte est donnée à côté.",
    "People carrying a card who had at least one referral in the period; a person reaches a stage when one of their"
    " referrals does within its follow-up. A card's value changes at New Year: a person seen on both sides counts"
    " twice. The share of referrals with a card stands beside.",
)
RATE_RULES: Final[Mapping[str, Label]] = {
    "success_worst_case": Label(
        "succès / orientations suivies (une issue inconnue compte comme un échec)",
        "success / followed referrals (an unknown outcome counts as failure)",
    ),
    "success_known_outcome": Label(
        "succès / orientations suivies dont l'issue est connue", "success / followed referrals of known outcome"
    ),
    "provider_acceptance": Label(
        "acceptées / (acceptées + refusées par le lieu)", "accepted / (accepted + refused by the provider)"
    ),
    "unknown_share": Label(
        "issues inconnues (sans réponse ou encore ouvertes) / orientations suivies",
        "unknown outcomes (expired or still open) / followed referrals",
    ),
}
