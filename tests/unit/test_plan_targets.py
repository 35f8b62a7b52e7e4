"""A value against its target, by the thresholds set with it; worked by hand."""

from datetime import date
from typing import Any

import pytest

from app.plan.records.steering import Target
from app.plan.standing import of_type, standing
from app.plan.steering.targets import Judgement, judge, lines, targets_for
from app.plan.vocabulary import Lacking, TargetStatus
from tests import plans

YEAR = (date(2020, 1, 1), date(2021, 1, 1))


def _target(**facts: Any) -> Target:
    (one,) = of_type(plans.read(plans.entry("target", **facts)), Target)
    return one


@pytest.mark.parametrize(
    ("value", "status", "reached"),
    [
        (120.0, TargetStatus.on_target, True),
        (100.0, TargetStatus.on_target, True),
        (99.9, TargetStatus.on_target, False),
        (80.0, TargetStatus.on_target, False),
        (79.9, TargetStatus.watch, False),
        (50.0, TargetStatus.watch, False),
        (49.9, TargetStatus.off_target, False),
        (-3.0, TargetStatus.off_target, False),
    ],
)
def test_a_value_exactly_at_a_threshold_is_not_beyond_it(value: float, status: TargetStatus, reached: bool) -> None:  # noqa: FBT001 - expected
    judged = judge(_target(direction="at_least", value=100.0, watch=80.0, alarm=50.0), value, *YEAR)
    assert (judged.status, judged.reason, judged.reached) == (status, None, reached)
    assert judged.gap == value - 100
    mirrored = judge(_target(direction="at_most", value=-100.0, watch=-80.0, alarm=-50.0), -value, *YEAR)
    assert (mirrored.status, mirrored.reached, mirrored.gap) == (status, reached, 100 - value)


def test_without_a_zone_to_watch_one_goes_from_on_target_to_off_target() -> None:
    target = _target(direction="at_most", value=10.0, watch=10.0, alarm=10.0)
    assert [judge(target, value, *YEAR).status for value in (10.0, 10.5)] == [
        TargetStatus.on_target,
        TargetStatus.off_target,
    ]


def test_without_a_value_nothing_is_said() -> None:
    judged = judge(_target(baseline=0.0, baseline_on="2019-01-01"), None, *YEAR)
    assert judged == Judgement(TargetStatus.unknown, Lacking.no_value, None, None, None, Lacking.no_value)


@pytest.mark.parametrize(
    ("since", "until", "judged"),
    [
        (date(2020, 1, 1), date(2021, 1, 1), True),
        (date(2019, 12, 31), date(2021, 1, 1), False),
        (date(2020, 1, 1), date(2021, 1, 2), False),
        (date(2020, 12, 31), date(2021, 1, 1), True),
        (date(2021, 1, 1), date(2021, 1, 2), False),
        (date(2020, 6, 1), date(2020, 6, 1), False),
    ],
)
def test_only_days_the_target_was_in_force_are_judged(since: date, until: date, judged: bool) -> None:  # noqa: FBT001 - expected
    target = _target(valid_from="2020-01-01", valid_to="2021-01-01")
    found = judge(target, 100.0, since, until)
    assert (found.reason is None) is judged
    assert found.status is (TargetStatus.on_target if judged else TargetStatus.unknown)
    assert (found.gap is None) is not judged
    assert found.reason in {None, Lacking.not_in_force}


@pytest.mark.parametrize(
    ("baseline", "value", "progress"),
    [
        (20.0, 60.0, 0.5),
        (20.0, 20.0, 0.0),
        (20.0, 100.0, 1.0),
        (20.0, 140.0, 1.5),
        (20.0, 0.0, -0.25),
        (180.0, 140.0, 0.5),
    ],
)
def test_progress_is_the_share_of_the_way_behind_either_way_round(
    baseline: float, value: float, progress: float
) -> None:
    judged = judge(_target(value=100.0, baseline=baseline, baseline_on="2019-05-01"), value, *YEAR)
    assert (judged.progress, judged.progress_reason) == (progress, None)


@pytest.mark.parametrize(("baseline", "reason"), [(None, Lacking.no_baseline), (100.0, Lacking.baseline_is_target)])
def test_there_is_no_progress_without_a_way_to_go(baseline: float | None, reason: Lacking) -> None:
    judged = judge(_target(value=100.0, baseline=baseline, baseline_on="2019-05-01"), 90.0, *YEAR)
    assert (judged.status, judged.progress, judged.progress_reason) == (TargetStatus.on_target, None, reason)


def test_a_way_too_short_for_numbers_is_none() -> None:
    target = _target(value=5e-320, watch=-1e12, alarm=-1e12, baseline=0.0, baseline_on="2019-05-01")
    assert judge(target, 1e12, *YEAR).progress_reason is Lacking.baseline_is_target


def test_a_target_that_was_lowered_says_what_it_was_at_first() -> None:
    entries = standing(
        plans.recorded(
            plans.entry("target", code="b", value=70.0, watch=60.0, on="2020-09-01"),
            plans.entry("target", code="b", on="2019-05-01"),
            plans.entry("target", code="b", value=90.0, on="2020-01-01"),
            plans.entry("target", code="a", on="2021-01-01"),
        )
    )
    assert [(one.target.code, one.target.value, one.first.value, one.revisions) for one in lines(entries)] == [
        ("a", 100.0, 100.0, 0),
        ("b", 70.0, 100.0, 2),
    ]


def test_at_a_date_in_between_the_target_of_then_stands() -> None:
    recorded = plans.recorded(
        plans.entry("target", on="2019-05-01"), plans.entry("target", value=70.0, watch=60.0, on="2020-09-01")
    )
    (then,) = lines(standing(recorded, date(2020, 8, 31)))
    (now,) = lines(standing(recorded, date(2020, 9, 1)))
    assert (then.target.value, then.revisions, now.target.value, now.revisions) == (100.0, 0, 70.0, 1)


def test_a_corrected_slip_of_the_pen_is_no_revision() -> None:
    wrong = plans.entry("target", value=1000.0)
    right = plans.entry("target", corrects=wrong["id"])
    (line,) = lines(standing(plans.recorded(wrong, right)))
    assert (line.target.value, line.first.value, line.revisions) == (100.0, 100.0, 0)


def test_a_target_is_for_its_own_indicator_and_territory_on_the_last_day() -> None:
    targets = of_type(
        plans.read(
            plans.entry("target", code="of-a-quarter", territory="7511804"),
            plans.entry("target", code="second", valid_from="2020-01-01", valid_to="2021-01-01"),
            plans.entry("target", code="other", indicator="persons"),
            plans.entry("target", code="first", valid_from="2020-12-31", valid_to="2022-01-01"),
        ),
        Target,
    )

    def found(territory: str | None, until: date) -> list[str]:
        return [one.code for one in targets_for(targets, "contacts", territory, until)]

    assert found(None, date(2021, 1, 1)) == ["first", "second"]
    assert found(None, date(2021, 1, 2)) == ["first"]
    assert found(None, date(2020, 12, 31)) == ["second"]
    assert found(None, date(2020, 1, 1)) == []
    assert found("7511804", date(2021, 1, 1)) == ["of-a-quarter"]
    assert found("75118", date(2021, 1, 1)) == []
