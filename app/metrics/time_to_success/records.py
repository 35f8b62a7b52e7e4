"""Counts as they come out of the database, and what is said of one group by them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.metrics.time_to_success.definitions import CAUSES, CENSORED, Ending
from app.metrics.time_to_success.statistics.incidence import Day


@dataclass(frozen=True, slots=True)
class Ended:
    """How many referrals of one group ended in one way on one day after their making; n >= late."""

    key: str | None
    ending: Ending
    day: int
    n: int
    late: int


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
