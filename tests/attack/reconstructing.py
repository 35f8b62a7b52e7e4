"""Reconstruction: every published value is an interval, every sum an equation; how narrow do the intervals become?

Integer programming (HiGHS) over all releases of a year. The attacker knows the method and its reach, that a quarter is
the sum of three months, and that no record came late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from app.releases import rules
from app.releases.cells import EVERYWHERE
from app.releases.records import Key
from app.releases.vocabulary import CATEGORIES, WHOLE, Dimension, Measure
from tests.attack.city import MONTHS, City, PlacedKey
from tests.attack.guessing import floor_of

Part = frozenset[tuple[Dimension, str]]
"""What a record is in every split of its measure."""


def _crossed(*dimensions: Dimension) -> list[Part]:
    splits = [[(dimension, str(one)) for one in CATEGORIES[dimension]] for dimension in dimensions]
    return [frozenset(part) for part in product(*splits)]


_PARTS = {
    Measure.encounters: _crossed(),
    Measure.referrals: _crossed(Dimension.stage),
    Measure.first_contacts: _crossed(Dimension.gender, Dimension.age_band),
}
_MOST = 100_000


@dataclass(frozen=True)
class Interval:
    """What an attacker knows of a cell."""

    cell: PlacedKey
    truth: int
    low: int
    high: int

    @property
    def width(self) -> int:
        return self.high - self.low


def possible(value: int | None, floor: int) -> tuple[int, int]:
    """Return the least and the largest count that may be published so; a moved count is never below 0."""
    if value is None:
        return 0, max(n for n in range(floor + rules.REACH) if _may(n, None, floor))
    near = range(max(0, value - 2 * rules.REACH), value + 2 * rules.REACH)
    fitting = [n for n in near if _may(n, value, floor)]
    return fitting[0], fitting[-1]


def _may(count: int, value: int | None, floor: int) -> bool:
    steps = rules.transition(min(count, rules.REACH))
    return any(p and rules.shown(count + step - rules.REACH, floor) == value for step, p in enumerate(steps))


class Puzzle:
    """The unknowns of one measure and the equations between them."""

    def __init__(self, city: City, published: Mapping[PlacedKey, int | None], measure: Measure) -> None:
        """Write down everything that is published of a measure."""
        self.city, self.measure = city, measure
        atoms = [(month, place, part) for month in MONTHS for place in city.places for part in _PARTS[measure]]
        self.column = {atom: number for number, atom in enumerate(atoms)}
        self.cells = [cell for cell in published if cell[1].measure is measure]
        rows = [self._members(cell) for cell in self.cells]
        limits = [possible(published[cell], floor_of(measure)) for cell in self.cells]
        self.known = LinearConstraint(
            self._matrix(rows), np.array([low for low, _ in limits]), np.array([high for _, high in limits])
        )

    def _members(self, cell: PlacedKey) -> list[int]:
        period, key = cell
        return [
            number
            for (month, place, part), number in self.column.items()
            if period.since <= month.since < period.until
            and key.place in {EVERYWHERE, place}
            and (key.dimension is Dimension.total or (key.dimension, key.category) in part)
        ]

    def _matrix(self, rows: list[list[int]]) -> csr_array:
        lines = [line for line, row in enumerate(rows) for _ in row]
        columns = [number for row in rows for number in row]
        return csr_array((np.ones(len(columns)), (lines, columns)), shape=(len(rows), len(self.column)))

    def interval(self, cell: PlacedKey) -> Interval:
        """Return between what a cell lies, given everything."""
        aim = np.zeros(len(self.column))
        aim[self._members(cell)] = 1
        ends = []
        for sign in (1, -1):
            found = milp(sign * aim, constraints=self.known, bounds=Bounds(0, _MOST), integrality=np.ones_like(aim))
            assert found.success, found.message
            ends.append(round(sign * found.fun))
        return Interval(cell, self.city.tally(cell).count, ends[0], ends[1])


def small_cells(city: City, measure: Measure) -> list[PlacedKey]:
    """Return the cells of 1-10 that are published, and places in months, which nobody publishes."""
    finer = [(month, Key(place, measure, Dimension.total, WHOLE)) for month in MONTHS for place in city.places]
    counted = {cell: city.tally(cell).count for cell in city.cells() if cell[1].measure is measure}
    for cell in finer:
        counted[cell] = sum(
            record.unit is measure and record.month == cell[0] and record.place == cell[1].place
            for record in city.records
        )
    return [cell for cell, count in counted.items() if 1 <= count <= 10]
