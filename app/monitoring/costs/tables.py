"""Costs as a table: one row a period, outcome and lag."""

from typing import Final

from app.http.tabular import Holds, Table
from app.monitoring.costs.schemas import CostsSent

COLUMNS: Final = {
    "plan": Holds.text,
    "period": Holds.text,
    "paid_cents": Holds.integer,
    "outcome": Holds.text,
    "lag_quarters": Holds.integer,
    "outcomes_from": Holds.day,
    "outcomes_to": Holds.day,
    "releases": Holds.text,
    "count": Holds.integer,
    "euros": Holds.number,
    "low": Holds.number,
    "high": Holds.number,
    "missing": Holds.text,
    "missing_fr": Holds.text,
    "missing_en": Holds.text,
    "certainty_fr": Holds.text,
    "certainty_en": Holds.text,
}
"""Named as in the JSON answer. How sure a cost is stands in each row: a cell is copied without its heading."""


def table_of_costs(answer: CostsSent) -> Table:
    """Return every row; rule, certainty and what is not spread over years are facts."""
    rows = [
        (
            answer.plan,
            period.period,
            period.paid_cents,
            row.outcome.value,
            row.lag_quarters,
            row.outcomes_from,
            row.outcomes_to,
            " ".join(row.releases),
            row.count,
            row.euros,
            row.low,
            row.high,
            row.missing.value if row.missing else None,
            row.missing_label.fr if row.missing_label else None,
            row.missing_label.en if row.missing_label else None,
            answer.certainty.fr,
            answer.certainty.en,
        )
        for period in answer.items
        for row in period.rows
    ]
    facts = {"plan": answer.plan, "rule": answer.rule.en, "certainty": answer.certainty.en}
    if answer.not_spread is not None:
        facts["not_spread_cents"] = str(answer.not_spread.paid_cents)
    return Table(f"maraude-{answer.plan}-costs", COLUMNS, rows, facts)
