"""Captures counted by bitmaps are those counted person by person."""

from collections import Counter
from random import Random

from pyroaring import BitMap

from app.metrics.coverage.counting import captures_of
from app.metrics.coverage.statistics import Captures


def test_nobody_was_captured_on_no_day() -> None:
    assert captures_of([], []) == Captures({})
    assert captures_of([BitMap()], [BitMap()]) == Captures({})


def test_a_person_counts_on_every_day_and_once_in_each_half() -> None:
    first, second = [BitMap([1, 2]), BitMap([1, 2, 3])], [BitMap([1, 4]), BitMap([1])]
    assert captures_of(first, second) == Captures({1: 2, 2: 1, 4: 1}, first=3, second=2, both=1)


def test_thousands_of_persons_over_eight_weeks() -> None:
    draw = Random(75118)  # noqa: S311 - a simulation, the same every time
    met = [set(draw.sample(range(1, 9_000), draw.randrange(900))) for _ in range(56)]
    first, second = ([BitMap(day) for day in half] for half in (met[:28], met[28:]))
    times = Counter(person for day in met for person in day)
    halves = [set().union(*half) for half in (met[:28], met[28:])]
    expected = Captures(dict(Counter(times.values())), len(halves[0]), len(halves[1]), len(halves[0] & halves[1]))
    assert captures_of(first, second) == expected
