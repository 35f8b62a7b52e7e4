"""Estimators of a hidden population: by hand, by exact sums, and where the truth is known because it is simulated."""

from datetime import date
from math import exp, log, sqrt
from random import Random
from statistics import median

import pytest

from app.metrics.coverage.definitions import Refusal, Window
from app.metrics.coverage.statistics import (
    Answer,
    Bracket,
    Captures,
    CodeQuality,
    Estimate,
    bracket,
    chao,
    chapman,
    code_quality,
    one_inflation,
    zelterman,
)
from app.metrics.indicator import Period

TRUE = 750
_DAYS = 42
_PUBLISHED = Captures({1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1})
"""Persons without papers apprehended in four Dutch cities in 1995, by the number of times: van der Heijden, Cruyff and
van Houwelingen (2003), Statistica Neerlandica 57, 289-304, table 1."""


def known(answer: Answer) -> Estimate:
    assert isinstance(answer, Estimate), answer
    return answer


class TestByHand:
    def test_chao(self) -> None:
        """1880 + 1645 x 1644 / (2 x 184); Var = 183 [r^4/4 + r^3 + r^2/2] with r = 1645/183."""
        found = known(chao(_PUBLISHED))
        assert found.value == pytest.approx(1880 + 7348.8587, abs=1e-4)
        ratio = 1645 / 183
        assert found.variance == pytest.approx(183 * (ratio**4 / 4 + ratio**3 + ratio**2 / 2))
        spread = exp(1.96 * sqrt(log(1 + found.variance / 7348.8587**2)))
        assert (found.low, found.high) == pytest.approx((1880 + 7348.8587 / spread, 1880 + 7348.8587 * spread))
        assert 8000 < found.low < found.value < found.high < 10800

    def test_zelterman(self) -> None:
        """lambda = 366/1645 = 0.22249, 1 - exp(-lambda) = 0.19948: 1880 / 0.19948 = 9424.6."""
        found = known(zelterman(_PUBLISHED))
        assert found.value == pytest.approx(9424.6, abs=0.5)
        assert found.high - found.value == pytest.approx(1.96 * sqrt(found.variance))
        assert found.low < found.value

    def test_one_inflation(self) -> None:
        """1880 + 2/9 x 183^3 / 37^2 = 1880 + 2/9 x 6,128,487 / 1369 = 2874.8."""
        found = known(one_inflation(_PUBLISHED))
        assert found.value == pytest.approx(2874.8, abs=0.05)
        assert 1880 < found.low < found.value < found.high

    def test_chapman(self) -> None:
        """n1 = 100, n2 = 80, m = 40: 101 x 81 / 41 - 1; Var = 101 x 81 x 60 x 40 / (41^2 x 42)."""
        found = known(chapman(Captures({1: 100, 2: 40}, first=100, second=80, both=40)))
        assert found.value == pytest.approx(198.5366, abs=1e-4)
        assert found.variance == pytest.approx(278.1003, abs=1e-3)
        assert (found.low, found.high) == pytest.approx((165.851, 231.222), abs=1e-2)

    def test_the_bracket_holds_both_and_their_intervals(self) -> None:
        low, high = known(one_inflation(_PUBLISHED)), known(chao(_PUBLISHED))
        assert bracket(high, low) == Bracket(low.value, high.value, low.low, high.high)

    def test_the_excess_of_those_met_once(self) -> None:
        """Implied: 2 x 183^2 / (3 x 37) = 603.4 of 1645."""
        found = code_quality(_PUBLISHED)
        assert isinstance(found, CodeQuality)
        assert (found.once, found.implied, found.excess) == pytest.approx((1645, 603.405, 0.63319), abs=1e-3)
        assert found.suspicious


def test_chapman_and_sebers_variance_are_right_on_average_over_every_possible_recapture() -> None:
    """With n1 + n2 >= N Chapman's estimator has no bias, nor has Seber's estimate of its variance (Seber 1982, 3.1)."""
    from scipy.stats import hypergeom

    size, first, second = 100, 70, 60
    chances = {m: float(hypergeom.pmf(m, size, first, second)) for m in range(first + second - size, second + 1)}
    found = {
        m: known(chapman(Captures({1: first + second - 2 * m, 2: m}, first, second, m)))
        for m in chances
        if m <= first + second - 50
    }
    mean = sum(chances[m] * one.value for m, one in found.items())
    assert mean == pytest.approx(size, abs=1e-6)
    spread = sum(chances[m] * (one.value - size) ** 2 for m, one in found.items())
    assert sum(chances[m] * one.variance for m, one in found.items()) == pytest.approx(spread, rel=1e-6)


