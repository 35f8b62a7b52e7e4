"""Ratios and flags from counts. Pure Python."""

from dataclasses import dataclass

from app.metrics.definitions import SMALL


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with the counts it comes from; no value over an empty denominator."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Return numerator / denominator, or None."""
        return self.numerator / self.denominator if self.denominator else None


def is_small(count: int) -> bool:
    """Say whether a count is of few enough people to be recognised by."""
    return count in SMALL
