"""Alerts as they go over the wire."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import ItemId, Received, Sent, example
from app.monitoring.alerts.records import Noted, Shown
from app.monitoring.alerts.vocabulary import LABELS, LOOK_AT, AlertKind, Severity

_NOTED: Final[dict[str, Any]] = {
    "on": "2026-11-03",
    "until": "2026-12-01",
    "role": "plan_secretary",
    "recorded_at": "2026-11-03T09:12:00Z",
}
_ALERT: Final[dict[str, Any]] = {
    "id": "overdue_decision:ouvrir-un-lieu",
    "kind": "overdue_decision",
    "label": {"fr": "Décision en retard", "en": "Decision overdue"},
    "subject": "ouvrir-un-lieu",
    "name": {"fr": "Ouvrir un lieu de repos", "en": "Open a rest room"},
    "since": "2026-10-02",
    "severity": "alarm",
    "value": 32.0,
    "threshold": 1.0,
    "look_at": {"fr": "qui doit l'exécuter", "en": "who is to carry it out"},
    "where": "/v1/plan/coordination",
    "acknowledged": True,
    "acknowledgements": [_NOTED],
}
_NEVER: Final[dict[str, Any]] = {
    "id": "never_reported:0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "kind": "never_reported",
    "label": {"fr": "Lieu qui n'a jamais donné son état", "en": "Facility that never reported"},
    "subject": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "name": {"fr": "Association : Espace de repos", "en": "Association: Espace de repos"},
    "since": "2026-01-15",
    "severity": "watch",
    "value": None,
    "threshold": None,
    "look_at": {
        "fr": "le lieu a-t-il de quoi donner son état, et qui le fera ?",
        "en": "whether the place has anything to report with, and who will",
    },
    "where": "/v1/facilities",
    "acknowledged": False,
    "acknowledgements": [],
}


class NotedSent(Sent):
    """Somebody took note of an alert."""

    model_config = Sent.model_config | example(_NOTED)

    on: date = Field(description="The day note was taken.")
    until: date | None = Field(description="It holds before this day; null: as long as the alert lasts.")
    role: str = Field(description="Role of whoever took note; the audit log knows the account.")
    recorded_at: datetime = Field(description="When it was entered.")

    @classmethod
    def of(cls, noted: Noted) -> "NotedSent":
        """Return a note as it is sent."""
        return cls(on=noted.on, until=noted.until, role=noted.role, recorded_at=noted.recorded_at)


class AlertSent(Sent):
    """Something to look at."""

    id: str = Field(description="kind:subject; the same while it lasts, and when it comes back.")
    kind: AlertKind
    label: LabelSent
    subject: str = Field(description="Code, number or identifier of what it is about.")
    name: LabelSent = Field(description="What people call that; a team or a facility after its organisation.")
    since: date = Field(description="First day of the present run of days on which it was an alert.")
    severity: Severity
    value: float | None = Field(
        description="What is held against the threshold; null where there is none, as of what is paid and unpromised."
    )
    threshold: float | None = Field(description="What it is beyond; null where there is no threshold.")
    look_at: LabelSent = Field(description="What to look at.")
    where: str = Field(description="Where.")
    acknowledged: bool = Field(description="Whether a note holds today.")
    acknowledgements: list[NotedSent] = Field(description="Notes taken since it began, the first one first.")

    @classmethod
    def of(cls, shown: Shown) -> "AlertSent":
        """Return an alert as it is sent."""
        alert = shown.alert
        where, look_at = LOOK_AT[alert.kind]
        return cls(
            id=alert.id,
            kind=alert.kind,
            label=LabelSent.of(LABELS[alert.kind]),
            subject=alert.subject,
            name=LabelSent.of(alert.name),
            since=alert.since,
            severity=alert.severity,
            value=alert.value,
            threshold=alert.threshold,
            look_at=LabelSent.of(look_at),
            where=where,
            acknowledged=shown.acknowledged,
            acknowledgements=[NotedSent.of(one) for one in shown.noted],
        )


class AlertsSent(Sent):
    """What is to be looked at now."""

    model_config = Sent.model_config | example({"plan": "crack-2019", "items": [_ALERT, _NEVER]})

    plan: str = Field(description="Code of the plan.")
    items: list[AlertSent] = Field(
        description="The gravest first, then the newest; in each grade, what never reported comes last."
    )


class AcknowledgementIn(Received):
    """Taking note of an alert."""

    model_config = Received.model_config | example(
        {"id": "0198f000-0000-7000-8000-00000000a001", "until": "2026-12-01"}
    )

    id: ItemId
    until: date | None = Field(
        default=None, description="Shown as acknowledged before this day; without it as long as the alert lasts."
    )
