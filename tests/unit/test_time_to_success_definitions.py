"""The words and counts of time to success are complete: every ending has its place, every figure its words."""

import pytest

from app.metrics.time_to_success.definitions import (
    CAUSES,
    CENSORED,
    COMPETING,
    LEAST_REFERRALS,
    LEAST_SUCCESSES,
    MOST_GROUPS,
    RATE_RULES,
    TEST_RULE,
    TIME_RULE,
    Ending,
    why_not_compared,
)
from app.metrics.time_to_success.indicators import INCIDENCES, INDICATORS, QUANTILES
from app.metrics.time_to_success.records import Ended, cohort_of
from app.metrics.time_to_success.service import COMPUTED
from app.metrics.time_to_success.statistics.incidence import Day
from app.referrals.vocabulary import State


def test_an_ending_is_a_cause_a_censoring_or_none() -> None:
    assert {*CAUSES, *CENSORED, Ending.waiting} == set(Ending)
    assert len(CAUSES) + len(CENSORED) + 1 == len(Ending)


def test_the_causes_that_compete_with_success_are_states() -> None:
    assert {cause.value for cause in COMPETING} < {state.value for state in State}


def test_every_indicator_is_computed_and_explained_in_both_languages() -> None:
    assert INDICATORS.keys() == COMPUTED.keys() == QUANTILES.keys() | INCIDENCES.keys()
    words = [TIME_RULE, TEST_RULE, *RATE_RULES.values()]
    for found in INDICATORS.values():
        words += [found.label, found.numerator, found.rule, found.source, found.pitfalls]
    assert [label for label in words if not (label.fr and label.en) or label.fr == label.en] == []


def test_a_cohort_is_cut_at_its_horizon() -> None:
    counts = [
        Ended("rest_room", Ending.success, 1, 5, 1),
        Ended("rest_room", Ending.refused, 7, 2, 0),
        Ended("rest_room", Ending.success, 8, 3, 1),
        Ended("rest_room", Ending.open, 6, 4, 0),
        Ended("rest_room", Ending.open, 7, 1, 0),
        Ended("rest_room", Ending.expired, 0, 2, 2),
    ]
    cohort = cohort_of("rest_room", 7, counts)
    assert (cohort.made, cohort.late, cohort.censored) == (17, 4, 6)
    assert {ending: n for ending, n in cohort.endings.items() if n} == {
        Ending.success: 5,
        Ending.refused: 2,
        Ending.open: 4,
        Ending.expired: 2,
        Ending.waiting: 4,
    }
    nothing = (0, 0, 0, 0, 0)
    assert cohort.days == (
        Day(0, nothing, 2),
        Day(1, (5, 0, 0, 0, 0), 0),
        Day(6, nothing, 4),
        Day(7, (0, 2, 0, 0, 0), 4),
    )
    assert [cohort.successes_until(day) for day in (0, 1, 7)] == [0, 5, 5]


_ENOUGH = (LEAST_REFERRALS, LEAST_SUCCESSES)


@pytest.mark.parametrize(
    ("groups", "compared"),
    [
        ([], False),
        ([_ENOUGH], False),
        ([_ENOUGH] * 2, True),
        ([_ENOUGH] * MOST_GROUPS, True),
        ([_ENOUGH] * (MOST_GROUPS + 1), False),
        ([_ENOUGH, (LEAST_REFERRALS - 1, LEAST_SUCCESSES)], False),
        ([_ENOUGH, (LEAST_REFERRALS, LEAST_SUCCESSES - 1)], False),
    ],
)
def test_groups_are_compared_when_there_are_some_and_each_is_large_enough(
    groups: list[tuple[int, int]],
    compared: bool,  # noqa: FBT001 - an expected figure
) -> None:
    assert (why_not_compared(groups) is None) == compared
