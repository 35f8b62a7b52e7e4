"""The index of coordination: the list of its parts, each by itself. Pure Python.

There is no number for the whole: weights between meeting and deciding would be an opinion nobody stated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.directory.vocabulary import Label
from app.plan.coordination.cadence import Cadence
from app.plan.coordination.decisions import Followed
from app.plan.vocabulary import DecisionState, Lacking

Counts = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the index; all words in French and English."""

    code: str
    label: Label
    numerator: Label
    denominator: Label
    pitfalls: Label
    """What a reader could get wrong."""
    lacking: Lacking
    """Why there is no value when nothing is below the line."""
    count: Callable[[Sequence[Cadence], Sequence[Followed], date], Counts]
    """Returns what stands above and below the line."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A part with its counts."""

    part: Part
    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """The one over the other; null over nothing."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def reason(self) -> Lacking | None:
        """Why there is no value: set exactly then."""
        return None if self.denominator else self.part.lacking


def _held(rows: Sequence[Cadence], _decisions: Sequence[Followed], _at: date) -> Counts:
    return sum(one.held for one in rows), sum(one.planned for one in rows)


def _known(rows: Sequence[Cadence], _decisions: Sequence[Followed], _at: date) -> Counts:
    return sum(one.held + one.not_held for one in rows), sum(one.planned for one in rows)


def _rhythm(rows: Sequence[Cadence], _decisions: Sequence[Followed], _at: date) -> Counts:
    asked = [(one.took_place, one.due) for one in rows if one.due]
    return sum(took_place for took_place, _ in asked), sum(due for _, due in asked)


def _noted(rows: Sequence[Cadence], _decisions: Sequence[Followed], _at: date) -> Counts:
    return sum(one.attendance.noted for one in rows), sum(one.held for one in rows)


def _present(rows: Sequence[Cadence], _decisions: Sequence[Followed], _at: date) -> Counts:
    found = [one.attendance for one in rows]
    return sum(one.present or 0 for one in found), sum(one.expected or 0 for one in found)


def _ended(_rows: Sequence[Cadence], decisions: Sequence[Followed], _at: date) -> Counts:
    return sum(one.ended_on is not None for one in decisions), len(decisions)


def _in_time(_rows: Sequence[Cadence], decisions: Sequence[Followed], at: date) -> Counts:
    fallen = [one for one in decisions if one.decision.due_on is not None and one.decision.due_on < at]
    return sum(one.state is DecisionState.done and not one.late_days for one in fallen), len(fallen)


PARTS: Final = (
    Part(
        "meetings_held",
        Label("Réunions tenues", "Meetings held"),
        Label("réunions tenues parmi celles prévues", "meetings held of those planned"),
        Label("réunions prévues jusqu'à la date", "meetings planned up to the date"),
        Label(
            "Une réunion dont l'issue n'est pas connue compte comme prévue et non comme tenue.",
            "A meeting whose fate is not known counts as planned and not as held.",
        ),
        Lacking.no_meeting_planned,
        _held,
    ),
    Part(
        "meetings_known",
        Label("Réunions dont l'issue est connue", "Meetings whose fate is known"),
        Label("réunions dites tenues ou non tenues", "meetings said to have been held, or not"),
        Label("réunions prévues jusqu'à la date", "meetings planned up to the date"),
        Label(
            "Mesure la tenue du registre, pas la coordination.", "Measures how the register is kept, not coordination."
        ),
        Lacking.no_meeting_planned,
        _known,
    ),
    Part(
        "rhythm_kept",
        Label("Rythme prévu", "Stated rhythm"),
        Label(
            "réunions tenues, dans les trimestres où le rythme fixé en demande",
            "meetings that took place, in quarters in which the stated rhythm asks for some",
        ),
        Label(
            "réunions que demande le rythme fixé, au prorata des jours",
            "meetings that the stated rhythm asks for, by its days in force",
        ),
        Label(
            "Les réunions d'une période soutenue compensent celles qui manquent ensuite : lire par trimestre.",
            "Meetings of a busy time make up for those lacking later: read it by quarter.",
        ),
        Lacking.rhythm_not_stated,
        _rhythm,
    ),
    Part(
        "attendance_noted",
        Label("Présences notées", "Attendance noted"),
        Label("réunions tenues dont les présences sont notées", "meetings held where it was noted who came"),
        Label("réunions tenues parmi celles prévues", "meetings held of those planned"),
        Label(
            "Mesure la tenue du registre, pas la coordination.", "Measures how the register is kept, not coordination."
        ),
        Lacking.none_held,
        _noted,
    ),
    Part(
        "signatories_present",
        Label("Signataires présents", "Signatories present"),
        Label("signataires présents parmi ceux attendus", "signatories present of those expected"),
        Label(
            "signataires attendus aux réunions dont les présences sont notées",
            "signatories expected at meetings where it was noted who came",
        ),
        Label(
            "Dit qui est venu, non à quel niveau ; un signataire compte à chaque réunion.",
            "Says who came, not of what rank; a signatory counts once a meeting.",
        ),
        Lacking.attendance_not_noted,
        _present,
    ),
    Part(
        "decisions_ended",
        Label("Décisions closes", "Decisions ended"),
        Label("décisions exécutées ou abandonnées", "decisions done or dropped"),
        Label("décisions prises jusqu'à la date", "decisions taken up to the date"),
        Label(
            "Les décisions récentes n'ont pas eu le temps d'être exécutées ; abandonner clôt aussi.",
            "Recent decisions had no time to be done; dropping one ends it too.",
        ),
        Lacking.no_decision,
        _ended,
    ),
    Part(
        "decisions_in_time",
        Label("Décisions exécutées à temps", "Decisions done in time"),
        Label("décisions exécutées au plus tard le jour dit", "decisions done by their day"),
        Label("décisions dont le jour est passé", "decisions whose day has passed"),
        Label(
            "Une décision sans échéance n'y figure pas ; reporter l'échéance améliore le chiffre.",
            "A decision without a day is not in it; moving the day improves the figure.",
        ),
        Lacking.no_decision_due,
        _in_time,
    ),
)
"""Every part, in a reader's order."""


def measured(rows: Sequence[Cadence], decisions: Sequence[Followed], at: date) -> list[Measured]:
    """Return every part over the quarters of all committees, and their decisions, as seen from `at`."""
    return [Measured(part, *part.count(rows, decisions, at)) for part in PARTS]
