"""Counts as they come out of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.metrics.indicator import Period


@dataclass(frozen=True, slots=True)
class ReachCounts:
    """Encounters of one period and one group; contacts count people."""

    encounters: int
    contacts: int
    with_card: int
    """Contacts with a card: of one person each."""
    first: int
    """Contacts said to be the first this year; of one person each."""
    met_before: int
    first_without_card: int
    late: int

    def __add__(self, other: "ReachCounts") -> "ReachCounts":
        """Add two groups."""
        return ReachCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the counts, in order."""
        return tuple(cls.__slots__)

    @classmethod
    def none(cls) -> "ReachCounts":
        """Return the counts of an empty group."""
        return cls(*([0] * len(cls.__slots__)))


Cell = tuple[int, str | None]
"""The number of a period in its series, from 0, and the code of a group (None for all)."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The counts of one period and one group, with the persons behind them."""

    period: Period
    key: str | None
    counts: ReachCounts
    persons: int | None
    """Distinct cards; None where that is not known."""
    unknown: str | None = None
    """Why not."""


def reached(
    periods: Sequence[Period], counts: Mapping[Cell, ReachCounts], persons: Mapping[Cell, int | str], *, grouped: bool
) -> list[Reached]:
    """Return a record for each period, or for each group there is in each, by key: an empty period has counts of 0.

    `persons` are a number, or why there is none.
    """
    cells = (
        sorted(counts, key=lambda cell: (cell[0], cell[1] or ""))
        if grouped
        else [(n, None) for n in range(len(periods))]
    )
    return [_reached(periods[n], key, counts.get((n, key)), persons.get((n, key), 0)) for n, key in cells]


def _reached(period: Period, key: str | None, counts: ReachCounts | None, persons: int | str) -> Reached:
    known = persons if isinstance(persons, int) else None
    return Reached(period, key, counts or ReachCounts.none(), known, persons if isinstance(persons, str) else None)
