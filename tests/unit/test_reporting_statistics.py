"""Quantiles of counted hours are those of the list, by nearest rank."""

import math
import statistics
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.metrics.reporting.statistics import quantile, within
from tests.effort import examples
from tests.oracles.reporting import nearest_rank

_HOURS = st.lists(st.integers(0, 9600), min_size=1, max_size=60)


@examples(200)
@given(_HOURS, st.integers(1, 100))
def test_a_quantile_is_the_value_at_its_rank(hours: list[int], percent: int) -> None:
    assert quantile(Counter(hours), percent / 100) == nearest_rank(hours, percent)


@examples(200)
@given(_HOURS)
def test_the_median_is_the_lower_one_of_the_standard_library(hours: list[int]) -> None:
    assert quantile(Counter(hours), 0.5) == statistics.median_low(hours)


@examples(100)
@given(_HOURS)
def test_the_ninth_decile_lies_between_the_values_the_standard_library_interpolates(hours: list[int]) -> None:
    repeated = sorted([*hours, *hours])
    interpolated = statistics.quantiles(repeated, n=10, method="inclusive")[8]
    position = 0.9 * (len(repeated) - 1)
    low, high = repeated[math.floor(position)], repeated[math.ceil(position)]
    assert low <= interpolated <= high
    assert repeated[max(0, math.floor(position) - 1)] <= (quantile(Counter(repeated), 0.9) or 0) <= high


def test_it_agrees_with_numpy_and_there_is_none_of_nothing() -> None:
    import numpy as np

    hours = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]
    for percent in (10, 25, 50, 75, 90, 99, 100):
        wanted = np.quantile(hours, percent / 100, method="inverted_cdf")
        assert quantile(Counter(hours), percent / 100) == int(wanted)
    assert quantile({}, 0.5) is None
    assert within(Counter(hours), 8) == 6
