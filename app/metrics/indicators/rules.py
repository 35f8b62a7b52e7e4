"""What a file withholds unless a reason is given: as for monitors, counts under 11, zeros included. Pure Python.

A cell alone in its line could be had by taking the others from a total asked for elsewhere, so a line withholds none or
at least two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.metrics.indicator import SMALL, Unit

SHOWN_FROM: Final = SMALL.stop
"""The least count that a file shows."""
_EXACT_UNITS: Final = frozenset({Unit.patrols, Unit.nights})
_EXACT: Final = frozenset({"patrol_hours", "night_patrol_hours", "night_open_hours_planned"})


def is_about_no_person(code: str, unit: str) -> bool:
    """Say whether an indicator is exact for everybody: patrols, nights, their hours and opening hours."""
    return unit in _EXACT_UNITS or code in _EXACT


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of one figure of an answer, and where in the answer it stands."""

    since: date
    key: str | None
    n: int
    denominator: float | None
    unknown: int | None
    base: int | None
    late: int | None

    @property
    def small(self) -> bool:
        """Whether a count of it, or what is left of one by another, is too small for a file."""
        below = self.denominator
        return (
            self.n < SHOWN_FROM
            or (below is not None and below < SHOWN_FROM)
            or (below is not None and 0 < below - self.n < SHOWN_FROM)
        )

    @property
    def shows_unknown(self) -> bool:
        """Whether what is unknown of it may be told, once the figure may."""
        if self.unknown is None or self.base is None:
            return True
        return min(self.unknown, self.base) >= SHOWN_FROM and not 0 < self.base - self.unknown < SHOWN_FROM

    @property
    def shows_late(self) -> bool:
        """Whether the late records of it may be told, once the figure may."""
        return self.late is None or (self.late >= SHOWN_FROM and not 0 < self.n - self.late < SHOWN_FROM)


def withheld(figures: Sequence[Counted], *, split: bool) -> frozenset[int]:
    """Return the positions of the figures that a file withholds: the small ones, and one more where one stands alone.

    The lines of an answer are the groups of a period, when it is split, and the periods of a group.
    """
    hidden = {position for position, figure in enumerate(figures) if figure.small}
    lines = list(_lines(figures, split=split))
    alone = True
    while alone:
        alone = False
        for line in lines:
            shown = [position for position in line if position not in hidden]
            if shown and len(line) - len(shown) == 1:
                hidden.add(min(shown, key=lambda position: (figures[position].n, position)))
                alone = True
    return frozenset(hidden)


def _lines(figures: Sequence[Counted], *, split: bool) -> Iterator[list[int]]:
    by_period: dict[date, list[int]] = {}
    by_group: dict[str | None, list[int]] = {}
    for position, figure in enumerate(figures):
        by_period.setdefault(figure.since, []).append(position)
        by_group.setdefault(figure.key, []).append(position)
    if split:
        yield from by_period.values()
    if len(by_period) > 1:
        yield from by_group.values()
