"""Alerts as a table: one row an alert, with the last note that was taken of it."""

from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.monitoring.alerts.schemas import AlertSent, AlertsSent

COLUMNS: Final = {
    "plan": Holds.text,
    "id": Holds.text,
    "kind": Holds.text,
    "label_fr": Holds.text,
    "label_en": Holds.text,
    "subject": Holds.text,
    "name_fr": Holds.text,
    "name_en": Holds.text,
    "since": Holds.day,
    "severity": Holds.text,
    "value": Holds.number,
    "threshold": Holds.number,
    "look_at_fr": Holds.text,
    "look_at_en": Holds.text,
    "where": Holds.text,
    "acknowledged": Holds.truth,
    "acknowledgements": Holds.integer,
    "acknowledged_on": Holds.day,
    "acknowledged_until": Holds.day,
    "acknowledged_by": Holds.text,
}
"""Named as in the JSON answer; `acknowledgements` counts the notes, and the three after it are of the last one."""


def table_of_alerts(answer: AlertsSent) -> Table:
    """Return one row an alert, in the order of the answer."""
    rows = [_row(answer.plan, one) for one in answer.items]
    return Table(f"maraude-{answer.plan}-alerts", COLUMNS, rows, {"plan": answer.plan})


def _row(plan: str, one: AlertSent) -> tuple[Cell, ...]:
    last = one.acknowledgements[-1] if one.acknowledgements else None
    return (
        plan,
        one.id,
        one.kind.value,
        one.label.fr,
        one.label.en,
        one.subject,
        one.name.fr,
        one.name.en,
        one.since,
        one.severity.value,
        one.value,
        one.threshold,
        one.look_at.fr,
        one.look_at.en,
        one.where,
        one.acknowledged,
        len(one.acknowledgements),
        last.on if last else None,
        last.until if last else None,
        last.role if last else None,
    )
