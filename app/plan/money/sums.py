"""Money promised and paid: rows, totals, execution. Pure Python, in whole EUR cents.

French public accounts promise twice. A **commitment authorisation** is the most that may be promised to others; it is
opened once, often for several years. A **payment credit** is the most that may be paid within a year; credits follow
authorisations, so both are the same money seen twice and are never added up. What counts as paid is an expenditure of
payment credits; an expenditure of authorisations is a contract or a grant signed, not yet a euro paid. Help in kind is
valued by whoever brings it: it stands apart and is added to nothing.

An amount without a budget year is of several years, and its source does not say how much of it is of which. It counts
in every total but those of years, and as long as it could be any year's, no year is judged by it.

`entries` are those that stand at the date. Null cents mean that nothing was recorded, 0 that zero was.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from app.plan.money.overruns import Overrun, overrun
from app.plan.ratios import ratio
from app.plan.records import AnyEntry
from app.plan.records.entry import Source
from app.plan.records.money import Amount
from app.plan.standing import of_type
from app.plan.vocabulary import AmountKind, AmountNature, Lacking

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts of one kind, added up by nature."""

    committed: int | None
    """As first committed."""
    revisions: int | None
    """Differences to it since; may be negative."""
    spent: int | None
    """Paid from payment credits; signed away of authorisations; brought in kind."""

    @property
    def revised(self) -> int | None:
        """The commitment with its revisions; null when there is neither."""
        if self.committed is None and self.revisions is None:
            return None
        return (self.committed or 0) + (self.revisions or 0)


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """What was recorded for one action, funder, budget year and kind."""

    action: int | None
    """Null for the plan as a whole."""
    funder: str
    year: int | None
    """Null for what is not spread over years."""
    kind: AmountKind
    sums: Sums
    sources: tuple[Source, ...]
    """Where its amounts were taken from, each once, in the order of the amounts."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A share of money, or why there is none."""

    value: float | None
    """To four decimals, a half upwards; above 1 when more was paid than committed."""
    lacking: Lacking | None
    """Set exactly when there is no value."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The three kinds of a group of amounts, side by side."""

    authorisations: Sums
    credits: Sums
    in_kind: Sums

    @property
    def paid(self) -> int | None:
        """Expenditure of payment credits."""
        return self.credits.spent


_NO_SUMS: Final = Sums(None, None, None)
NOTHING: Final = Kinds(_NO_SUMS, _NO_SUMS, _NO_SUMS)
"""What the kinds of no amount at all are."""


@dataclass(frozen=True, slots=True)
class Totals(Kinds):
    """The three kinds and what they come to."""

    overrun: Overrun | None
    """Null when nothing was committed, or no expenditure recorded, or either of a year is not known whole; of 0 cents
    when no more was paid than committed."""
    unspread: Kinds = NOTHING
    """Of a budget year: what no year was given for, and some of which may be its own."""

    @property
    def on_initial(self) -> Execution:
        """Paid / commitment authorisations as first committed."""
        return self._execution(self.authorisations.committed, self.unspread.authorisations.committed)

    @property
    def on_revised(self) -> Execution:
        """Paid / commitment authorisations as revised."""
        return self._execution(self.authorisations.revised, self.unspread.authorisations.revised)

    @property
    def on_credits(self) -> Execution:
        """Paid / payment credits opened, as revised: whether what was opened was used, not whether it was promised."""
        return self._execution(self.credits.revised, self.unspread.credits.revised)

    def _execution(self, committed: int | None, committed_apart: int | None) -> Execution:
        if committed_apart is not None:
            return Execution(None, Lacking.not_spread)
        if committed is None:
            return Execution(None, Lacking.nothing_committed)
        if committed <= 0:  # a share of nothing is none, and not 0
            return Execution(None, Lacking.nothing_left_committed)
        if self.unspread.paid is not None:
            return Execution(None, Lacking.not_spread)
        if self.paid is None:
            return Execution(None, Lacking.no_expenditure)
        return Execution(ratio(self.paid, committed), None)


def money_rows(entries: Iterable[AnyEntry]) -> list[MoneyRow]:
    """Return what was recorded by (action, funder, year, kind).

    The plan as a whole stands before its actions, what is not spread over years after them.
    """
    groups: dict[tuple[int, str, int | None, AmountKind], list[Amount]] = {}
    for one in of_type(entries, Amount):
        groups.setdefault((one.action or 0, one.funder, one.year, one.kind), []).append(one)
    return [
        MoneyRow(action or None, funder, year, kind, _sums(amounts, kind), _sources(amounts))
        for (action, funder, year, kind), amounts in sorted(groups.items(), key=lambda item: _place(*item[0]))
    ]


_KINDS: Final = tuple(AmountKind)


def _place(action: int, funder: str, year: int | None, kind: AmountKind) -> tuple[int, str, bool, int, int]:
    return action, funder, year is None, year or 0, _KINDS.index(kind)


def _sums(amounts: Iterable[Amount], kind: AmountKind) -> Sums:
    of_kind = [one for one in amounts if one.kind is kind]
    return Sums(*(_sum(one.cents for one in of_kind if one.nature is nature) for nature in AmountNature))


def _sources(amounts: Iterable[Amount]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(one.source for one in amounts))


def _sum(cents: Iterable[int]) -> int | None:
    found = list(cents)
    return sum(found) if found else None


def totals(entries: Iterable[AnyEntry]) -> Totals:
    """Return the totals of every amount among the entries."""
    return _totals(of_type(entries, Amount))


def totals_by(entries: Iterable[AnyEntry], key: Callable[[Amount], Key]) -> list[tuple[Key, Totals]]:
    """Return the totals of each group of amounts, by key.

    Cents of groups add up to those of all; shares and overruns do not: what one group leaves unspent covers nothing of
    what another overspent.
    """
    groups: dict[Key, list[Amount]] = {}
    for one in of_type(entries, Amount):
        groups.setdefault(key(one), []).append(one)
    return [(name, _totals(groups[name])) for name in sorted(groups)]


def totals_by_year(entries: Sequence[AnyEntry]) -> list[tuple[int, Totals]]:
    """Return the totals of each budget year, of those amounts that have one.

    Where a payment or a promise has none, shares and overruns that would need it are null: each year's own part of it
    is not known.
    """
    apart = unspread(entries)
    groups: dict[int, list[Amount]] = {}
    for one in of_type(entries, Amount):
        if one.year is not None:
            groups.setdefault(one.year, []).append(one)
    return [(year, _totals(groups[year], apart)) for year in sorted(groups)]


def unspread(entries: Iterable[AnyEntry]) -> Kinds:
    """Return the sums of the amounts that have no budget year."""
    return _kinds([one for one in of_type(entries, Amount) if one.year is None])


def years_are_known(apart: Kinds) -> bool:
    """Say whether what is not spread leaves each year's payments and authorisations whole."""
    return apart.paid is None and apart.authorisations.revised is None


def _kinds(amounts: Sequence[Amount]) -> Kinds:
    by_kind = {kind: _sums(amounts, kind) for kind in AmountKind}
    return Kinds(
        by_kind[AmountKind.commitment_authorisation], by_kind[AmountKind.payment_credit], by_kind[AmountKind.in_kind]
    )


def _totals(amounts: Sequence[Amount], apart: Kinds = NOTHING) -> Totals:
    kinds = _kinds(amounts)
    committed, beyond = kinds.authorisations.committed, None
    if committed is not None and kinds.paid is not None and years_are_known(apart):
        beyond = overrun(amounts, committed, kinds.paid)
    return Totals(kinds.authorisations, kinds.credits, kinds.in_kind, beyond, apart)
