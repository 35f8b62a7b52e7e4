"""From when on something is an alert, as data. Pure Python.

A plan sets its own by a target on the code of the threshold, with its `watch` and `alarm`: the register then says who
decided so and when.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.directory.vocabulary import Label
from app.plan.records.steering import Target


@dataclass(frozen=True, slots=True)
class Threshold:
    """From when on one watches, and from when on it is an alarm, in the unit its label names."""

    code: str
    label: Label
    watch: float
    alarm: float


THRESHOLDS: Final[Mapping[str, Threshold]] = {
    one.code: one
    for one in (
        Threshold("team_silence_days", Label("jours de silence d'une équipe", "days a team is silent"), 3, 7),
        Threshold(
            "report_age_times",
            Label(
                "âge du dernier état d'un lieu aux heures où il doit être ouvert, en durées de validité de son type",
                "age of a facility's last report in hours it is planned open, in times its kind's is believed",
            ),
            2,
            6,
        ),
        Threshold("decision_overdue_days", Label("jours de retard d'une décision", "days a decision is late"), 1, 30),
        Threshold("milestone_missed_days", Label("jours après un jalon", "days after a milestone"), 1, 30),
        Threshold("action_late_days", Label("jours de retard d'une action", "days an action is late"), 1, 90),
        Threshold(
            "meeting_missed_days",
            Label("jours depuis la réunion qui manque", "days since the meeting that is lacking"),
            1,
            60,
        ),
        Threshold("money_paid_of_committed", Label("dépensé / promis, révisé", "paid / committed, as revised"), 1, 1.2),
    )
}
"""By code."""


def thresholds_of(targets: Iterable[Target], at: date) -> Mapping[str, Threshold]:
    """Return the thresholds in force on a day: a plan's own where it set some, the latest of several."""
    found = dict(THRESHOLDS)
    for target in sorted(targets, key=lambda one: (one.on, one.code)):
        own = found.get(target.indicator)
        if own is not None and target.territory is None and target.valid_from <= at < target.valid_to:
            found[own.code] = Threshold(own.code, own.label, target.watch, target.alarm)
    return found
