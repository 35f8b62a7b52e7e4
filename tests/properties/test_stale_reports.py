"""How old a report is by the hours its place is planned to be open: counted minute by minute, on the wall clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import Hours
from app.directory.vocabulary import Label, Weekday
from app.monitoring.alerts.definitions import Threshold
from app.monitoring.alerts.opening import open_spells, reached, total
from app.monitoring.alerts.records import Reported
from app.monitoring.alerts.reporting import stale
from tests.properties.test_opening_hours import instants, open_by_hand

_MINUTE = timedelta(minutes=1)
_BELIEVED = 40


def _hours(random: Random, around: datetime) -> list[Hours]:
    """Some openings of weeks around a day, some of which begin or cease to hold then."""
    found = []
    for _ in range(random.randrange(1, 6)):
        opens, since = random.randrange(1440), around.date() + timedelta(days=random.randrange(-9, 2))
        until = random.choice([None, None, since + timedelta(days=random.randrange(12))])
        weekday = list(Weekday)[(around.weekday() + random.choice([-1, 0, 0, 1, 3])) % 7]
        found.append(Hours(weekday, opens, opens + random.randrange(1, 1441), since, until))
    return found


def _open_minutes(hours: list[Hours], since: datetime, minutes: int) -> list[datetime]:
    """Return the ends of the minutes in which somebody who looks at the clock on the wall finds it to be open."""
    each = [since + number * _MINUTE for number in range(minutes)]
    return [one + _MINUTE for one in each if any(open_by_hand(own, one) for own in hours)]


@given(st.integers(0, 2**32), instants(), st.integers(0, 2000), st.integers(1, 600))
def test_a_place_is_open_for_as_many_minutes_as_the_wall_clock_counts(
    seed: int, since: datetime, minutes: int, asked: int
) -> None:
    since = since.replace(second=0, microsecond=0)
    hours = _hours(Random(seed), since)  # noqa: S311 - a drawn week
    spells, counted = open_spells(hours, since, since + minutes * _MINUTE), _open_minutes(hours, since, minutes)
    assert total(spells) == len(counted) * _MINUTE
    assert all(begin < end for begin, end in spells)
    assert all(before[1] < after[0] for before, after in pairwise(spells))
    assert reached(spells, asked * _MINUTE) == (counted[asked - 1] if asked <= len(counted) else None)


@given(st.integers(0, 2**32), instants(), st.integers(0, 1500))
def test_a_report_is_stale_by_the_minutes_its_place_was_planned_open(seed: int, at: datetime, minutes: int) -> None:
    at = at.replace(second=0, microsecond=0)
    hours = _hours(Random(seed), at)  # noqa: S311 - a drawn week
    reported = Reported("place", "x", "x", at, _BELIEVED * 60, tuple(hours))
    found = list(stale([reported], at + minutes * _MINUTE, Threshold("x", Label("x", "x"), 2, 6)))
    counted = _open_minutes(hours, at, minutes)
    assert bool(found) == (len(counted) >= 2 * _BELIEVED)
    for one in found:
        due = counted[2 * _BELIEVED - 1].astimezone(UTC)
        assert one.since.isoformat() == (due + timedelta(hours=_offset(due))).date().isoformat()
        assert one.value == len(counted) // _BELIEVED
        assert (one.severity.value == "alarm") == (len(counted) >= 6 * _BELIEVED)


def _offset(instant: datetime) -> int:
    """Return how many hours Paris is ahead of UTC: two from the last Sunday of March to that of October, at 01:00."""
    sundays = [
        max(
            datetime(instant.year, month, day, 1, tzinfo=UTC)
            for day in range(25, 32)
            if _is_sunday(instant.year, month, day)
        )
        for month in (3, 10)
    ]
    return 2 if sundays[0] <= instant < sundays[1] else 1


def _is_sunday(year: int, month: int, day: int) -> bool:
    return datetime(year, month, day, tzinfo=UTC).isoweekday() == 7