class TestRefusals:
    @pytest.mark.parametrize("estimator", [chao, one_inflation, zelterman, chapman, code_quality])
    @pytest.mark.parametrize(
        ("days", "reason"),
        [
            ({}, Refusal.too_few_persons),
            ({1: 19, 2: 15, 3: 15}, Refusal.too_few_persons),
            ({1: 60, 2: 9, 3: 8}, Refusal.too_few_seen_twice),
        ],
    )
    def test_below_50_persons_or_10_seen_twice_nothing_is_said(
        self, estimator: object, days: dict[int, int], reason: Refusal
    ) -> None:
        assert callable(estimator)
        assert estimator(Captures(days, 40, 40, 30)) is reason

    def test_at_50_persons_and_10_seen_twice_something_is(self) -> None:
        captures = Captures({1: 35, 2: 10, 3: 5}, 40, 40, 30)
        assert [type(said(captures)) for said in (chao, one_inflation, zelterman, chapman)] == [Estimate] * 4

    @pytest.mark.parametrize("once", [0, 1])
    def test_with_nobody_left_to_estimate_from_chao_says_nothing(self, once: int) -> None:
        assert chao(Captures({1: once, 2: 30, 3: 30})) is Refusal.too_few_seen_once

    def test_nothing_is_divided_by_zero(self) -> None:
        assert one_inflation(Captures({1: 40, 2: 20})) is Refusal.nobody_seen_three_times
        assert code_quality(Captures({1: 40, 2: 20})) is Refusal.nobody_seen_three_times
        assert zelterman(Captures({2: 40, 3: 20})) is Refusal.too_few_seen_once
        assert code_quality(Captures({2: 40, 3: 20})) is Refusal.too_few_seen_once
        assert chapman(Captures({1: 40, 2: 20}, 40, 26, 6)) is Refusal.too_few_recaptured

    def test_half_a_bracket_is_none(self) -> None:
        captures = Captures({1: 40, 2: 20})
        assert bracket(chao(captures), one_inflation(captures)) is Refusal.nobody_seen_three_times


