"""KPIs as a table: each row says all there is to know, in both languages."""

from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.monitoring.kpis.schemas import KpiSent, KpisSent

COLUMNS: Final = {
    "plan": Holds.text,
    "code": Holds.text,
    "key": Holds.text,
    "label_fr": Holds.text,
    "label_en": Holds.text,
    "key_label_fr": Holds.text,
    "key_label_en": Holds.text,
    "period_from": Holds.day,
    "period_to": Holds.day,
    "value": Holds.number,
    "unit": Holds.text,
    "missing": Holds.text,
    "missing_fr": Holds.text,
    "missing_en": Holds.text,
    "unknown": Holds.integer,
    "base": Holds.integer,
    "target": Holds.number,
    "target_code": Holds.text,
    "direction": Holds.text,
    "status": Holds.text,
    "status_reason": Holds.text,
    "source": Holds.text,
    "version": Holds.integer,
    "definition_fr": Holds.text,
    "definition_en": Holds.text,
    "said_on": Holds.day,
    "source_title": Holds.text,
    "source_url": Holds.text,
    "territory": Holds.text,
}
"""A row a KPI and key. Their order is part of the contract: spreadsheets name cells by it."""


def table_of_kpis(answer: KpisSent) -> Table:
    """Return one row a KPI."""
    rows = [_row(answer.plan, one) for one in answer.items]
    return Table(f"maraude-{answer.plan}-kpis", COLUMNS, rows, {"plan": answer.plan, "title": answer.title.fr})


def _row(plan: str, one: KpiSent) -> tuple[Cell, ...]:
    key, missing = one.key_label, one.missing
    return (
        plan,
        one.code,
        one.key,
        one.label.fr,
        one.label.en,
        key.fr if key else None,
        key.en if key else None,
        one.period_from,
        one.period_to,
        one.value,
        one.unit,
        missing.code if missing else None,
        missing.label.fr if missing else None,
        missing.label.en if missing else None,
        one.unknown,
        one.base,
        one.target,
        one.target_code,
        one.direction.value if one.direction else None,
        one.status.value,
        one.status_reason.code if one.status_reason else None,
        one.source,
        one.version,
        one.definition.fr,
        one.definition.en,
        one.said_on,
        one.source_title,
        one.source_url,
        one.territory,
    )
