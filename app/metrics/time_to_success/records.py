"""Counts as they come out of the database, and what is said of one group by them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.metrics.time_to_success.definitions import CAUSES, CENSORED, Ending
from app.metrics.time_to_success.statistics.incidence import Day


@dataclass(frozen=True, slots=True)
class Ended:
    """How many referrals of one group ended in one way on one day after their making.

    `late` counts referrals that were received late; only its sum over a group means something.
    """

    key: str | None
    ending: Ending
    day: int
    n: int
    late: int


Group = tuple[int, str | None]
"""The number of a period in its series, and the key of a group in it."""


class Tally:
    """Counts of a series of periods as they come together from facts and records."""

    def __init__(self, horizon: int) -> None:
        """Begin at nothing; what lies beyond the horizon is all counted on the day after it."""
        self._beyond: Final = horizon + 1
        self._found: defaultdict[Group, Counter[tuple[Ending, int]]] = defaultdict(Counter)
        self._late: Counter[Group] = Counter()

    def add(self, group: Group, ending: Ending, day: int, n: int) -> None:
        """Count n referrals more, or less."""
        self._found[group][ending, min(day, self._beyond)] += n

    def add_late(self, group: Group, n: int) -> None:
        """Count n more of a group's referrals as received late."""
        self._late[group] += n

    def ended(self, periods: int) -> list[list[Ended]]:
        """Return the counts of each period by key, those of nothing left out."""
        listed: list[list[Ended]] = [[] for _ in range(periods)]
        for group in sorted(self._found, key=lambda one: (one[0], one[1] or "")):
            number, key = group
            cells = sorted((cell, n) for cell, n in self._found[group].items() if n)
            late = [self._late[group], *([0] * len(cells))]
            listed[number] += [
                Ended(key, ending, day, n, some) for ((ending, day), n), some in zip(cells, late, strict=False)
            ]
        return listed


@dataclass(frozen=True, slots=True)
class Cohort:
    """The referrals of one group, followed to a horizon."""

    key: str | None
    horizon: int
    made: int
    late: int
    endings: Mapping[Ending, int]
    """Every ending within the horizon; they add up to `made`."""
    days: tuple[Day, ...]
    """The same by day, for the estimators: what was followed to the horizon is censored there."""

    @property
    def censored(self) -> int:
        """How many were lost sight of before the horizon."""
        return sum(self.endings[ending] for ending in CENSORED)

    def successes_until(self, day: int) -> int:
        """Return how many succeeded by the end of a day."""
        return sum(one.ended[0] for one in self.days if one.day <= day)


def cohort_of(key: str | None, horizon: int, counts: Iterable[Ended]) -> Cohort:
    """Put together one group's counts: what ends or is last seen after the horizon was still waiting at it."""
    endings: Counter[Ending] = Counter()
    by_day: dict[int, Counter[Ending]] = {}
    late = 0
    for one in counts:
        after = one.day > horizon or (one.day == horizon and one.ending not in CAUSES)
        ending, day = (Ending.waiting, horizon) if after else (one.ending, one.day)
        endings[ending] += one.n
        by_day.setdefault(day, Counter())[ending] += one.n
        late += one.late
    days = tuple(_day(day, found) for day, found in sorted(by_day.items()))
    return Cohort(key, horizon, endings.total(), late, {ending: endings[ending] for ending in Ending}, days)


def _day(day: int, found: Mapping[Ending, int]) -> Day:
    censored = sum(found[ending] for ending in (*CENSORED, Ending.waiting))
    return Day(day, tuple(found[cause] for cause in CAUSES), censored)
