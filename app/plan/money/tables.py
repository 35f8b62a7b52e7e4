"""Money as a table."""

from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.plan.money.schemas import MoneyRowSent, MoneySent
from app.plan.sent import SourceSent, facts_of

_SUMS: Final = ("committed_cents", "revision_cents", "revised_cents", "spent_cents")
COLUMNS: Final = {
    "plan": Holds.text,
    "at": Holds.day,
    "known_at": Holds.instant,
    "action": Holds.integer,
    "funder": Holds.text,
    "funder_fr": Holds.text,
    "funder_en": Holds.text,
    "year": Holds.integer,
    "kind": Holds.text,
    "kind_fr": Holds.text,
    "kind_en": Holds.text,
    **dict.fromkeys(_SUMS, Holds.integer),
    "sources": Holds.text,
}
"""Sum one kind only: authorisations and credits are the same money seen twice. What is not spread has no year. Several
sources stand side by side, a bar between them."""


def table_of_money(answer: MoneySent) -> Table:
    """Return one row an action, funder, year and kind; totals, execution and overruns are facts."""
    above = (answer.plan, answer.at, answer.known_at)
    rows = [(*above, *_row(one)) for one in answer.rows]
    return Table(f"maraude-{answer.plan}-money-{answer.at}", COLUMNS, rows, facts_of(answer, "rows"))


def _row(one: MoneyRowSent) -> tuple[Cell, ...]:
    name = one.funder.name
    return (
        one.action,
        one.funder.code,
        name.fr if name else None,
        name.en if name else None,
        one.year,
        one.kind.value,
        one.label.fr,
        one.label.en,
        *(getattr(one.sums, cents) for cents in _SUMS),
        " | ".join(_source(source) for source in one.sources),
    )


def _source(one: SourceSent) -> str:
    """Return a source as one would cite it: title, place in it, day, address, as far as they are known."""
    day = one.published_on.isoformat() if one.published_on else None
    return ", ".join(part for part in (one.title, one.reference, day, one.url) if part)
