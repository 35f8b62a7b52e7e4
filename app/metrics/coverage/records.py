"""Counts as they come out of the database, and what is made of them."""

from dataclasses import dataclass
from typing import Final

from app.metrics.coverage import statistics
from app.metrics.coverage.definitions import PLAN_TARGET, PUBLISHED, Estimator, Reference, Refusal
from app.metrics.coverage.statistics import Answer, Bracket, Captures

_ESTIMATORS: Final = {
    Estimator.chao: statistics.chao,
    Estimator.one_inflation: statistics.one_inflation,
    Estimator.zelterman: statistics.zelterman,
    Estimator.chapman: statistics.chapman,
}


@dataclass(frozen=True, slots=True)
class Met:
    """Meetings with one person on some days, those with a card of the days' key period, and the late ones."""

    encounters: int = 0
    with_card: int = 0
    late: int = 0

    def __add__(self, other: "Met") -> "Met":
        """Add those of other days or places."""
        return Met(self.encounters + other.encounters, self.with_card + other.with_card, self.late + other.late)


@dataclass(frozen=True, slots=True)
class Line:
    """Persons against a denominator that is only known to lie between two ends."""

    persons: int
    denominator: float
    lowest: float
    highest: float

    def over(self, denominator: float) -> float:
        """Return the ratio."""
        return self.persons / denominator


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a window; `met` is None when nothing could be, for want of one key period or of its cards."""

    met: Met | None
    captures: Captures
    why: Refusal = Refusal.straddles_new_year
    """Why nothing could be counted, where that is so."""

    def estimate(self, estimator: Estimator) -> Answer:
        """Return an estimate, or why there is none."""
        return _ESTIMATORS[estimator](self.captures) if self.met else self.why

    def bracket(self) -> Bracket | Refusal:
        """Return what the first two estimators hold between them."""
        return statistics.bracket(self.estimate(Estimator.chao), self.estimate(Estimator.one_inflation))

    def line(self, reference: Reference) -> Line | Refusal:
        """Return the persons met against a denominator, or why they cannot be read against it."""
        persons = self.captures.persons
        if not self.met:
            return self.why
        if reference is Reference.target:
            return Refusal.no_target if PLAN_TARGET is None else Line(persons, *[PLAN_TARGET] * 3)
        if not persons:
            return Refusal.nobody_with_a_card
        if reference is Reference.published:
            return Line(persons, sum(PUBLISHED) / 2, *PUBLISHED)
        chao, both = self.estimate(Estimator.chao), self.bracket()
        if isinstance(chao, Refusal):
            return chao
        return both if isinstance(both, Refusal) else Line(persons, chao.value, both.low, both.high)
