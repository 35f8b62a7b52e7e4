"""What the figures of the register and of releases mean, as data. Pure Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.directory.vocabulary import Label
from app.monitoring.kpis.vocabulary import KpiUnit


@dataclass(frozen=True, slots=True)
class Kpi:
    """The meaning of one KPI. All words in French and English."""

    code: str
    label: Label
    definition: Label
    unit: str
    version: int = 1
    """One more whenever the same data would give another value."""


OF_PLAN: Final[Mapping[str, Kpi]] = {
    kpi.code: kpi
    for kpi in (
        Kpi(
            "actions_initiated_share",
            Label("Actions engagées, selon l'évaluateur", "Actions initiated, by assessor"),
            Label(
                "actions que cet organisme a trouvées en dernier lieu engagées, réalisées en partie ou réalisées /"
                " toutes les actions du plan ; `unknown` : celles dont il n'a rien dit",
                "actions that this body last found initiated, partly done or done / all actions of the plan; `unknown`:"
                " those it found nothing of",
            ),
            KpiUnit.ratio,
        ),
        Kpi(
            "realisation_stated",
            Label("Réalisation, telle qu'énoncée", "Realisation, as stated"),
            Label(
                "dernière part, ou dernier décompte, que l'organisme a énoncé du plan entier, tel que publié",
                "the last share or count that the body stated of the plan as a whole, as published",
            ),
            KpiUnit.ratio,
        ),
        Kpi(
            "actions_late",
            Label("Actions en retard", "Actions late"),
            Label(
                "actions dont la fin prévue est passée et qu'aucun organisme n'a trouvées réalisées, sauf celles"
                " que tous ont trouvées abandonnées ; `unknown` : celles sans date",
                "actions past their planned end that no body found done, but those that all who judged them found"
                " abandoned; `unknown`: those without a date",
            ),
            KpiUnit.actions,
        ),
        Kpi(
            "milestones_missed",
            Label("Jalons manqués", "Milestones missed"),
            Label(
                "jalons dont le jour est passé et qu'aucun organisme ne dit atteints",
                "milestones whose day has passed and that no body says were reached",
            ),
            KpiUnit.milestones,
        ),
        Kpi(
            "money_committed",
            Label("Argent promis", "Money committed"),
            Label(
                "autorisations d'engagement, telles que promises à l'origine ; apports en nature non compris",
                "commitment authorisations as first made; help in kind not included",
            ),
            KpiUnit.euros,
        ),
        Kpi(
            "money_paid",
            Label("Argent dépensé", "Money paid"),
            Label(
                "crédits de paiement dépensés ; apports en nature non compris",
                "payment credits spent; help in kind not included",
            ),
            KpiUnit.euros,
        ),
        Kpi(
            "money_execution",
            Label("Exécution", "Execution"),
            Label(
                "dépensé / promis à l'origine ; au-dessus de 1, plus a été dépensé que promis",
                "paid / committed at first; above 1 more was paid than committed",
            ),
            KpiUnit.ratio,
        ),
        Kpi(
            "money_execution_revised",
            Label("Exécution, promesse révisée", "Execution of the revised commitment"),
            Label("dépensé / promis, révisions comprises", "paid / committed, revisions included"),
            KpiUnit.ratio,
        ),
        Kpi(
            "money_overrun",
            Label("Dépassement", "Overrun"),
            Label(
                "dépensé au-delà de ce qui avait été promis à l'origine ; /v1/plan/money en donne les causes",
                "paid beyond what was committed at first; /v1/plan/money gives its causes",
            ),
            KpiUnit.euros,
        ),
        Kpi(
            "meetings_held",
            Label("Réunions tenues", "Meetings held"),
            Label(
                "réunions tenues / réunions prévues à ce jour ; `unknown` : celles dont l'issue n'est pas connue",
                "meetings held / meetings planned up to now; `unknown`: those whose fate is not known",
            ),
            KpiUnit.ratio,
        ),
        Kpi(
            "signatories_present",
            Label("Signataires présents", "Signatories present"),
            Label(
                "signataires présents / attendus, aux réunions tenues dont les présences sont notées ; `unknown` :"
                " réunions tenues sans présences notées",
                "signatories present / expected, at meetings held where it was noted who came; `unknown`: meetings held"
                " without",
            ),
            KpiUnit.ratio,
        ),
        Kpi(
            "days_since_last_meeting",
            Label("Jours depuis la dernière réunion", "Days since the last meeting"),
            Label(
                "jours depuis la dernière réunion tenue : de chaque comité, et de l'un quelconque d'entre eux",
                "days since a meeting was last held: by each committee, and by any of them",
            ),
            KpiUnit.days,
        ),
        Kpi(
            "decisions_overdue",
            Label("Décisions en retard", "Decisions overdue"),
            Label(
                "décisions ouvertes dont l'échéance est passée ; `unknown` : décisions ouvertes sans échéance",
                "open decisions whose day has passed; `unknown`: open decisions without a day",
            ),
            KpiUnit.decisions,
        ),
    )
}
"""Figures of the register, by code."""
_PROTECTED: Final = Label(
    " ; nombre protégé par un bruit et arrondi à 5, de la publication nommée par `source`",
    "; count protected by noise and rounded to 5, from the release named by `source`",
)


def _published(code: str, label: Label, meaning: Label, unit: KpiUnit) -> Kpi:
    return Kpi(code, label, Label(meaning.fr + _PROTECTED.fr, meaning.en + _PROTECTED.en), unit)


PUBLISHED: Final[Mapping[str, Kpi]] = {
    kpi.code: kpi
    for kpi in (
        _published(
            "published_encounters",
            Label("Rencontres, du mois publié", "Outreach encounters of the published month"),
            Label("rencontres du mois dans le périmètre", "outreach encounters of the month in the perimeter"),
            KpiUnit.encounters,
        ),
        _published(
            "published_referrals",
            Label("Orientations faites, du mois publié", "Referrals made in the published month"),
            Label("orientations faites dans le mois", "referrals made in the month"),
            KpiUnit.referrals,
        ),
        _published(
            "published_arrived",
            Label("Orientations arrivées, sans admission", "Referrals arrived, not admitted"),
            Label(
                "orientations faites dans le trimestre dont l'étape la plus avancée est l'arrivée",
                "referrals made in the quarter whose furthest stage is the arrival",
            ),
            KpiUnit.referrals,
        ),
        _published(
            "published_admitted",
            Label("Orientations admises", "Referrals admitted"),
            Label("orientations faites dans le trimestre et admises", "referrals made in the quarter and admitted"),
            KpiUnit.referrals,
        ),
        _published(
            "published_admitted_share",
            Label("Part des orientations admises", "Share of referrals admitted"),
            Label("admises / faites, dans le trimestre", "admitted / made, in the quarter"),
            KpiUnit.ratio,
        ),
        _published(
            "published_first_contacts",
            Label("Personnes : premiers contacts de l'année", "Persons: first contacts of the year"),
            Label("premiers contacts de l'année publiée", "first contacts of the published year"),
            KpiUnit.persons,
        ),
    )
}
"""Figures about people, from the newest frozen release, by code."""
PUBLISHED_OF_PLACE: Final[Mapping[str, Kpi]] = {
    kpi.code: kpi
    for kpi in (
        _published(
            "published_encounters",
            Label("Rencontres du trimestre publié, par territoire", "Encounters of a published quarter, by place"),
            Label("rencontres du trimestre dans ce territoire", "outreach encounters of the quarter in this territory"),
            KpiUnit.encounters,
        ),
        _published(
            "published_referrals",
            Label("Orientations du trimestre publié, par territoire", "Referrals of a published quarter, by place"),
            Label(
                "orientations faites dans le trimestre, dans ce territoire",
                "referrals made in this territory in the quarter",
            ),
            KpiUnit.referrals,
        ),
        _published(
            "published_arrived",
            Label("Orientations arrivées de l'année publiée, par territoire", "Arrived of a published year, by place"),
            Label(
                "orientations faites dans l'année, dans ce territoire, dont l'étape la plus avancée est l'arrivée",
                "referrals made in this territory in the year whose furthest stage is the arrival",
            ),
            KpiUnit.referrals,
        ),
        _published(
            "published_admitted",
            Label("Orientations admises de l'année publiée, par territoire", "Admitted of a published year, by place"),
            Label(
                "orientations faites dans l'année, dans ce territoire, et admises",
                "referrals made in this territory in the year and admitted",
            ),
            KpiUnit.referrals,
        ),
        _published(
            "published_admitted_share",
            Label("Part admise de l'année publiée, par territoire", "Share admitted of a published year, by place"),
            Label("admises / faites, dans l'année et ce territoire", "admitted / made, in this territory and the year"),
            KpiUnit.ratio,
        ),
    )
}
"""Those that releases publish of arrondissements and communes, of longer spans as they are of fewer people."""
