"""The funnel's indicators, as data. Pure Python."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.funnel.definitions import FUNNEL_VERSION
from app.metrics.indicator import Indicator, Split, Unit

FOLLOWED_DAYS: Final = 30
"""Days each referral of an indicator's cohort is followed; `GET /v1/metrics/funnel` takes other horizons."""
_SPLITS: Final = frozenset({Split.territory, Split.kind, Split.team})
_FOLLOWED: Final = Label(
    "orientations créées pendant la période et suivies 30 jours",
    "referrals made in the period and followed for 30 days",
)
_COHORT: Final = Label(
    "Orientations créées pendant la période (jour de service), hors saisies par erreur, suivies chacune 30 jours ;"
    " celles dont les 30 jours ne sont pas écoulés n'y entrent pas encore.",
    "Referrals made in the period (service day), without those entered in error, each followed for 30 days; those whose"
    " 30 days have not passed do not count yet.",
)
_SOURCE: Final = Label(
    "Vocabulaire du projet ; étapes d'après FHIR R4 Task.status et le registre HUD HMIS 4.20 (résultat d'orientation).",
    "The project's own vocabulary; stages after FHIR R4 Task.status and HUD HMIS 4.20 (referral result).",
)
_SHORT: Final = Label(
    "Trente jours sont courts pour les logements de longue durée (délai de silence : 90 jours) : leur issue y est"
    " souvent encore inconnue.",
    "Thirty days are short for longer-stay housing (silence expires after 90 days): its outcome is often unknown by"
    " then.",
)


def _both(*parts: Label) -> Label:
    """Return sentences one after the other."""
    return Label(" ".join(part.fr for part in parts), " ".join(part.en for part in parts))


def _stage(code: str, label: Label, counted: Label, pitfall: Label) -> Indicator:
    """Return the indicator of a stage: how many of the cohort reached it, or one further on."""
    rule = Label(
        f"{_COHORT.fr} Compte : {counted.fr} avant la fin du suivi.",
        f"{_COHORT.en} Counted: {counted.en} before the end of the follow-up.",
    )
    return Indicator(
        code=code,
        label=label,
        unit=Unit.referrals,
        numerator=counted,
        denominator=None,
        rule=rule,
        source=_SOURCE,
        pitfalls=_both(pitfall, _SHORT),
        splits=_SPLITS,
    )


def _rate(code: str, label: Label, numerator: Label, denominator: Label, pitfalls: Label) -> Indicator:
    """Return the indicator of a ratio of two counts of the cohort."""
    rule = Label(
        f"{_COHORT.fr} Rapport : {numerator.fr} / {denominator.fr}.",
        f"{_COHORT.en} Ratio: {numerator.en} / {denominator.en}.",
    )
    return Indicator(
        code=code,
        label=label,
        unit=Unit.ratio,
        numerator=numerator,
        denominator=denominator,
        rule=rule,
        source=_SOURCE,
        pitfalls=pitfalls,
        splits=_SPLITS,
    )


