"""What the figures about housing mean, as data. Pure Python."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.directory.vocabulary import Label, Rung
from app.metrics.indicator import Granularity, Indicator, Split, Unit
from app.referrals.vocabulary import Destination

HOUSING_VERSION: Final = 3
RETENTION_DAYS: Final = (30, 90, 180)
POSITIVE: Final = (Destination.longer_stay_housing, Destination.treatment_residential)
"""Exits that are a step further. A hospital, other temporary housing, and what is not known are not."""
STREET: Final = ("street", "squat")
RETURN_FROM_DAYS: Final = 30
RETURN_TO_DAYS: Final = 180
BLOCKED_AFTER_DAYS: Final = 30
LATER: Final[Mapping[Rung, tuple[Rung, ...]]] = {
    Rung.emergency_housing: (Rung.reintegration, Rung.longer_stay, Rung.treatment),
    Rung.reintegration: (Rung.longer_stay, Rung.treatment),
}
"""The rungs that a stay can be blocked on, and what comes after each."""

HOUSING_RULE: Final = Label(
    "Genres de lieux où une admission ouvre un séjour. Occupation : lieux que vous voyez (de votre organisation, ou"
    " de votre périmètre) et tous les séjours qui y sont. Séjours : orientations que vous voyez, admises ; un"
    " transfert entre deux hébergements d'urgence (orientation qui reprend la précédente, admise entre un jour avant"
    " et un jour après la sortie, et après l'admission précédente ; la première s'il y en a plusieurs) prolonge le"
    " même séjour. S'il dure encore quand l'année de l'une des deux est close, ce sont deux séjours. Admissions et"
    " sorties sont connues par créneaux de deux heures.",
    "Kinds of facility where an admission opens a stay. Occupancy: facilities you see (your organisation's, or your"
    " perimeter's) and every stay in them. Stays: referrals you see that were admitted; a transfer between two"
    " emergency housings (a referral that takes up the one before, admitted between a day before and a day after its"
    " exit, and after its admission; the first if there are several) continues the same stay. If it goes on when the"
    " year of either is closed, it is two stays. Admissions and exits are known by slots of two hours.",
)
OCCUPANCY_RULE: Final = Label(
    "nuitées occupées / nuitées offertes. Une nuit est occupée par un séjour qui dure à 4 h (Paris) le matin suivant."
    " Places offertes : séjours présents à l'instant du dernier relevé qui dit les places libres, plus ces places ; un"
    " relevé vaut de 4 h à 4 h pour sa nuit, et pour la suivante si elle n'en a pas. Nuits sans relevé : exclues et"
    " comptées à part. Peut dépasser 1.",
    "place-nights occupied / place-nights offered. A stay covers a night when it lasts at 04:00 (Paris) on the next"
    " morning. Places offered: stays present at the instant of the latest report that says how many places are free,"
    " plus those places; a report holds from 04:00 to 04:00 for its night, and for the next if that has none. Nights"
    " without a report: left out and counted apart. May exceed 1.",
)
SATURATED_RULE: Final = Label(
    "nuits de lieux dont le relevé dit zéro place libre / nuits de lieux avec un relevé",
    "facility-nights whose report says no place is free / facility-nights with a report",
)
RETENTION_RULE: Final = Label(
    "séjours qui durent encore, ou ont duré au moins N jours / séjours ouverts dans la période (jour civil de Paris de"
    " l'admission) il y a plus de N jours civils",
    "stays that go on, or lasted N days at least / stays opened in the period (calendar day of admission in Paris) more"
    " than N calendar days ago",
)
POSITIVE_RULE: Final = Label(
    "les mêmes, plus les séjours terminés avant N jours par une sortie vers un hébergement de plus longue durée ou des"
    " soins résidentiels / les mêmes séjours",
    "the same, and stays that ended before N days by an exit to longer-stay housing or residential treatment / the"
    " same stays",
)
CURVE_RULE: Final = Label(
    "Kaplan et Meier (1958) : part des séjours qui durent au moins N jours entiers, ceux encore ouverts étant censurés"
    " à la date des données ; intervalle à 95 % (variance de Greenwood, échelle log-log).",
    "Kaplan & Meier (1958): share of stays that last N whole days at least, those still open censored as of the date of"
    " the data; 95 % interval (Greenwood's variance, log-log scale).",
)
EXITS_RULE: Final = Label(
    "sorties vers un hébergement de plus longue durée / sorties de la période (jour civil de Paris ; hors transferts)",
    "exits to longer-stay housing / exits in the period (calendar day in Paris; transfers left out)",
)
UNKNOWN_RULE: Final = Label(
    "sorties de destination inconnue / sorties de la période",
    "exits to an unknown destination / exits in the period",
)
BLOCKED_RULE: Final = Label(
    "séjours d'hébergement d'urgence ou de réinsertion ouverts depuis plus de N jours à la fin de la période, dont la"
    " personne est alors en liste d'attente, ou a été refusée faute de place depuis son admission, vers un échelon"
    " suivant où l'on est admis / séjours ouverts depuis plus de N jours. La personne est reconnue par la même carte"
    " (même année) ou par la suite des orientations précédentes.",
    "stays in emergency or reintegration housing open for more than N days at the end of the period, whose person is"
    " then on a waiting list, or was refused for want of a place since the admission, for a later rung that admits"
    " people / stays open for more than N days. The person is recognised by the same card (same year) or by the chain"
    " of previous referrals.",
)
RETURN_RULE: Final = Label(
    "sorties suivies d'une rencontre de la même carte, dormant à la rue ou en squat, 30 à 180 jours après / sorties de"
    " la période avec carte dont les 180 jours sont écoulés et tiennent dans l'année de la carte",
    "exits followed by an encounter of the same card, sleeping in the street or a squat, 30 to 180 days later / exits"
    " in the period with a card whose 180 days have passed and lie within the card's year",
)
FOLLOWED_RULE: Final = Label(
    "sorties suivies par carte / toutes les sorties de la période", "exits followed by card / all exits in the period"
)

_SERIES: Final = frozenset({Granularity.month, Granularity.quarter, Granularity.year})
_BY_KIND: Final = frozenset({Split.kind})
_DOMAIN: Final = Label(
    "Définition de Maraude, d'après l'audit du plan (décembre 2021).",
    "Maraude's definition, after the plan's audit (December 2021).",
)
_STAYS: Final = Label(
    "Seuls les séjours ouverts par une orientation sont connus ; addiction_treatment ne dit pas si l'admission est"
    " résidentielle.",
    "Only stays opened by a referral are known; addiction_treatment does not say whether an admission is residential.",
)


def _retention(days: int, *, positive: bool) -> Indicator:
    """Return the indicator of retention at some days, or of retention or a positive exit."""
    code = f"housing_retained_or_positive_{days}" if positive else f"housing_retention_{days}"
    fr, en = ("Maintien ou sortie positive", "Retained or positive exit") if positive else ("Maintien", "Retention")
    rule = POSITIVE_RULE if positive else RETENTION_RULE
    return Indicator(
        code=code,
        label=Label(f"{fr} à {days} jours", f"{en} at {days} days"),
        unit=Unit.ratio,
        numerator=Label(rule.fr.split(" / ")[0], rule.en.split(" / ")[0]),
        denominator=Label(
            f"séjours ouverts il y a plus de {days} jours civils", f"stays opened more than {days} calendar days ago"
        ),
        rule=Label(f"{rule.fr} (N = {days})", f"{rule.en} (N = {days})"),
        source=Label(
            "Cohorte fixe ; sorties positives d'après HUD HMIS, System Performance Measures, mesure 7.",
            "Fixed cohort; positive exits after HUD HMIS, System Performance Measures, measure 7.",
        ),
        pitfalls=Label(
            "Un séjour dont la sortie n'est pas rapportée compte comme maintenu. " + _STAYS.fr,
            "A stay whose exit is not reported counts as retained. " + _STAYS.en,
        ),
        splits=_BY_KIND,
        granularities=_SERIES,
    )


_INDICATORS: Final = (
    Indicator(
        code="housing_occupancy",
        label=Label("Taux d'occupation", "Occupancy"),
        unit=Unit.ratio,
        numerator=Label("nuitées occupées, nuits avec relevé", "place-nights occupied, nights with a report"),
        denominator=Label("nuitées offertes, nuits avec relevé", "place-nights offered, nights with a report"),
        rule=OCCUPANCY_RULE,
        source=_DOMAIN,
        pitfalls=Label(
            "Les places offertes sont déduites des relevés, faute de capacité enregistrée ; des personnes venues sans"
            " orientation manquent en haut et en bas : le taux est alors trop bas. Lire avec les nuits sans relevé.",
            "Places offered are derived from reports, as no capacity is recorded; people who came without a referral"
            " are missing above and below the line, which makes it too low. Read it with the nights without a report.",
        ),
        splits=_BY_KIND,
    ),
    Indicator(
        code="housing_saturated_nights",
        label=Label("Nuits saturées", "Saturated nights"),
        unit=Unit.ratio,
        numerator=Label("nuits de lieux sans place libre", "facility-nights with no place free"),
        denominator=Label("nuits de lieux avec un relevé", "facility-nights with a report"),
        rule=SATURATED_RULE,
        source=_DOMAIN,
        pitfalls=Label(
            "Un lieu qui ne dit rien n'est ni plein ni libre : il n'est pas compté.",
            "A facility that says nothing is neither full nor free: it is not counted.",
        ),
        splits=_BY_KIND,
    ),
    *(_retention(days, positive=positive) for positive in (False, True) for days in RETENTION_DAYS),
    Indicator(
        code="housing_exits_longer_stay",
        label=Label("Sorties vers le logement durable", "Exits to longer-stay housing"),
        unit=Unit.ratio,
        numerator=Label("sorties vers un hébergement de plus longue durée", "exits to longer-stay housing"),
        denominator=Label("sorties", "exits"),
        rule=EXITS_RULE,
        source=_DOMAIN,
        pitfalls=Label(
            "Les sorties de destination inconnue restent au dénominateur.",
            "Exits to an unknown destination stay below the line.",
        ),
        splits=_BY_KIND,
        granularities=_SERIES,
    ),
    Indicator(
        code="housing_blocked_stays",
        label=Label("Séjours bloqués", "Blocked stays"),
        unit=Unit.ratio,
        numerator=Label("séjours bloqués", "blocked stays"),
        denominator=Label("séjours ouverts depuis plus de N jours", "stays open for more than N days"),
        rule=Label(f"{BLOCKED_RULE.fr} (N = {BLOCKED_AFTER_DAYS})", f"{BLOCKED_RULE.en} (N = {BLOCKED_AFTER_DAYS})"),
        source=_DOMAIN,
        pitfalls=Label(
            "Borne basse : sans carte ni orientation précédente, personne n'est reconnu. Seul l'état actuel d'une"
            " orientation est gardé : une période passée se lit avec prudence.",
            "A lower bound: without a card or a previous referral nobody is recognised. Only a referral's present state"
            " is kept: read periods long past with care.",
        ),
        splits=_BY_KIND,
        granularities=_SERIES,
    ),
    Indicator(
        code="housing_return_to_street",
        label=Label("Retours à la rue", "Returns to the street"),
        unit=Unit.ratio,
        numerator=Label("sorties suivies d'un retour à la rue", "exits followed by a return to the street"),
        denominator=Label("sorties suivies par carte", "exits followed by card"),
        rule=RETURN_RULE,
        source=_DOMAIN,
        pitfalls=Label(
            "Porteurs de carte seulement, et sorties du premier semestre seulement (clé annuelle) ; ne pas être revu"
            " n'est pas être logé.",
            "Card carriers only, and exits of the first half of a year only (yearly key); not to be seen again is not"
            " to be housed.",
        ),
        splits=_BY_KIND,
        granularities=_SERIES,
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {
    found.code: replace(found, version=HOUSING_VERSION) for found in _INDICATORS
}
