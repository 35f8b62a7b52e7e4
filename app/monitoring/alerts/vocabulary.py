"""The kinds of alert, how grave one is, and what to look at. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label


class AlertKind(StrEnum):
    """What an alert is about."""

    off_target = "off_target"
    silent_team = "silent_team"
    stale_report = "stale_report"
    never_reported = "never_reported"
    overdue_decision = "overdue_decision"
    missed_milestone = "missed_milestone"
    late_action = "late_action"
    overspending = "overspending"
    missed_meeting = "missed_meeting"


class Severity(StrEnum):
    """How grave an alert is."""

    watch = "watch"
    alarm = "alarm"


LABELS: Final[Mapping[AlertKind, Label]] = {
    AlertKind.off_target: Label("Indicateur hors cible", "Indicator off target"),
    AlertKind.silent_team: Label("Équipe silencieuse", "Silent team"),
    AlertKind.stale_report: Label("État d'un lieu trop ancien", "Stale report of a facility"),
    AlertKind.never_reported: Label("Lieu qui n'a jamais donné son état", "Facility that never reported"),
    AlertKind.overdue_decision: Label("Décision en retard", "Decision overdue"),
    AlertKind.missed_milestone: Label("Jalon manqué", "Milestone missed"),
    AlertKind.late_action: Label("Action en retard", "Action late"),
    AlertKind.overspending: Label("Dépense au-delà de la promesse", "Spending beyond the commitment"),
    AlertKind.missed_meeting: Label("Réunions manquées", "Meetings missed"),
}
LOOK_AT: Final[Mapping[AlertKind, tuple[str, Label]]] = {
    AlertKind.off_target: (
        "/v1/kpis",
        Label("la valeur, ce qui en est inconnu, et la cible", "the value, what of it is unknown, and the target"),
    ),
    AlertKind.silent_team: (
        "/v1/kpis",
        Label(
            "l'équipe sort-elle encore, et son téléphone envoie-t-il ?",
            "whether the team still goes out, and whether its phone sends",
        ),
    ),
    AlertKind.stale_report: (
        "/v1/facilities",
        Label(
            "le lieu est-il ouvert, et qui y tient l'état à jour ?",
            "whether the place is open, and who keeps its report up to date there",
        ),
    ),
    AlertKind.never_reported: (
        "/v1/facilities",
        Label(
            "le lieu a-t-il de quoi donner son état, et qui le fera ?",
            "whether the place has anything to report with, and who will",
        ),
    ),
    AlertKind.overdue_decision: (
        "/v1/plan/coordination",
        Label("qui doit l'exécuter, et ce qui l'empêche", "who is to carry it out, and what keeps them"),
    ),
    AlertKind.missed_milestone: (
        "/v1/plan/actions",
        Label(
            "l'action dont il dépend, et ce qu'en disent les évaluateurs", "its action, and what assessors say of it"
        ),
    ),
    AlertKind.late_action: (
        "/v1/plan/actions",
        Label("ce qu'en a trouvé chaque évaluateur, et quand", "what each assessor found of it, and when"),
    ),
    AlertKind.overspending: (
        "/v1/plan/money",
        Label(
            "les causes du dépassement, et ce qui reste inexpliqué",
            "the causes of the overrun, and what is unexplained",
        ),
    ),
    AlertKind.missed_meeting: (
        "/v1/plan/coordination",
        Label("la dernière réunion tenue, et celles qui étaient prévues", "the last meeting held, and those planned"),
    ),
}
"""Where to look, and at what."""
