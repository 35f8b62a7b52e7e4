"""Calendar quarters. Pure Python."""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

QUARTERS: Final = 4
_MONTHS: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """One quarter of a calendar year."""

    year: int
    number: int
    """1 to 4."""

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Return the quarter a day lies in."""
        return cls(day.year, (day.month - 1) // _MONTHS + 1)

    @property
    def name(self) -> str:
        """Its name, such as 2020-Q2."""
        return f"{self.year}-Q{self.number}"

    @property
    def next(self) -> "Quarter":
        """The quarter after it."""
        return Quarter(self.year + self.number // QUARTERS, self.number % QUARTERS + 1)

    @property
    def since(self) -> date:
        """Its first day."""
        return date(self.year, _MONTHS * (self.number - 1) + 1, 1)

    @property
    def until(self) -> date:
        """The first day after it."""
        return self.next.since

    @property
    def last(self) -> date:
        """Its last day."""
        return self.until - timedelta(days=1)

    @property
    def days_of_year(self) -> int:
        """How many days its year has."""
        return 366 if isleap(self.year) else 365


def quarters(first: date, last: date) -> Iterator[Quarter]:
    """Yield the quarters from that of one day to that of another, both included; none when the days are reversed."""
    one, end = Quarter.of(first), Quarter.of(last)
    while one <= end:
        yield one
        one = one.next
