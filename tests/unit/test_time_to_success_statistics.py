"""The curve and the test of time to success, against published figures, other libraries and slow plain ones."""

import math
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from app.metrics.time_to_success.definitions import NO_REFERRALS, NOT_REACHED, TOO_SHORT
from app.metrics.time_to_success.statistics.chi_square import survival
from app.metrics.time_to_success.statistics.curve import Curve
from app.metrics.time_to_success.statistics.gray import GrayTest, gray_test
from app.metrics.time_to_success.statistics.incidence import Day, at_day, band, cumulative_incidence
from tests.oracles import time_to_success as oracle
from tests.oracles.gray import Person, gray

Lives = Sequence[tuple[int, int]]
"""(day, 0 censored, 1 the cause of interest, 2 another)."""

# Bone marrow transplants: Klein and Moeschberger (1997), section 1.3, as used by Guo and So (2018), SAS2159-2018: days
# to 1 relapse or 2 death, 0 censored, of patients with ALL, low-risk AML and high-risk AML. The figures they are held
# against are those of cmprsk 2.2-12, as printed by the CAMIS project (PSIAIMS): four digits, and seven.
_ALL = """
2081 0 1602 0 1496 0 1462 0 1433 0 1377 0 1330 0 996 0 226 0 1199 0 1111 0 530 0 1182 0 1167 0 418 2
383 1 276 2 104 1 609 1 172 2 487 2 662 1 194 2 230 1 526 2 122 2 129 1 74 1 122 1 86 2 466 2 192 1
109 1 55 1 1 2 107 2 110 1 332 2
"""
_LOW = """
2569 0 2506 0 2409 0 2218 0 1857 0 1829 0 1562 0 1470 0 1363 0 1030 0 860 0 1258 0 2246 0 1870 0
1799 0 1709 0 1674 0 1568 0 1527 0 1324 0 957 0 932 0 847 0 848 0 1850 0 1843 0 1535 0 1447 0 1384 0
414 2 2204 2 1063 2 481 2 105 2 641 2 390 2 288 2 421 1 79 2 748 1 486 1 48 2 272 1 1074 2 381 1 10
2 53 2 80 2 35 2 248 1 704 2 211 1 219 1 606 1
"""
_HIGH = """
2640 0 2430 0 2252 0 2140 0 2133 0 1238 0 1631 0 2024 0 1345 0 1136 0 845 0 422 1 162 2 84 1 100 1 2
2 47 1 242 1 456 1 268 1 318 2 32 1 467 1 47 1 390 1 183 2 105 2 115 1 164 2 93 1 120 1 80 2 677 2
64 1 168 2 74 2 16 2 157 1 625 1 48 1 273 1 63 2 76 1 113 1 363 2
"""


def lives(listed: str) -> Lives:
    numbers = list(map(int, listed.split()))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


TRANSPLANTS = [lives(group) for group in (_ALL, _LOW, _HIGH)]


def days_of(group: Lives, of_interest: int = 1) -> list[Day]:
    """Return the counts by day of one group."""
    found = Counter(group)
    other = 3 - of_interest
    return [
        Day(day, (found[day, of_interest], found[day, other]), found[day, 0])
        for day in sorted({day for day, _ending in group})
    ]


def people_of(groups: Iterable[Lives], of_interest: int = 1) -> list[Person]:
    """Return the same one by one, for the oracle."""
    codes = {0: 0, of_interest: 1, 3 - of_interest: 2}
    return [(number, day, codes[ending]) for number, group in enumerate(groups) for day, ending in group]


def compared(groups: Sequence[Lives]) -> GrayTest:
    found = gray_test([days_of(group) for group in groups])
    assert found is not None
    return found


def drawn(rng: np.random.Generator, size: int, *, scale: float, seen: float, competing: float = 1.0) -> Lives:
    """Draw referrals as the service dates them: started days to an ending, full days of follow-up."""
    ending = np.where(rng.random(size) < 0.4, 1, 2)
    took = np.ceil(rng.exponential(np.where(ending == 1, scale, scale * competing)))
    followed = np.floor(rng.uniform(0, seen, size))
    return [
        (int(day), int(code)) if day <= until else (int(until), 0)
        for day, code, until in zip(took, ending, followed, strict=True)
    ]


