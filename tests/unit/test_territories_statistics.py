"""Divergence and displacement against reference implementations and published readings."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.territories.statistics import Areas, displacement, jensen_shannon
from tests.effort import examples

_COUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 500))
_AREAS = st.builds(Areas, st.integers(0, 300), st.integers(0, 300), st.integers(1, 300))


@examples(150)
@given(_COUNTS, _COUNTS)
def test_the_divergence_is_the_square_of_scipys_distance(first: dict[str, int], second: dict[str, int]) -> None:
    from scipy.spatial.distance import jensenshannon

    found = jensen_shannon(first, second)
    if not sum(first.values()) or not sum(second.values()):
        assert found is None
        return
    keys = sorted(first.keys() | second.keys())
    vectors = ([counts.get(key, 0) for key in keys] for counts in (first, second))
    assert found == pytest.approx(jensenshannon(*vectors, base=2) ** 2, abs=1e-9)
    assert found == pytest.approx(jensen_shannon(second, first))


def test_the_divergence_is_0_for_the_same_and_1_bit_for_nothing_in_common() -> None:
    assert jensen_shannon({"a": 1, "b": 3}, {"a": 10, "b": 30}) == 0
    assert jensen_shannon({"a": 5}, {"b": 9}) == 1
    assert jensen_shannon({"a": 1, "b": 1}, {"a": 1}) == pytest.approx(0.311278, abs=1e-6)  # 3/4 log2(4/3)


def test_chance_alone_gives_the_divergence_its_docstring_says() -> None:
    chance = Random(1991)  # noqa: S311 - the same draws in every run
    shares, found = [0.4, 0.3, 0.2, 0.1], 0.0
    for _ in range(400):
        drawn = [chance.choices("abcd", shares, k=size) for size in (200, 300)]
        found += (jensen_shannon(*({key: one.count(key) for key in "abcd"} for one in drawn)) or 0) / 400
    assert found == pytest.approx(3 * (1 / 200 + 1 / 300) / (8 * 0.693147), rel=0.1)


@pytest.mark.parametrize(
    ("before", "after", "reading"),
    [
        # Readings of the quotient: Guerette, Analyzing Crime Displacement and Diffusion (2009), appendix C.
        (Areas(100, 100, 100), Areas(50, 40, 100), lambda q: q > 1),  # the spread is greater than the effect
        (Areas(100, 100, 100), Areas(50, 80, 100), lambda q: 0 < q < 1),  # it spread, but less than the effect
        (Areas(100, 100, 100), Areas(50, 100, 100), lambda q: q == 0),  # no effect around
        (Areas(100, 100, 100), Areas(50, 120, 100), lambda q: -1 < q < 0),  # less went next door than left
        (Areas(100, 100, 100), Areas(50, 150, 100), lambda q: q == -1),  # all that left went next door
        (Areas(100, 100, 100), Areas(50, 180, 100), lambda q: q < -1),  # more than left
    ],
)
def test_the_quotient_reads_as_published(before: Areas, after: Areas, reading: object) -> None:
    found = displacement(before, after)
    assert found.success is not None
    assert found.success < 0
    assert callable(reading)
    assert reading(found.quotient)


@examples(150)
@given(_AREAS, _AREAS)
def test_the_quotient_is_the_published_formula(before: Areas, after: Areas) -> None:
    """WDQ = (Da/Ca - Db/Cb) / (Ra/Ca - Rb/Cb), as appendix B of the same guide writes it."""
    response = after.target / after.control - before.target / before.control
    buffer = after.buffer / after.control - before.buffer / before.control
    found = displacement(before, after)
    assert found.success == pytest.approx(response, abs=1e-12)
    assert found.buffer == pytest.approx(buffer, abs=1e-12)
    if found.quotient is None:
        assert response == pytest.approx(0, abs=1e-12)
        assert found.reason == "the target did not change against the control"
    else:
        assert found.quotient == pytest.approx(buffer / response, rel=1e-6, abs=1e-9)


def test_without_a_control_there_is_no_quotient() -> None:
    for before, after in ((Areas(1, 1, 0), Areas(1, 1, 1)), (Areas(1, 1, 1), Areas(1, 1, 0))):
        found = displacement(before, after)
        assert (found.quotient, found.success) == (None, None)
        assert found.reason == "nothing in the control area in one of the periods"


def test_a_trend_that_all_areas_share_is_no_displacement() -> None:
    found = displacement(Areas(100, 60, 40), Areas(50, 30, 20))
    assert (found.success, found.buffer, found.quotient) == (0, 0, None)
