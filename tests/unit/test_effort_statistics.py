"""Planned night hours are those at which the directory says a place is open, counted minute by minute."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import Hours, is_open
from app.directory.vocabulary import Weekday
from app.metrics.effort.service import skips_of
from app.metrics.effort.statistics import Door, night_minutes, open_minutes, planned_nights, weekdays_between
from app.metrics.indicator import Period
from app.metrics.walltime import Wall, changes_of
from tests.effort import examples
from tests.oracles import effort as by_the_minute

_FIRST_DAYS = [date(2026, 3, 26), date(2026, 10, 22), date(2026, 12, 30), date(2026, 6, 1)]


@st.composite
def _hours(draw: st.DrawFn, first: date) -> Hours:
    opens = draw(st.integers(0, 47)) * 30
    closes = opens + draw(st.integers(1, 48)) * 30
    since = first + timedelta(days=draw(st.integers(-3, 4)))
    lasts = draw(st.one_of(st.none(), st.integers(0, 5)))
    until = None if lasts is None else since + timedelta(days=lasts)
    return Hours(draw(st.sampled_from(list(Weekday))), opens, closes, since, until)


@examples(60)
@given(st.data())
def test_planned_hours_are_the_minutes_at_which_the_place_is_open(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(_FIRST_DAYS))
    one = data.draw(_hours(first))
    until = first + timedelta(days=data.draw(st.integers(1, 6)))
    skips = skips_of(Wall.around(Period(first, until)))
    door = Door([one], date(2020, 1, 1), None)
    assert open_minutes([door], skips, first, until) == by_the_minute.open_minutes([one], first, until, is_open)
    nights = {
        first + timedelta(days=n)
        for n in range((until - first).days)
        if by_the_minute.open_minutes([one], first + timedelta(days=n), first + timedelta(days=n + 1), is_open)
    }
    assert nights <= planned_nights(door, first, until)
    assert night_minutes(skips, first, until) == by_the_minute.open_minutes([], first, until, lambda _all, _at: True)


def test_a_place_is_closed_before_it_opens_and_after_it_closes_for_good() -> None:
    always = [Hours(day, 20 * 60, 31 * 60, date(2020, 1, 1)) for day in Weekday]
    door = Door(always, date(2026, 6, 3), date(2026, 6, 5))
    assert open_minutes([door, door], [], date(2026, 6, 1), date(2026, 7, 1)) == 2 * 2 * 9 * 60
    assert planned_nights(door, date(2026, 6, 1), date(2026, 7, 1)) == {date(2026, 6, 3), date(2026, 6, 4)}


def test_weekdays_are_counted_as_on_a_calendar() -> None:
    since = date(2026, 3, 2)
    for length in range(20):
        days = [since + timedelta(days=n) for n in range(length)]
        for weekday in range(7):
            assert weekdays_between(weekday, since, since + timedelta(days=length)) == sum(
                day.weekday() == weekday for day in days
            )


def test_the_clock_changes_on_the_last_sundays_of_march_and_october() -> None:
    spring, autumn = changes_of(2026)
    assert (spring.before, spring.after, autumn.before, autumn.after) == (3_600_000, 7_200_000, 7_200_000, 3_600_000)
    assert (spring.at, autumn.at) == (1_774_746_000_000, 1_792_890_000_000)
