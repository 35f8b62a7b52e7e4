"""The closed sets of KPIs, and why one has no value, in words. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from app.directory.vocabulary import Label
from app.plan.vocabulary import LABELS, Lacking
from app.releases.vocabulary import MISSING
from app.releases.vocabulary import Missing as Unpublished


class KpiStatus(StrEnum):
    """How a value stands against the plan's target for it."""

    on_target = "on_target"
    watch = "watch"
    off_target = "off_target"
    unknown = "unknown"
    no_target = "no_target"


class KpiUnit(StrEnum):
    """What a figure of the register counts or measures; live ones have the units of the catalogue."""

    ratio = "ratio"
    euros = "euros"
    days = "days"
    decisions = "decisions"
    milestones = "milestones"
    actions = "actions"
    encounters = "encounters"
    referrals = "referrals"
    persons = "persons"


LIVE_SOURCE: Final = "live"
"""The source of what was computed just now; anything else names a frozen release."""


class Why(NamedTuple):
    """Why there is no value."""

    code: str
    label: Label


class Gap(StrEnum):
    """Reasons that are KPIs' own."""

    no_release = "no_release"
    plan_not_begun = "plan_not_begun"
    before_service = "before_service"
    taken_late = "taken_late"
    only_words = "only_words"
    no_milestone = "no_milestone"
    nothing_recorded = "nothing_recorded"
    not_computable = "not_computable"
    about_people = "about_people"


GAPS: Final[Mapping[Gap, Label]] = {
    Gap.no_release: Label(
        "aucune publication figée de ce type pour le périmètre et la durée du plan",
        "no frozen release of this kind for the plan's perimeter and time",
    ),
    Gap.plan_not_begun: Label("aucun mois du plan n'est encore terminé", "no month of the plan is over yet"),
    Gap.before_service: Label(
        "le service n'existait pas encore : rien n'est enregistré de ce mois",
        "the service was not there yet: nothing is recorded of that month",
    ),
    Gap.taken_late: Label(
        "instantané pris après coup : ce qui était alors connu de l'activité ne peut plus être compté",
        "snapshot taken late: what was known of the activity then can no longer be counted",
    ),
    Gap.only_words: Label(
        "dit en mots seulement : jamais converti en nombre", "said in words only: never made a number"
    ),
    Gap.no_milestone: Label("aucun jalon n'est enregistré", "no milestone is recorded"),
    Gap.nothing_recorded: Label("rien n'en est enregistré", "nothing of it is recorded"),
    Gap.not_computable: Label(
        "l'indicateur n'a pas de valeur pour ce mois", "the indicator has no value for this month"
    ),
    Gap.about_people: Label(
        "porte sur des personnes : seulement dans les publications figées, et celle-ci n'y figure pas",
        "about people: in frozen releases only, and this one is in none",
    ),
}
_LIVE: Final[Mapping[str, tuple[str, str]]] = {
    "no plan of patrols is recorded": ("no_plan_of_patrols", "aucun planning de maraudes n'est enregistré"),
    "no patrols": ("no_patrols", "aucune maraude"),
    "no patrol hours": ("no_patrol_hours", "aucune heure de maraude"),
    "no facility planned to be open on a night that is over": (
        "no_planned_nights",
        "aucun lieu ne devait ouvrir une nuit passée",
    ),
    "no report at night by a facility planned to be open": (
        "nothing_reported",
        "aucun lieu qui devait ouvrir la nuit ne l'a indiqué",
    ),
    "no records": ("no_records", "aucun enregistrement"),
    "no team was expected on a day that is over": (
        "no_team_days",
        "aucune équipe n'était attendue un jour passé",
    ),
}
"""What live indicators say in English: their codes here, and the French."""


def gap(reason: Gap) -> Why:
    """Return a reason of KPIs' own."""
    return Why(reason.value, GAPS[reason])


def lacking(reason: Lacking) -> Why:
    """Return why a figure of the register is not there."""
    return Why(reason.value, LABELS[Lacking][reason])


def unpublished(reason: Unpublished) -> Why:
    """Return why a release holds no value."""
    return Why(reason.value, MISSING[reason])


def not_live(reason: str | None) -> Why:
    """Return why a live indicator has no value, by what it says itself."""
    if reason is not None and reason in _LIVE:
        code, words = _LIVE[reason]
        return Why(code, Label(words, reason))
    general = GAPS[Gap.not_computable]
    return Why(Gap.not_computable.value, Label(general.fr, f"{general.en}: {reason}") if reason else general)
