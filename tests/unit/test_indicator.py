import pytest

from app.metrics.indicator import Ratio, is_small


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"), [(0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0), (1, 3, 1 / 3), (0, 0, None)]
)
def test_a_ratio_is_exact_and_has_no_value_over_nothing(numerator: int, denominator: int, value: float | None) -> None:
    assert Ratio(numerator, denominator).value == value


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (10, True), (11, False), (5000, False)])
def test_counts_of_one_to_ten_are_small_and_none_is_not(count: int, small: bool) -> None:  # noqa: FBT001 - a case
    assert is_small(count) is small
