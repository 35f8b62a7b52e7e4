"""What the figures mean, as data. Pure Python."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit

REPORTING_VERSION: Final = 2
SKEW_ALLOWED_S: Final = 300
"""A device's clock may be five minutes off."""
LOOKED_BACK_DAYS: Final = 90
"""How long before a period a team of another organisation may have last been seen and still be expected."""


class Kept(StrEnum):
    """The records whose arrival is timed."""

    encounters = "encounters"
    patrols = "patrols"
    referrals = "referrals"


class Aspect(StrEnum):
    """What is counted of records, each by a statement of its own."""

    encounters = "encounters"
    patrols = "patrols"
    referrals = "referrals"
    described = "described"
    closed = "closed"
    answers = "answers"
    clocks = "clocks"


REPORTING_RULE: Final = Label(
    "Enregistrements des jours de service de la période, hors saisies par erreur. Délai : de la fin du créneau de"
    " deux heures d'une rencontre ou de la création d'une orientation, de la fin (à défaut du début) d'une maraude,"
    " jusqu'à la réception de sa première version ; en heures entamées, zéro si reçu avant. Un jour de silence est un"
    " jour de service passé sans maraude reçue de l'équipe.",
    "Records of the period's service days, without those entered in error. Lag: from the end of the two-hour slot of"
    " an encounter or of a referral's making, from the end (or else the start) of a patrol, until its first version"
    " was received; in hours begun, zero when received before. A silent day is a service day that is over for which"
    " no patrol of the team was received.",
)
NO_RECORDS: Final = "no records"
NO_PLAN: Final = "no plan of patrols is recorded"
NONE_DUE: Final = "no referral's timer has run out"
NO_TEAM_DAYS: Final = "no team was expected on a day that is over"
NO_EVENTS: Final = "no answers"
NOT_OF_A_PLACE: Final = "an answer without a referral has no territory: ask for the whole organisation"

_OURS: Final = Label("Maraude, docs/indicators.md", "Maraude, docs/indicators.md")
_HYNDMAN: Final = Label(
    "Rang le plus proche : Hyndman et Fan 1996, définition 1", "Nearest rank: Hyndman and Fan 1996, definition 1"
)
_LONG: Final = frozenset({Granularity.month, Granularity.quarter, Granularity.year})
_NAMES: Final[Mapping[Kept, Label]] = {
    Kept.encounters: Label("rencontres", "encounters"),
    Kept.patrols: Label("maraudes", "patrols"),
    Kept.referrals: Label("orientations", "referrals"),
}
_SINCE: Final[Mapping[Kept, Label]] = {
    Kept.encounters: Label("la fin du créneau de deux heures", "the end of the two-hour slot"),
    Kept.patrols: Label("la fin de la sortie, à défaut son début", "the end of the outing, or else its start"),
    Kept.referrals: Label(
        "la fin du créneau de deux heures de la création", "the end of the two-hour slot of the making"
    ),
}
_LATE: Final = Label(
    "Ce qui n'est pas encore arrivé n'y est pas : la fin d'une période récente paraît plus rapide qu'elle n'est.",
    "What has not arrived yet is not in it: the end of a recent period looks faster than it is.",
)
QUANTILES: Final[Mapping[str, float]] = {"lag_median": 0.5, "lag_p90": 0.9}
LIMITS: Final[Mapping[str, int]] = {"within_24h": 24, "within_7d": 168}
"""Hours begun."""


def _timeliness(kept: Kept) -> Iterator[Indicator]:
    fr, en = _NAMES[kept]
    since_fr, since_en = _SINCE[kept]
    quantiles = {"lag_median": Label("médian", "median"), "lag_p90": Label("au 90e centile", "90th percentile")}
    for name, label in quantiles.items():
        yield Indicator(
            f"{kept.value}_{name}",
            Label(f"Délai {label.fr} de réception des {fr}", f"Lag of {en} until received, {label.en}"),
            Unit.hours,
            Label(f"heures entamées depuis {since_fr}", f"hours begun since {since_en}"),
            Label(fr, en),
            Label(
                f"délai {label.fr}, en heures entamées depuis {since_fr}, au rang le plus proche",
                f"{label.en} of the hours begun since {since_en}, by nearest rank",
            ),
            _HYNDMAN,
            _LATE,
            granularities=_LONG,
        )
    shares = {"within_24h": Label("24 heures", "24 hours"), "within_7d": Label("7 jours", "7 days")}
    for name, label in shares.items():
        yield Indicator(
            f"{kept.value}_{name}",
            Label(f"Part des {fr} reçues sous {label.fr}", f"Share of {en} received within {label.en}"),
            Unit.ratio,
            Label(f"{fr} reçues sous {label.fr}", f"{en} received within {label.en}"),
            Label(fr, en),
            Label(
                f"{fr} dont le délai depuis {since_fr} est de {label.fr} au plus / toutes",
                f"{en} of a lag since {since_en} of at most {label.en} / all",
            ),
            _OURS,
            _LATE,
            granularities=_LONG,
        )


FACTS: Final[Mapping[str, Label]] = {
    "gender": Label("genre", "gender"),
    "age_band": Label("tranche d'âge", "age band"),
    "sleeping": Label("lieu de sommeil", "sleeping place"),
    "first_contact": Label("premier contact de l'année", "first contact this year"),
}


