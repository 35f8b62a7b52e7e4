"""Opening hours against the plainest thing that could be said of them: the list of all open minutes of a clock."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import PARIS, Hours, is_open, overlaps
from app.directory.vocabulary import Weekday

YEARS = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC))


@st.composite
def openings(draw: st.DrawFn) -> Hours:
    opens = draw(st.integers(0, 1439))
    closes = opens + draw(st.integers(1, 1440))
    start = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    until = draw(st.none() | st.integers(0, 400).map(lambda days: start + timedelta(days=days)))
    return Hours(draw(st.sampled_from(Weekday)), opens, closes, start, until)


def instants() -> st.SearchStrategy[datetime]:
    """Any instant, the nights on which clocks change more often than others."""
    anywhere = st.datetimes(*(year.replace(tzinfo=None) for year in YEARS)).map(lambda at: at.replace(tzinfo=UTC))
    changes = st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
    return anywhere | st.builds(lambda at, minutes: at + timedelta(minutes=minutes), changes, st.integers(-1500, 1500))


def open_by_hand(hours: Hours, instant: datetime) -> bool:
    """Walk through the days on which the opening could have begun and look for the wall clock's minute."""
    wall = instant.astimezone(PARIS).replace(tzinfo=None)
    for days_ago in range(4):
        begun = wall.date() - timedelta(days=days_ago)
        if list(Weekday)[begun.isoweekday() - 1] != hours.weekday or begun < hours.valid_from:
            continue
        if hours.valid_until is not None and begun >= hours.valid_until:
            continue
        midnight = datetime(begun.year, begun.month, begun.day)  # noqa: DTZ001 - a wall clock has no zone
        if midnight + timedelta(minutes=hours.opens) <= wall < midnight + timedelta(minutes=hours.closes):
            return True
    return False


@given(st.lists(openings(), max_size=4), instants())
def test_open_is_what_the_wall_clock_says(hours: list[Hours], instant: datetime) -> None:
    assert is_open(hours, instant) == any(open_by_hand(one, instant) for one in hours)


@given(openings(), instants())
def test_seconds_do_not_matter_within_a_minute(hours: Hours, instant: datetime) -> None:
    minute = instant.replace(second=0, microsecond=0)
    assert is_open([hours], minute) == is_open([hours], minute + timedelta(seconds=59))


@given(st.lists(openings(), max_size=5))
def test_overlap_is_a_minute_of_the_week_that_two_openings_share(hours: list[Hours]) -> None:
    week = 7 * 1440
    starts = {weekday: number * 1440 for number, weekday in enumerate(Weekday)}
    minutes = [
        minute % week
        for one in hours
        for minute in range(starts[one.weekday] + one.opens, starts[one.weekday] + one.closes)
    ]
    assert overlaps(hours) == (len(minutes) != len(set(minutes)))
