"""Survival curves against a published example, a reference library and a known truth; nights by the clock in Paris."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import HOUR_MS
from app.db.types import to_instant
from app.metrics.housing.rules import (
    Night,
    Reported,
    day_of,
    known,
    last_night,
    midnight,
    night_at,
    nights_of,
    number_of,
)
from app.metrics.housing.statistics import kaplan_meier
from app.metrics.indicator import Period
from app.metrics.walltime import Wall
from tests.effort import examples

Seen = Sequence[tuple[int, bool]]

_FREIREICH: Seen = [(t, True) for t in (6, 6, 6, 7, 10, 13, 16, 22, 23)] + [
    (t, False) for t in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
]
"""Weeks of remission with 6-mercaptopurine (Freireich et al., Blood 21, 1963), the textbooks' example."""


def counted(seen: Seen) -> dict[int, tuple[int, int]]:
    events, censored = Counter(t for t, event in seen if event), Counter(t for t, event in seen if not event)
    return {t: (events[t], censored[t]) for t, _ in seen}


def test_the_published_curve_of_6_mercaptopurine_comes_out() -> None:
    curve = kaplan_meier(counted(_FREIREICH))
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {step.time: round(step.survival, 3) for step in curve.steps if step.events} == published
    assert [step.at_risk for step in curve.steps if step.events] == [21, 17, 15, 12, 11, 7, 6]
    assert (curve.n, curve.events, curve.median) == (21, 9, 23)


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60))
def test_curve_interval_and_median_are_those_of_lifelines(seen: Seen) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]  # it ships no types

        fitted = KaplanMeierFitter().fit([t for t, _ in seen], [event for _, event in seen])
        intervals = fitted.confidence_interval_
    curve = kaplan_meier(counted(seen))
    for step in curve.steps:
        assert step.survival == pytest.approx(float(fitted.survival_function_["KM_estimate"].loc[step.time]))
        if step.low is not None:
            ends = [float(value) for value in intervals.loc[step.time]]
            assert [step.low, step.high] == pytest.approx(ends)
    median = float(fitted.median_survival_time_)
    if any(abs(step.survival - 0.5) < 1e-9 for step in curve.steps):
        return  # lifelines rounds the half away
    assert (curve.median if curve.median is not None else math.inf) == median


def test_the_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    chance, covered = Random(1958), 0  # noqa: S311 - a simulation
    truth = 0.98**30
    for _ in range(400):
        stays = []
        for _ in range(80):
            ends, lost = int(chance.expovariate(-math.log(0.98))), chance.randrange(20, 90)
            stays.append((min(ends, lost), ends <= lost))
        step = kaplan_meier(counted(stays)).before(30)
        assert step is not None
        assert step.low is not None
        assert step.high is not None
        covered += step.low <= truth <= step.high
    assert 0.92 <= covered / 400 <= 0.98


def test_lasting_so_long_is_survival_of_all_days_before() -> None:
    curve = kaplan_meier({10: (1, 0), 30: (1, 0), 40: (0, 2)})
    shares = {days: step.survival for days in (10, 11, 30, 31, 41) if (step := curve.before(days))}
    assert shares == {10: 1.0, 11: 0.75, 30: 0.75, 31: 0.5, 41: 0.5}
    assert curve.before(42) is None
    assert kaplan_meier({}).before(30) is None


def test_after_everybody_left_nobody_lasts_longer() -> None:
    step = kaplan_meier({5: (3, 0)}).before(100)
    assert step is not None
    assert (step.survival, step.low, step.high) == (0.0, None, None)


def test_a_median_that_is_not_reached_is_none() -> None:
    assert kaplan_meier({5: (1, 0), 50: (0, 2)}).median is None


@pytest.mark.parametrize("seen", [{-1: (1, 0)}, {1: (-1, 0)}, {1: (0, -1)}])
def test_negative_times_and_counts_are_refused(seen: dict[int, tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        kaplan_meier(seen)


@pytest.mark.parametrize(
    ("night", "instant"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 29, 2, tzinfo=UTC)),  # 04:00 summer time, an hour after it began
        (date(2026, 10, 24), datetime(2026, 10, 25, 3, tzinfo=UTC)),  # 04:00 winter time
        (date(2025, 12, 31), datetime(2026, 1, 1, 3, tzinfo=UTC)),
    ],
)
def test_a_night_is_counted_at_four_in_paris(night: date, instant: datetime) -> None:
    assert night_at(number_of(night)) == instant
    assert last_night(instant) == number_of(night)
    assert day_of(last_night(instant.replace(hour=instant.hour - 1))) == night.fromordinal(night.toordinal() - 1)


def test_offsets_change_when_the_clocks_do() -> None:
    wall = Wall.around(Period(date(2026, 1, 1), date(2026, 12, 1)))
    ends = [*(to_instant(change.at) for change in wall.changes), None]
    offsets = [wall.offset, *(change.after for change in wall.changes)]
    assert [(end, ahead // HOUR_MS) for end, ahead in zip(ends, offsets, strict=True)] == [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 1),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), 2),
        (None, 1),
    ]
    assert midnight(date(2026, 3, 29)) == datetime(2026, 3, 28, 23, tzinfo=UTC)


def test_a_report_holds_for_its_night_and_stands_in_for_the_next_only() -> None:
    nights = nights_of(range(10, 14), {10: 2, 12: 1}, {9: Reported(0, 2), 11: Reported(3, 1)})
    assert list(nights) == [
        Night(10, 2, 2, full=True), Night(11, 2, 4, full=False), Night(12, 3, 4, full=False),
        Night(13, 3, None, full=False),
    ]  # fmt: skip


def test_nothing_is_known_before_records_began_or_after_today() -> None:
    as_of = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert known(Period(date(1, 1, 1), date(9999, 12, 31)), as_of) == Period(date(2020, 1, 1), date(2026, 3, 3))
    assert known(Period(date(2026, 3, 3), date(2026, 4, 1)), as_of) is None
    assert known(Period(date(2019, 3, 3), date(2020, 1, 1)), as_of) is None
