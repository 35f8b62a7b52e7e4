"""What a cost per outcome is, and how sure, as data (docs/decisions/0036). Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.releases.vocabulary import Stage

VERSION: Final = 1
LAGS: Final = range(5)
"""Quarters between paying and what is counted, side by side: nobody knows the right one."""
NORMAL_95: Final = 1.96
"""Half width of an interval that holds 95 of 100 draws, in standard deviations."""


class CostedOutcome(StrEnum):
    """What is counted."""

    arrived = "arrived"
    admitted = "admitted"


class NoCost(StrEnum):
    """Why there is no cost."""

    not_spread = "not_spread"
    nothing_paid = "nothing_paid"
    no_release = "no_release"
    suppressed = "suppressed"
    small_denominator = "small_denominator"


STAGES: Final[Mapping[CostedOutcome, tuple[Stage, ...]]] = {
    CostedOutcome.arrived: (Stage.arrived, Stage.admitted),
    CostedOutcome.admitted: (Stage.admitted,),
}
"""The published cells an outcome is the sum of: a release counts a referral by its furthest stage."""
OUTCOMES: Final[Mapping[CostedOutcome, Label]] = {
    CostedOutcome.arrived: Label("orientation arrivée, admise ou non", "referral that arrived, admitted or not"),
    CostedOutcome.admitted: Label("orientation admise", "referral that was admitted"),
}
LACKING: Final[Mapping[NoCost, Label]] = {
    NoCost.not_spread: Label(
        "une partie de la dépense du plan n'est pas répartie par année par sa source",
        "the source of some of the plan's expenditure does not spread it over years",
    ),
    NoCost.nothing_paid: Label("aucune dépense enregistrée pour la période", "no expenditure recorded for the period"),
    NoCost.no_release: Label(
        "les issues d'une partie de la période ne sont pas publiées", "outcomes of some of the period are not published"
    ),
    NoCost.suppressed: Label(
        "trop peu d'issues pour être publiées, zéro compris", "too few outcomes to be published, zero included"
    ),
    NoCost.small_denominator: Label("moins de 30 issues publiées", "fewer than 30 published outcomes"),
}
RULE: Final = Label(
    "Crédits de paiement dépensés dans la période / orientations faites dans la même période, décalée de 0 à 4"
    " trimestres, et dont l'issue est celle-ci, selon les publications figées du périmètre. Par trimestre seulement si"
    " chacun des quatre de l'année budgétaire a une dépense datée. Tant qu'une dépense du plan n'a pas d'année, toute"
    " la dépense / les issues de tous les trimestres du plan.",
    "Payment credits spent in the period / referrals made in the same period, moved by 0 to 4 quarters, that had this"
    " outcome, by the perimeter's frozen releases. By quarter only where each of the four of the budget year has a"
    " dated expenditure. While some expenditure of the plan has no year, all of it / the outcomes of all quarters of"
    " the plan.",
)
CERTAINTY: Final = Label(
    "Ordre de grandeur, non un prix. La dépense est celle du plan entier, y compris ce qui ne mène à aucune"
    " orientation ; les issues sont celles que le service connaît : qui est arrivé sans orientation enregistrée n'y est"
    " pas. L'intervalle d'une ligne ne tient compte que du bruit et de l'arrondi des nombres publiés (95 tirages sur"
    " 100) ; celui d'une période y ajoute l'écart entre décalages. Ni l'un ni l'autre ne dit ce que coûterait une issue"
    " de plus.",
    "An order of magnitude, not a price. What was spent is that of the whole plan, with what leads to no referral;"
    " outcomes are those the service knows: who arrived without a recorded referral is not among them. The interval of"
    " a row allows only for the noise and rounding of published counts (95 draws of 100); that of a period adds the"
    " spread over lags. Neither says what one more outcome would cost.",
)