_OFFERED: Final = Indicator(
    code="referrals_offered",
    label=Label("Orientations proposées", "Referrals offered"),
    unit=Unit.referrals,
    numerator=Label("orientations créées pendant la période", "referrals made in the period"),
    denominator=None,
    rule=Label(
        "Nombre d'orientations créées pendant la période (jour de service), hors saisies par erreur ; toute"
        " orientation a été proposée, quel que soit l'état dans lequel elle a été saisie.",
        "Number of referrals made in the period (service day), without those entered in error; every referral was"
        " offered, whatever state it was recorded in.",
    ),
    source=_SOURCE,
    pitfalls=Label(
        "Compte des orientations, pas des personnes : une personne peut en recevoir plusieurs. Les plus récentes ne"
        " sont pas encore suivies et n'entrent pas dans les étapes suivantes.",
        "Counts referrals, not persons: one person may be given several. The latest are not followed yet and do not"
        " count among the later stages.",
    ),
    splits=_SPLITS,
)
_STAGES: Final = (
    _stage(
        "referrals_requested",
        Label("Orientations demandées", "Referrals requested"),
        Label(
            "orientations demandées au lieu, ou allées plus loin", "referrals requested of the provider, or further on"
        ),
        Label(
            "Une demande sautée (la personne est venue d'elle-même) est comptée si une étape suivante a eu lieu.",
            "A request that was skipped (the person just came) counts when a later stage happened.",
        ),
    ),
    _stage(
        "referrals_accepted",
        Label("Orientations acceptées", "Referrals accepted"),
        Label(
            "orientations acceptées par le lieu, ou allées plus loin",
            "referrals accepted by the provider, or further on",
        ),
        Label(
            "Acceptée ne veut pas dire arrivée : lire avec l'étape suivante.",
            "Accepted does not mean arrived: read with the next stage.",
        ),
    ),
    _stage(
        "referrals_arrived",
        Label("Orientations suivies d'une arrivée", "Referrals with an arrival"),
        Label("orientations suivies d'une arrivée ou d'une admission", "referrals with an arrival or an admission"),
        Label(
            "Une arrivée que personne n'a signalée n'est pas comptée : lire avec la part d'issues inconnues.",
            "An arrival that nobody reported is not counted: read with the share of unknown outcomes.",
        ),
    ),
    _stage(
        "referrals_admitted",
        Label("Orientations suivies d'une admission", "Referrals with an admission"),
        Label("orientations suivies d'une admission", "referrals with an admission"),
        Label(
            "Dans les accueils de jour ou de nuit l'arrivée suffit : peu d'admissions n'y est pas un échec.",
            "Where arriving is enough (rest rooms and the like), few admissions are no failure.",
        ),
    ),
)
_SUCCESSES: Final = Label(
    "orientations abouties (arrivée ou admission, selon le type de lieu)",
    "successful referrals (arrival or admission, by kind of facility)",
)
_RATES: Final = (
    _rate(
        "success_worst_case",
        Label("Taux de succès, issue inconnue = échec", "Success rate, unknown outcome = failure"),
        _SUCCESSES,
        _FOLLOWED,
        _both(
            Label(
                "Borne basse : une issue inconnue y est un échec. Le vrai taux est entre celle-ci et le taux qui compte"
                " les inconnues comme des succès ; lire avec le taux parmi les issues connues.",
                "A lower bound: an unknown outcome counts as failure. The true rate lies between it and the one that"
                " takes the unknown for successes; read with the rate among known outcomes.",
            ),
            _SHORT,
        ),
    ),
    _rate(
        "success_known_outcome",
        Label("Taux de succès parmi les issues connues", "Success rate among known outcomes"),
        _SUCCESSES,
        Label(
            "orientations suivies 30 jours dont l'issue est connue (succès, refus, renoncement, absence, annulation)",
            "referrals followed for 30 days of known outcome (success, refused, declined, no show, cancelled)",
        ),
        Label(
            "Trop optimiste quand les échecs sont plus souvent passés sous silence que les succès ; ne se compare pas"
            " entre équipes dont la part d'inconnues diffère.",
            "Too optimistic where failures are more often kept silent than successes; not to be compared between teams"
            " whose unknown shares differ.",
        ),
    ),
    _rate(
        "provider_acceptance",
        Label("Acceptation par les lieux", "Provider acceptance"),
        Label(
            "orientations acceptées (ou allées plus loin) et non refusées ensuite",
            "referrals accepted (or further on) and not refused later",
        ),
        Label("ces acceptations + les refus du lieu", "those acceptances + refusals by the provider"),
        Label(
            "Les demandes restées sans réponse n'y entrent pas. Un refus faute de place et un refus pour"
            " inéligibilité y pèsent pareil : voir la demande non satisfaite pour les distinguer.",
            "Requests that nobody answered are left out. A refusal for lack of places weighs as much as one for not"
            " being eligible: see unmet demand to tell them apart.",
        ),
    ),
    _rate(
        "outcome_unknown_share",
        Label("Part d'issues inconnues", "Share of unknown outcomes"),
        Label(
            "orientations suivies restées sans réponse ou encore ouvertes au bout de 30 jours",
            "followed referrals that expired in silence or were still open after 30 days",
        ),
        _FOLLOWED,
        _both(
            Label(
                "Mesure la remontée d'information, pas la qualité de l'accueil : elle baisse quand les lieux"
                " répondent.",
                "Measures reporting, not the quality of reception: it falls when providers answer.",
            ),
            _SHORT,
        ),
    ),
    _rate(
        "admissions_per_referral",
        Label("Admissions par orientation", "Admissions per referral"),
        Label("orientations suivies d'une admission dans les 30 jours", "referrals with an admission within 30 days"),
        _FOLLOWED,
        _both(
            Label(
                "À lire par type de lieu : là où l'arrivée suffit, il n'y a souvent pas d'admission. Une orientation"
                " sans réponse y est un échec.",
                "Read it by kind of facility: where arriving is enough there is often no admission. A referral"
                " without an answer counts as failure.",
            ),
            _SHORT,
        ),
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {
    found.code: replace(found, version=FUNNEL_VERSION) for found in (_OFFERED, *_STAGES, *_RATES)
}
