"""Quantiles of whole hours, counted. Pure Python."""

import math
from collections.abc import Mapping

Histogram = Mapping[int, int]
"""How many records each number of hours has."""


def quantile(histogram: Histogram, share: float) -> int | None:
    """Return the smallest number that at least this share of the values does not exceed, or None without values.

    The inverse of the empirical distribution function, also called nearest rank: definition 1 of Hyndman and Fan,
    Sample Quantiles in Statistical Packages, The American Statistician 50 (1996). It is always one of the values.
    `share` lies in (0, 1]. Exact: the histogram holds every value.
    """
    total = sum(histogram.values())
    rank, passed = math.ceil(round(share * total, 9)), 0
    for value in sorted(histogram):
        passed += histogram[value]
        if passed >= rank and passed:
            return value
    return None


def within(histogram: Histogram, limit: int) -> int:
    """Return how many values do not exceed a limit."""
    return sum(count for value, count in histogram.items() if value <= limit)