def _street(chance: Random, meetings: float, *, wrong: float = 0.0, alike: float | None = None) -> Captures:
    """Let persons be met for 42 days, so often each on average; with wrong codes, each a person never met again.

    `alike` is the shape of the gamma distribution of how often each is met: the smaller, the more unequal.
    """
    days: dict[int, int] = {1: 0}
    halves = [0, 0, 0]
    for _ in range(TRUE):
        rate = meetings if alike is None else chance.gammavariate(alike, meetings / alike)
        met = [day for day in range(_DAYS) if chance.random() < rate / _DAYS]
        right = [day for day in met if chance.random() >= wrong]
        for day in set(met) - set(right):
            days[1] += 1
            halves[day >= _DAYS // 2] += 1
        if right:
            days[len(right)] = days.get(len(right), 0) + 1
            early, late = min(right) < _DAYS // 2, max(right) >= _DAYS // 2
            halves = [halves[0] + early, halves[1] + late, halves[2] + (early and late)]
    return Captures(days, *halves)


def _typical(estimator: object, *, times: int = 25, **street: float) -> float:
    """Return the median of an estimate over so many streets, the same in every run."""
    assert callable(estimator)
    chance = Random(750)  # noqa: S311 - a simulation
    meetings = street.pop("meetings")
    return median(known(estimator(_street(chance, meetings, **street))).value for _ in range(times))


def _held(meetings: float, wrong: float) -> tuple[int, int]:
    """Return how often of 40 times the bracket holds the truth, and how often it lies above it."""
    chance = Random(51)  # noqa: S311 - a simulation
    found = []
    for _ in range(40):
        captures = _street(chance, meetings, wrong=wrong, alike=6)
        found.append(bracket(chao(captures), one_inflation(captures)))
    brackets = [one for one in found if isinstance(one, Bracket)]
    assert len(brackets) == 40
    return sum(one.low <= TRUE <= one.high for one in brackets), sum(one.low > TRUE for one in brackets)


class TestWithAKnownTruth:
    """750 persons met over six weeks. The bounds are those of domain.md, with what chance leaves of 25 streets."""

    @pytest.mark.parametrize("meetings", [1.0, 1.5, 2.5])
    @pytest.mark.parametrize("estimator", [chao, one_inflation, zelterman, chapman])
    def test_everybody_alike_is_counted_right(self, estimator: object, meetings: float) -> None:
        assert _typical(estimator, meetings=meetings) == pytest.approx(TRUE, rel=0.05)

    def test_ten_percent_wrong_codes_make_chao_read_about_1040_and_the_variant_about_780(self) -> None:
        assert _typical(chao, meetings=1.5, wrong=0.1, alike=6) == pytest.approx(1040, rel=0.05)
        assert _typical(one_inflation, meetings=1.5, wrong=0.1, alike=6) == pytest.approx(780, rel=0.05)

    def test_very_unequal_persons_make_the_variant_read_about_420(self) -> None:
        assert _typical(one_inflation, meetings=0.7, alike=1, wrong=0.1) == pytest.approx(420, rel=0.1)
        assert _typical(chao, meetings=0.7, alike=1) < 0.75 * TRUE

    @pytest.mark.parametrize(("meetings", "wrong"), [(1.0, 0.0), (1.5, 0.0), (2.0, 0.0), (0.7, 0.1), (1.0, 0.1)])
    def test_the_bracket_holds_the_truth_nineteen_times_in_twenty(self, meetings: float, wrong: float) -> None:
        assert _held(meetings, wrong)[0] >= 38

    def test_wrong_codes_are_in_n_so_that_with_many_meetings_each_even_the_bracket_is_too_high(self) -> None:
        held, above = _held(2.0, 0.1)
        assert (held, above) == (0, 40)

    @pytest.mark.parametrize("estimator", [chao, one_inflation, zelterman, chapman])
    def test_intervals_hold_the_truth_as_often_as_they_say(self, estimator: object) -> None:
        assert callable(estimator)
        chance = Random(95)  # noqa: S311 - a simulation
        found = [known(estimator(_street(chance, 1.5))) for _ in range(100)]
        assert sum(one.low <= TRUE <= one.high for one in found) >= 90

    def test_one_street_in_twenty_is_suspected_without_a_wrong_code_and_most_with_many(self) -> None:
        chance = Random(20)  # noqa: S311 - a simulation
        suspected = {}
        for wrong in (0.0, 0.1, 0.2):
            found = [code_quality(_street(chance, 2.0, wrong=wrong)) for _ in range(60)]
            suspected[wrong] = sum(isinstance(one, CodeQuality) and one.suspicious for one in found)
        assert suspected[0.0] <= 6
        assert suspected[0.0] < suspected[0.1] < suspected[0.2]
        assert suspected[0.2] >= 50


class TestWindow:
    @pytest.mark.parametrize(
        ("until", "weeks", "since", "middle", "year"),
        [
            ("2026-04-01", 4, "2026-03-04", "2026-03-18", 2026),
            ("2026-04-01", 5, "2026-02-25", "2026-03-14", 2026),
            ("2026-04-01", 8, "2026-02-04", "2026-03-04", 2026),
            ("2027-01-01", 6, "2026-11-20", "2026-12-11", 2026),
            ("2026-02-12", 6, "2026-01-01", "2026-01-22", 2026),
            ("2026-02-11", 6, "2025-12-31", "2026-01-21", None),
            ("2027-01-02", 4, "2026-12-05", "2026-12-19", None),
        ],
    )
    def test_ends_with_the_period_and_has_one_key_or_none(
        self, until: str, weeks: int, since: str, middle: str, year: int | None
    ) -> None:
        window = Window.ending(date.fromisoformat(until), weeks)
        assert window == Window(
            Period(date.fromisoformat(since), date.fromisoformat(until)), date.fromisoformat(middle)
        )
        assert window.key_period == year

    def test_at_the_beginning_of_time_is_cut(self) -> None:
        assert Window.ending(date.fromisoformat("0001-01-02"), 8).period == Period(
            date.fromisoformat("0001-01-01"), date.fromisoformat("0001-01-02")
        )
