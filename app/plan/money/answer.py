"""Putting the answer on money together."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from app.plan.money.schemas import (
    ActionTotalsSent,
    FunderTotalsSent,
    MoneyRowSent,
    MoneySent,
    NotSpreadSent,
    TotalsSent,
    YearTotalsSent,
)
from app.plan.money.sums import NOTHING, Totals, money_rows, totals, totals_by, totals_by_year, unspread
from app.plan.records import AnyEntry
from app.plan.records.register import Body, Plan
from app.plan.sent import BodyNamedSent, heading, reasons_sent
from app.plan.standing import of_type
from app.plan.term_schemas import rules_sent
from app.plan.terms import MONEY
from app.plan.vocabulary import EntryType, Lacking

MONEY_TYPES: Final = (EntryType.body, EntryType.amount)
"""The entries it is made of."""


def money_sent(entries: Sequence[AnyEntry], plan: Plan, at: date, known_at: datetime | None) -> MoneySent:
    """Return what was promised and paid. Entries: those that stand at the date."""
    names = {one.code: one for one in of_type(entries, Body)}
    whole, apart = totals(entries), unspread(entries)
    years = totals_by_year(entries)
    funders = totals_by(entries, lambda one: one.funder)
    numbers = totals_by(entries, lambda one: one.action or 0)
    every = [whole, *(found for group in (years, funders, numbers) for _, found in group)]
    return MoneySent(
        **heading(plan, at, known_at),
        unit="EUR cents",
        rows=[MoneyRowSent.of(row, names) for row in money_rows(entries)],
        totals=TotalsSent.of(whole),
        by_year=[YearTotalsSent(year=year, totals=TotalsSent.of(found)) for year, found in years],
        not_spread=None if apart == NOTHING else NotSpreadSent.of(apart),
        by_funder=[
            FunderTotalsSent(funder=BodyNamedSent.of(code, names), totals=TotalsSent.of(found))
            for code, found in funders
        ],
        by_action=[ActionTotalsSent(action=number or None, totals=TotalsSent.of(found)) for number, found in numbers],
        rules=rules_sent(MONEY),
        reasons=reasons_sent(
            [
                *(reason for found in every for reason in _reasons(found)),
                None if apart == NOTHING else Lacking.not_spread,
            ]
        ),
    )


def _reasons(found: Totals) -> list[Lacking | None]:
    return [one.lacking for one in (found.on_initial, found.on_revised, found.on_credits)]
