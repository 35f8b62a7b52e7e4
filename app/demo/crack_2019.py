"""The Paris plan of 2019 to 2021, as far as it was published: every entry says where it stands.

What was not published is not made up: actions are numbered placeholders, no meeting is counted, no year's spending is
guessed. Where a day was not published the source says which one was taken instead.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from app.demo.vocabulary import PublishedPlan
from app.plan.records import Action, Amount, AnyEntry, Body, Plan, Statement
from app.plan.records.entry import Source, Text
from app.plan.vocabulary import (
    ActionStatus,
    AmountKind,
    AmountNature,
    BodyRole,
    StatementMeasure,
    Subject,
)

CODE: Final = PublishedPlan.crack_2019.value
ACTIONS: Final = 33
_UNNAMED: Final = UUID(int=0)
"""Stands for the id, which is made from what an entry is about (`app.demo.planning`)."""
_SIGNED: Final = date(2019, 5, 27)
_AUDITED: Final = date(2021, 12, 9)
_LAST_DAY: Final = date(2021, 12, 31)
_MILLION: Final = 100_000_000
"""EUR, in cents."""
_YEARS: Final = (2019, 2020, 2021)
_AUDIT: Final = "La mise en œuvre du « plan crack » à Paris, audit flash de la Cour des comptes"
_BY_CHAMBER: Final = "instruit par la chambre régionale des comptes Île-de-France"
_SUMMARY_URL: Final = "https://www.ccomptes.fr/fr/publications/la-mise-en-oeuvre-du-plan-crack-paris"
_REPORT_URL: Final = "https://www.ccomptes.fr/fr/documents/58046"
_IN_ENGLISH_URL: Final = "https://www.ccomptes.fr/en/documents/59379"


def _summary(reference: str) -> Source:
    return Source(title=_AUDIT, reference=reference, url=_SUMMARY_URL, published_on=_AUDITED)


def _report(reference: str) -> Source:
    return Source(title=_AUDIT, reference=f"{reference} ; {_BY_CHAMBER}", url=_REPORT_URL, published_on=_AUDITED)


_PROTOCOL: Final = Source(
    title=_AUDIT,
    reference="Introduction : protocole signé le 27 mai 2019, pour les années 2019 à 2021, et ses signataires",
    url=_IN_ENGLISH_URL,
    published_on=_AUDITED,
)
_NUMBERED: Final = _report("« 33 actions » ; leurs intitulés sont dans son annexe 1 et ne sont pas repris ici")
_REGIONAL_PRESS: Final = Source(
    title="France 3 Paris Île-de-France, « Paris : le plan anti-crack épinglé »",
    reference="compte rendu de l'audit du 9 décembre 2021 ; « entreprises » ; d'autres titres écrivent « réalisées »",
    url="https://france3-regions.francetvinfo.fr/paris-ile-de-france/paris/"
    "paris-le-plan-anti-crack-epingle-par-la-chambre-regionale-de-la-cour-des-comptes-2372584.html",
)
_NATIONAL_PRESS: Final = Source(
    title="Europe 1 avec AFP, « La Cour des comptes pointe les insuffisances du plan anti-crack à Paris »",
    url="https://www.europe1.fr/societe/la-cour-des-comptes-pointe-les-insuffisances-du-plan-anti-crack-a-paris-4081478",
    published_on=_AUDITED,
)
_OF_STATE: Final = Source(
    title="Bilan du plan donné par l'État",
    reference="part seule : ni décompte, ni stade, ni jour publiés ; inscrite au dernier jour du plan",
)

_BODIES: Final[Sequence[tuple[str, str, str, BodyRole]]] = (
    ("ville-paris", "Ville de Paris", "City of Paris", BodyRole.signatory),
    (
        "prefecture-idf",
        "Préfecture de la région d'Île-de-France, préfecture de Paris",
        "Prefecture of the Île-de-France region, prefecture of Paris",
        BodyRole.signatory,
    ),
    ("prefecture-police", "Préfecture de police", "Police prefecture", BodyRole.signatory),
    (
        "ars-idf",
        "Agence régionale de santé Île-de-France",
        "Regional health agency of Île-de-France",
        BodyRole.signatory,
    ),
    (
        "mildeca",
        "Mission interministérielle de lutte contre les drogues et les conduites addictives",
        "Interministerial mission against drugs and addictive behaviour",
        BodyRole.signatory,
    ),
    ("parquet-paris", "Parquet de Paris", "Paris public prosecutor", BodyRole.signatory),
)
_JUDGES: Final[Sequence[tuple[str, str, str, Source]]] = (
    (
        "crc-idf",
        "Chambre régionale des comptes Île-de-France",
        "Regional chamber of accounts of Île-de-France",
        _report("Procédures et méthodes"),
    ),
    ("presse", "Presse", "Press", _REGIONAL_PRESS),
    ("etat", "État", "State", _OF_STATE),
)
_FUNDERS: Final = "financeurs"


def entries() -> Sequence[AnyEntry]:
    """Return every entry, each naming only what stands before it."""
    return [_plan(), *_bodies(), *map(_action, range(1, ACTIONS + 1)), *_statements(), *_amounts()]


def _plan() -> Plan:
    return Plan(
        id=_UNNAMED,
        plan=CODE,
        on=_SIGNED,
        source=_PROTOCOL,
        title=Text(
            fr="Plan de mobilisation coordonnée sur la problématique du crack à Paris, 2019-2021",
            en="Coordinated mobilisation plan on crack in Paris, 2019-2021",
        ),
        valid_from=_SIGNED,
        valid_to=date(2022, 1, 1),
    )


def _bodies() -> list[Body]:
    judges = [(code, fr, en, BodyRole.assessor, source) for code, fr, en, source in _JUDGES]
    funders = (
        _FUNDERS,
        "État et Ville de Paris ensemble (part de chacun non publiée)",
        "State and City of Paris together (the share of each was not published)",
        BodyRole.funder,
        _summary("« dépenses de la Ville de Paris, et notamment de celles de l'État »"),
    )
    every = [*((*one, _PROTOCOL) for one in _BODIES), *judges, funders]
    return [
        Body(id=_UNNAMED, plan=CODE, on=_SIGNED, source=source, code=code, name=Text(fr=fr, en=en), roles=(role,))
        for code, fr, en, role, source in every
    ]


def _action(number: int) -> Action:
    return Action(
        id=_UNNAMED,
        plan=CODE,
        on=_SIGNED,
        source=_NUMBERED,
        number=number,
        title=Text(fr=f"Action {number} (intitulé non repris)", en=f"Action {number} (title not entered)"),
        title_published=False,
    )


def _statements() -> list[Statement]:
    return [
        _counted(
            "crc-idf",
            date(2021, 6, 30),
            19,
            Text(
                fr="19 des 33 actions engagées en juin 2021, avec des résultats inégaux",
                en="19 of the 33 actions initiated in June 2021, with uneven results",
            ),
            _summary("« soit 19 sur les 33 engagées en juin 2021 »"),
        ),
        _counted(
            "presse",
            _AUDITED,
            20,
            Text(fr="20 actions sur 33 entreprises", en="20 of 33 actions undertaken"),
            _REGIONAL_PRESS,
        ),
        Statement(
            id=_UNNAMED,
            plan=CODE,
            on=_LAST_DAY,
            source=_OF_STATE,
            code="part-realisee",
            body="etat",
            subject=Subject.realisation,
            measure=StatementMeasure.share,
            says=Text(
                fr="85 % des actions ; à quel stade et combien sur combien n'a pas été publié",
                en="85 % of the actions; at which stage and how many of how many was not published",
            ),
            share=0.85,
        ),
        *(_said(*one) for one in _IN_WORDS),
    ]


def _counted(body: str, on: date, count: int, says: Text, source: Source) -> Statement:
    return Statement(
        id=_UNNAMED,
        plan=CODE,
        on=on,
        source=source,
        code="actions-engagees",
        body=body,
        subject=Subject.realisation,
        measure=StatementMeasure.counted,
        says=says,
        count=count,
        of=ACTIONS,
        status=ActionStatus.initiated,
    )


_IN_WORDS: Final[Sequence[tuple[str, str, date, Subject, Text, Source]]] = (
    (
        "cadence",
        "crc-idf",
        date(2020, 6, 1),
        Subject.coordination,
        Text(
            fr="Coordination progressivement distendue après la mobilisation intense d'avril et mai 2020",
            en="Coordination gradually weakened after the intense mobilisation of April and May 2020",
        ),
        _report("III-A ; jour retenu : le premier après mai 2020"),
    ),
    (
        "suivi",
        "crc-idf",
        _AUDITED,
        Subject.coordination,
        Text(
            fr="Le défaut de suivi de l'exécution du plan a fait perdre une vision partagée",
            en="For lack of monitoring of its execution the shared view of the plan was lost",
        ),
        _report("III-C"),
    ),
    (
        "public",
        "crc-idf",
        _AUDITED,
        Subject.population,
        Text(
            fr="700 à 800 usagers précaires errent dans la rue ; le plan ne visait pas à tous les prendre en charge",
            en="700 to 800 precarious users wander in the street; the plan was not meant to cover all of them",
        ),
        _report("nombre d'usagers et portée du plan"),
    ),
    (
        "aval",
        "crc-idf",
        _AUDITED,
        Subject.pathway,
        Text(
            fr="Le manque d'hébergement de plus longue durée, « en aval », bloque souvent le parcours",
            en="The lack of longer-stay housing downstream often blocks the pathway",
        ),
        _report("II-C"),
    ),
    (
        "depenses",
        "crc-idf",
        _AUDITED,
        Subject.money,
        Text(
            fr="Plus de 24 M€ dépensés, contre 3 M€ par an engagés",
            en="More than EUR 24 M spent, against EUR 3 M a year committed",
        ),
        _summary("« engagements initiaux (3M€ par an) », « plus de 24M€ »"),
    ),
    (
        "depenses",
        "presse",
        _AUDITED,
        Subject.money,
        Text(
            fr="25 M€ dépensés entre 2019 et 2021, contre 9 M€ prévus",
            en="EUR 25 M spent between 2019 and 2021, against 9 planned",
        ),
        _NATIONAL_PRESS,
    ),
)
"""What was said in words: (what, body, day, subject, words, source)."""


def _said(code: str, body: str, on: date, subject: Subject, says: Text, source: Source) -> Statement:
    return Statement(
        id=_UNNAMED,
        plan=CODE,
        on=on,
        source=source,
        code=code,
        body=body,
        subject=subject,
        measure=StatementMeasure.qualitative,
        says=says,
    )


def _amounts() -> list[Amount]:
    promised = _summary(
        "« engagements initiaux (3M€ par an) » ; jour retenu : la signature, puis le premier de l'année"
    )
    paid = _summary(
        "« plus de 24M€ », donc au moins ; répartition par année non publiée : inscrit sans année, au dernier jour"
    )
    commitments = [
        _amount(
            f"engagement-{year}",
            max(_SIGNED, date(year, 1, 1)),
            year,
            AmountNature.commitment,
            AmountKind.commitment_authorisation,
            3 * _MILLION,
            promised,
        )
        for year in _YEARS
    ]
    spent = AmountNature.expenditure, AmountKind.payment_credit, 24 * _MILLION
    return [*commitments, _amount("depenses-2019-2021", _LAST_DAY, None, *spent, paid)]


def _amount(
    code: str, on: date, year: int | None, nature: AmountNature, kind: AmountKind, cents: int, source: Source
) -> Amount:
    return Amount(
        id=_UNNAMED,
        plan=CODE,
        on=on,
        source=source,
        code=code,
        funder=_FUNDERS,
        year=year,
        nature=nature,
        kind=kind,
        cents=cents,
    )