def _completeness(fact: str, label: Label) -> Indicator:
    return Indicator(
        f"{fact}_unknown",
        Label(f"Part inconnue : {label.fr}", f"Unknown share: {label.en}"),
        Unit.ratio,
        Label(f"rencontres individuelles sans {label.fr}", f"encounters with one person, {label.en} unknown"),
        Label("rencontres individuelles", "encounters with one person"),
        Label(
            f"rencontres d'une personne dont {label.fr} est inconnu / rencontres d'une personne",
            f"encounters with one person whose {label.en} is unknown / encounters with one person",
        ),
        _OURS,
        Label(
            "Une rencontre brève peut ne pas se prêter à la question : zéro n'est pas l'objectif.",
            "A short contact may not lend itself to asking: zero is not the aim.",
        ),
        granularities=_LONG,
    )


def _ratio(code: str, label: Label, above: Label, below: Label, pitfalls: Label, **more: frozenset[Split]) -> Indicator:
    rule = Label(f"{above.fr} / {below.fr}", f"{above.en} / {below.en}")
    return Indicator(
        code,
        label,
        Unit.ratio,
        above,
        below,
        rule,
        _OURS,
        pitfalls,
        granularities=_LONG,
        splits=more.get("splits", frozenset()),
    )


_OTHERS: Final = (
    _ratio(
        "encounters_with_patrol",
        Label("Part des rencontres rattachées à une maraude", "Share of encounters linked to a patrol"),
        Label("rencontres rattachées à une maraude", "encounters linked to a patrol"),
        Label("rencontres", "encounters"),
        Label("La maraude citée peut ne pas être arrivée.", "The patrol named may not have arrived."),
    ),
    _ratio(
        "patrol_reports_received",
        Label("Comptes rendus de maraude reçus / prévus", "Patrol reports received / planned"),
        Label("maraudes reçues", "patrols received"),
        Label("maraudes prévues", "patrols planned"),
        Label("Sans programme, ce rapport n'existe pas.", "Without a plan this ratio does not exist."),
    ),
    _ratio(
        "referrals_closed_in_time",
        Label("Orientations closes dans leur délai", "Referrals closed within their timer"),
        Label(
            "orientations abouties, refusées, déclinées, manquées ou annulées avant la fin du délai de leur type",
            "referrals that succeeded or were refused, declined, missed or cancelled within their kind's timer",
        ),
        Label("orientations dont le délai est écoulé", "referrals whose timer has run out"),
        Label(
            "Le délai court de la création ; une attente acceptée peut le dépasser sans faute de personne.",
            "The timer runs from the making; a wait that was agreed may exceed it through nobody's fault.",
        ),
    ),
    _ratio(
        "silent_days",
        Label("Jours de silence", "Silent days"),
        Label("jours d'équipe sans maraude reçue", "team days of which no patrol was received"),
        Label("jours d'équipe passés", "team days that are over"),
        Label(
            "Un jour de repos prévu est aussi un jour de silence. Une équipe qui saisit des rencontres sans leur"
            " maraude paraît silencieuse : ce nombre ne doit pas dire si quelqu'un fut rencontré.",
            "A planned day off is a silent day too. A team that records encounters and not their patrol looks silent:"
            " this number must not tell whether somebody was met.",
        ),
        splits=frozenset({Split.team}),
    ),
    _ratio(
        "events_without_effect",
        Label("Réponses sans effet", "Answers without effect"),
        Label("réponses que l'orientation ne pouvait pas recevoir", "answers the referral could not take"),
        Label("réponses aux orientations de la période", "answers to the period's referrals"),
        Label("Une réponse envoyée deux fois en est une.", "An answer given twice is one."),
    ),
    Indicator(
        "events_held",
        Label("Réponses en attente de leur orientation", "Answers waiting for their referral"),
        Unit.referrals,
        Label("réponses sans orientation connue", "answers without a known referral"),
        None,
        Label(
            "réponses de l'organisation qui attendent, à présent, une orientation non reçue ; quelle que soit la"
            " période",
            "answers of the organisation that wait, now, for a referral not received; whatever the period",
        ),
        _OURS,
        Label("L'état présent, non celui de la période.", "The present state, not the period's."),
        granularities=frozenset(),
    ),
    _ratio(
        "records_off_clock",
        Label("Enregistrements d'un appareil mal réglé", "Records from a device with a wrong clock"),
        Label(
            "rencontres et maraudes d'un appareil décalé de plus de 5 minutes",
            "encounters and patrols from a device more than 5 minutes off",
        ),
        Label("rencontres et maraudes", "encounters and patrols"),
        Label(
            "Les instants sont corrigés de l'écart ; un grand écart reste un signe à suivre.",
            "Instants are corrected by the difference; a large one is still worth a look.",
        ),
    ),
)


def _indicators() -> Iterator[Indicator]:
    for kept in Kept:
        yield from _timeliness(kept)
    for fact, label in FACTS.items():
        yield _completeness(fact, label)
    yield from _OTHERS


INDICATORS: Final[Mapping[str, Indicator]] = {
    found.code: replace(found, version=REPORTING_VERSION) for found in _indicators()
}
