"""Others' series by territory and month, worked by hand."""

from datetime import date

import pytest

from app.plan.records.register import Plan
from app.plan.standing import of_type, standing
from app.plan.steering.context import drawn, month_after, month_of, window
from app.plan.vocabulary import Lacking
from tests import plans
from tests.make import Json


def _value(on: str, value: float = 1.0, territory: str = "75118", **facts: Json) -> Json:
    return plans.entry("observation", on=on, value=value, territory=territory, **facts)


@pytest.mark.parametrize(
    ("day", "month", "after"),
    [
        (date(2020, 1, 31), date(2020, 1, 1), date(2020, 2, 1)),
        (date(2020, 11, 30), date(2020, 11, 1), date(2020, 12, 1)),
        (date(2020, 12, 1), date(2020, 12, 1), date(2021, 1, 1)),
    ],
)
def test_a_month_is_followed_by_the_next_over_the_end_of_the_year(day: date, month: date, after: date) -> None:
    assert (month_of(day), month_after(month_of(day))) == (month, after)


def test_a_month_in_between_that_was_not_received_is_null_with_the_reason() -> None:
    entries = standing(
        plans.recorded(
            plans.entry("series", on="2019-05-01"),
            _value("2020-11-01", 5.0),
            _value("2021-02-01", 7.0),
            _value("2021-01-01", 3.0, "75119"),
        )
    )
    (one,) = drawn(entries)
    assert [(track.territory, [(p.month, p.value, p.reason) for p in track.points]) for track in one.tracks] == [
        (
            "75118",
            [
                (date(2020, 11, 1), 5.0, None),
                (date(2020, 12, 1), None, Lacking.not_published),
                (date(2021, 1, 1), None, Lacking.not_published),
                (date(2021, 2, 1), 7.0, None),
            ],
        ),
        ("75119", [(date(2021, 1, 1), 3.0, None)]),
    ]
    assert [point.source is None for point in one.tracks[0].points] == [False, True, True, False]


def test_of_several_values_for_a_month_the_last_entered_counts_and_a_withdrawn_one_not_at_all() -> None:
    first, second = _value("2020-03-01", 1.0), _value("2020-03-01", 2.0)
    third = _value("2020-04-01", 9.0)
    recorded = plans.recorded(plans.entry("series", on="2019-05-01"), first, at=plans.RECORDED.replace(month=1))
    recorded += plans.recorded(second, third, at=plans.RECORDED.replace(month=2))
    recorded += plans.recorded(plans.entry("withdrawal", corrects=third["id"]), at=plans.RECORDED.replace(month=3))
    ((track,),) = (one.tracks for one in drawn(standing(recorded)))
    assert [(point.month, point.value) for point in track.points] == [(date(2020, 3, 1), 2.0)]


def test_a_series_without_a_value_is_there_and_values_without_a_series_are_not() -> None:
    entries = standing(
        plans.recorded(plans.entry("series", code="b"), plans.entry("series", code="a"), _value("2020-03-01"))
    )
    assert [(one.series.code, list(one.tracks)) for one in drawn(entries)] == [("a", []), ("b", [])]


def test_events_are_those_of_the_plan_and_of_every_month_shown() -> None:
    (plan,) = of_type(plans.read(plans.entry("plan", valid_from="2019-05-27", valid_to="2021-12-15")), Plan)
    assert window(plan, []) == (date(2019, 5, 27), date(2021, 12, 15))
    series = plans.entry("series", on="2019-01-01")
    inside = drawn(standing(plans.recorded(series, _value("2020-03-01"))))
    assert window(plan, inside) == (date(2019, 5, 27), date(2021, 12, 15))
    wider = drawn(standing(plans.recorded(series, _value("2019-05-01"), _value("2021-12-01"))))
    assert window(plan, wider) == (date(2019, 5, 1), date(2022, 1, 1))