class TestTheCurve:
    def test_of_ten_referrals_worked_out_by_hand(self) -> None:
        """Two declined at once; day 1: 8 at risk, 2 succeed, 1 refused, 1 censored; day 3: 4 at risk, 1 succeeds."""
        days = [Day(0, (0, 2), 0), Day(1, (2, 1), 1), Day(3, (1, 0), 1), Day(5, (1, 1), 0)]
        steps = cumulative_incidence(days)
        assert [(step.day, step.at_risk) for step in steps] == [(0, 10), (1, 8), (3, 4), (5, 2)]
        expected = [
            (Fraction(0), Fraction(1, 5), Fraction(4, 5)),
            (Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)),
            (Fraction(13, 40), Fraction(3, 10), Fraction(3, 8)),
            (Fraction(41, 80), Fraction(39, 80), Fraction(0)),
        ]
        for step, (success, refused, waiting) in zip(steps, expected, strict=True):
            assert (*step.incidence, step.waiting) == pytest.approx((success, refused, waiting))

    def test_of_transplants_is_the_published_one(self) -> None:
        steps = cumulative_incidence(days_of(TRANSPLANTS[1]))
        published = {0.5: None, 1: 0.0741, 1.5: 0.1296, 2: 0.1481, 3: 0.1667}
        found = {years: at_day(steps, int(years * 365.25)) for years in published}
        shown = {years: round(step.incidence[0], 4) for years, step in found.items() if step and step.incidence[0]}
        assert shown == {years: share for years, share in published.items() if share}
        # printed is Aalen's standard error (0.0360) with its limits (0.0234, 0.1646): near the delta method
        year = found[1]
        assert year is not None
        assert math.sqrt(year.variance) == pytest.approx(0.0360, abs=5e-4)
        assert band(year.incidence[0], year.variance) == pytest.approx((0.0234, 0.1646), abs=2e-3)

    @pytest.mark.parametrize("seed", range(5))
    def test_its_variance_and_limits_are_those_of_lifelines_where_no_causes_are_tied(self, seed: int) -> None:
        """Where they are, lifelines moves them apart by chance: it cannot say what we need."""
        from lifelines import AalenJohansenFitter  # type: ignore[import-untyped]  # it ships no types

        rng = np.random.default_rng(seed)
        times, endings = rng.permutation(300)[:120] + 1, rng.integers(0, 3, 120)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it takes logarithms of 0
            fitted = AalenJohansenFitter().fit(times, endings, event_of_interest=1)
        group = [(int(time), int(ending)) for time, ending in zip(times, endings, strict=True)]
        theirs = fitted.cumulative_density_.iloc[:, 0]
        limits = fitted.confidence_interval_
        for step in cumulative_incidence(days_of(group))[:-1]:
            assert step.incidence[0] == pytest.approx(theirs[step.day])
            assert step.variance == pytest.approx(fitted.variance_[step.day], abs=1e-12)
            low, high = band(step.incidence[0], step.variance)
            if low is not None and high is not None:
                assert sorted(limits.loc[step.day]) == pytest.approx([low, high])

    @pytest.mark.parametrize("seed", range(8))
    def test_is_what_a_count_of_each_referral_gives_however_tied(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        group = drawn(rng, 60, scale=2, seen=(4, 12)[seed % 2])
        seen = [(("open", "success", "refused")[ending], day) for day, ending in group]
        expected = oracle.incidence(seen, 30)
        steps = cumulative_incidence(days_of(group))
        assert [step.day for step in steps] == list(expected)
        for step in steps:
            there = expected[step.day]
            wanted = (there["success"], there["refused"], there["waiting"], there["at_risk"])
            assert (*step.incidence, step.waiting, step.at_risk) == pytest.approx(tuple(map(float, wanted)))
            assert step.variance == pytest.approx(float(oracle.variance(seen, 30, step.day)), abs=1e-15)

    def test_without_censoring_is_a_share_with_the_variance_of_one(self) -> None:
        group = [
            (day, ending)
            for day, ending, times in ((0, 2, 4), (1, 1, 9), (1, 2, 3), (4, 1, 2), (9, 2, 2))
            for _ in range(times)
        ]
        for step in cumulative_incidence(days_of(group)):
            share = sum(ending == 1 and day <= step.day for day, ending in group) / 20
            assert step.incidence[0] == pytest.approx(share)
            assert step.variance == pytest.approx(share * (1 - share) / 20)

    def test_has_limits_that_hold_the_truth_as_often_as_they_say(self) -> None:
        rng, held = np.random.default_rng(75118), []
        truth = 0.4 * (1 - math.exp(-4 / 3))  # of 40 %, those within 4 days at a mean of 3
        for _ in range(600):
            step = at_day(cumulative_incidence(days_of(drawn(rng, 80, scale=3, seen=15))), 4)
            assert step is not None
            low, high = band(step.incidence[0], step.variance)
            assert low is not None
            assert high is not None
            held.append(low <= truth <= high)
        assert 0.93 <= np.mean(held) <= 0.97

    def test_of_a_recent_cohort_is_right_because_an_outcome_counts_when_its_day_is_over(self) -> None:
        """The rule of the definition; were outcomes to count at once, day 1 would show too many of them."""
        rng, hour = np.random.default_rng(18), 3_600_000
        right, hasty = [], []
        for _ in range(200):
            made = rng.integers(0, 48, 150) * hour  # within the last two days
            took = np.ceil(rng.exponential(24, 150) * hour).astype(int)  # hence 63 % on the first day
            ended = [bool(lag <= age) for lag, age in zip(took, made, strict=True)]
            rows = [
                _referral(-int(age), int(lag) if end else None) for age, lag, end in zip(made, took, ended, strict=True)
            ]
            seen = [oracle.ending_of(row, 0) for row in rows]
            at_once = [
                ("success", 1 + (lag - 1) // (24 * hour)) if end else ("open", age // (24 * hour))
                for lag, age, end in zip(took, made, ended, strict=True)
            ]
            right.append(float(oracle.incidence(seen, 1)[1]["success"]))
            hasty.append(float(oracle.incidence(at_once, 1)[1]["success"]))
        assert np.mean(right) == pytest.approx(1 - math.exp(-1), abs=0.01)
        assert np.mean(hasty) > 0.7


def _referral(made_at: int, took: int | None) -> oracle.Row:
    arrived = None if took is None else made_at + took
    state = "requested" if took is None else "arrived"
    return {"created_at": made_at, "success": "arrived", "arrived_at": arrived, "admitted_at": None, "state": state}


class TestWhatIsReadOffIt:
    _DAYS = (Day(1, (3, 2), 0), Day(4, (2, 0), 0), Day(9, (0, 0), 3))

    def test_a_quantile_is_the_first_day_that_reaches_its_share_of_everybody(self) -> None:
        curve = Curve.of(self._DAYS, 9)
        assert [curve.quantile(share).value for share in (0.25, 0.3, 0.31, 0.5, 0.51)] == [1, 1, 4, 4, None]
        assert curve.quantile(0.51).reason == NOT_REACHED

    @pytest.mark.parametrize("referrals", range(2, 120, 2))
    def test_half_of_the_cohort_is_half_of_it_whatever_the_rounding(self, referrals: int) -> None:
        half = referrals // 2
        days = [Day(day, (1, 0), 0) for day in range(1, half + 1)] + [Day(half + 1, (0, half), 0)]
        assert Curve.of(days, 365).quantile(0.5).value == half

    def test_its_limits_are_where_those_of_the_curve_cross_the_share(self) -> None:
        days = [Day(day, (2, 1), 0) for day in range(1, 26)]
        found, steps = Curve.of(days, 30).quantile(0.5), cumulative_incidence(days)
        limits = {step.day: band(step.incidence[0], step.variance) for step in steps}
        assert (found.low, found.value, found.high) == (
            min(day for day, (_low, high) in limits.items() if high is not None and high >= 0.5),
            19,
            min(day for day, (low, _high) in limits.items() if low is not None and low >= 0.5),
        )

    def test_there_is_nothing_to_read_after_the_last_day_anybody_was_followed_to(self) -> None:
        curve = Curve.of(self._DAYS, 30)
        assert curve.known_until == 9
        assert [curve.at(0).value, curve.at(9).value] == pytest.approx([0.0, 0.5])
        assert (curve.at(10).value, curve.at(10).reason) == (None, TOO_SHORT)

    def test_once_all_have_ended_nothing_can_change_any_more(self) -> None:
        curve = Curve.of([Day(1, (1, 1), 0), Day(2, (1, 1), 0)], 30)
        assert curve.known_until == 30
        assert curve.at(30).value == pytest.approx(0.5)

    def test_an_empty_cohort_has_a_reason_instead_of_figures(self) -> None:
        curve = Curve.of([], 30)
        assert (curve.known_until, curve.steps) == (None, [])
        assert {curve.at(1).reason, curve.quantile(0.5).reason} == {NO_REFERRALS}

    def test_a_share_of_none_or_all_has_no_limits(self) -> None:
        assert [band(share, 0.01) for share in (0.0, 1.0)] == [(None, None)] * 2

    def test_limits_stay_within_0_and_1_however_wide(self) -> None:
        assert list(band(0.5, 1e6)) == pytest.approx([0.0, 1.0])


class TestGraysTest:
    @pytest.mark.parametrize(("of_interest", "published"), [(1, 11.9228820), (2, 0.1374108)])
    def test_of_transplants_is_the_published_one_but_for_a_tie_between_causes(
        self, of_interest: int, published: float
    ) -> None:
        """The oracle is Gray's own and gives the published figure; ours also minds the two patients of day 122."""
        classical, scores = gray(people_of(TRANSPLANTS, of_interest))
        assert classical == pytest.approx(published, abs=5e-8)
        found = gray_test([days_of(group, of_interest) for group in TRANSPLANTS])
        assert found is not None
        assert found.scores == pytest.approx(list(scores))
        assert found.statistic == pytest.approx(published, rel=1e-3)

    def test_of_transplants_whose_tie_is_broken_is_gray_to_the_last_digit(self) -> None:
        apart = [[(2 * day + (ending == 2), ending) for day, ending in group] for group in TRANSPLANTS]
        found, (classical, _scores) = compared(apart), gray(people_of(apart))
        assert found.statistic == pytest.approx(classical)
        assert found.degrees == 2
        assert found.p == pytest.approx(math.exp(-classical / 2))

    @pytest.mark.parametrize("sizes", [(40, 40), (30, 60, 45), (25, 25, 40, 50, 30)])
    def test_is_gray_wherever_no_causes_are_tied(self, sizes: Sequence[int]) -> None:
        rng = np.random.default_rng(sum(sizes))
        groups = [[(3 * day + ending, ending) for day, ending in drawn(rng, size, scale=4, seen=20)] for size in sizes]
        classical, scores = gray(people_of(groups))
        found = compared(groups)
        assert found.statistic == pytest.approx(classical)
        assert found.degrees == len(sizes) - 1
        assert found.scores == pytest.approx(list(scores))
        assert sum(found.scores) == pytest.approx(0, abs=1e-9)

    def test_without_competing_causes_has_the_score_of_the_log_rank_test(self) -> None:
        """The score is the log-rank one, observed less expected. The variance is another estimate of the same: it goes
        by the pooled incidence where the log-rank test goes by the pooled hazard, so statistics differ a little."""
        from lifelines.statistics import (  # type: ignore[import-untyped]  # it ships no types
            multivariate_logrank_test,
        )

        rng = np.random.default_rng(20)
        groups = [
            [(day, min(ending, 1)) for day, ending in drawn(rng, 150, scale=scale, seen=40)] for scale in (8, 8, 11)
        ]
        people = people_of(groups)
        found = compared(groups)
        observed_less_expected = [0.0] * 3
        for now in {day for _group, day, ending in people if ending}:
            at_risk = Counter(group for group, day, _ending in people if day >= now)
            ended = Counter(group for group, day, ending in people if day == now and ending)
            for group in range(3):
                observed_less_expected[group] += ended[group] - ended.total() * at_risk[group] / at_risk.total()
        assert found.scores == pytest.approx(observed_less_expected)
        labels, times, ends = zip(*people, strict=True)
        logrank = multivariate_logrank_test(times, labels, ends)
        assert found.statistic == pytest.approx(logrank.test_statistic, rel=0.05)
        assert found.p == pytest.approx(logrank.p_value, rel=0.2)

    def test_does_not_depend_on_the_order_of_the_groups(self) -> None:
        statistics = [compared(order).statistic for order in permutations(TRANSPLANTS)]
        assert statistics == pytest.approx([statistics[0]] * 6)

    @pytest.mark.parametrize(
        ("scale", "seen", "competing"),
        [(0.5, 1e9, (1.0, 0.2, 1.0)), (0.7, 8, (1.0, 1.0, 0.5)), (5, 20, (1.0, 1.0, 2.0))],
    )
    def test_rejects_one_true_hypothesis_in_twenty_however_tied_the_days(
        self, scale: float, seen: float, competing: tuple[float, ...]
    ) -> None:
        rng = np.random.default_rng(5)
        ps = [
            compared([drawn(rng, 60, scale=scale, seen=seen, competing=other) for other in competing]).p
            for _ in range(800)
        ]
        assert 0.03 <= np.mean(np.array(ps) < 0.05) <= 0.07
        assert 0.45 <= np.mean(np.array(ps) < 0.5) <= 0.55

    def test_would_reject_too_many_with_a_variance_that_knows_no_ties_between_causes(self) -> None:
        rng = np.random.default_rng(5)
        statistics = [
            gray(people_of([drawn(rng, 60, scale=0.5, seen=1e9, competing=other) for other in (1.0, 0.2, 1.0)]))[0]
            for _ in range(200)
        ]
        assert np.mean([survival(statistic, 2) < 0.05 for statistic in statistics]) > 0.08

    def test_sees_a_difference_that_is_there(self) -> None:
        rng = np.random.default_rng(6)
        groups = [drawn(rng, 150, scale=scale, seen=20) for scale in (2, 20)]
        assert compared(groups).p < 0.001

    def test_between_groups_without_a_success_does_not_exist(self) -> None:
        nobody = [Day(1, (0, 20), 0), Day(3, (0, 5), 10)]
        assert gray_test([nobody, nobody]) is None

    def test_bears_groups_that_end_long_before_the_others(self) -> None:
        early = [Day(1, (50, 0), 0)]
        late = [Day(5, (25, 0), 0), Day(6, (25, 0), 0)]
        longer = [Day(6, (20, 5), 5), Day(8, (10, 5), 5)]
        found = gray_test([early, late, longer])
        assert found is not None
        assert math.isfinite(found.statistic)
        assert found.p < 0.001


class TestTheTailOfTheChiSquareDistribution:
    @pytest.mark.parametrize("degrees", range(1, 16))
    def test_is_that_of_scipy(self, degrees: int) -> None:
        from scipy.stats import chi2

        for statistic in (0.0, 1e-9, 0.01, 0.5, 1.0, 3.84, 10.0, 40.0, 200.0, 900.0):
            assert survival(statistic, degrees) == pytest.approx(chi2.sf(statistic, degrees), rel=1e-10)

    def test_has_its_textbook_critical_values(self) -> None:
        critical = {1: 3.841459, 2: 5.991465, 3: 7.814728, 10: 18.307038}
        assert [round(survival(value, degrees), 6) for degrees, value in critical.items()] == [0.05] * 4
