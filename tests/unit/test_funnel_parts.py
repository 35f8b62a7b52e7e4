"""A period is cut into cohorts that facts answer and days that are counted: every day once, none in the wrong place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.metrics.cohorts import BY_DAY, BY_MONTH, BY_WEEK, Span, cohort_of, cut, followed_by, runs
from app.metrics.indicator import Period
from tests.effort import examples

_DAY = timedelta(days=1)
_PARIS = ZoneInfo("Europe/Paris")
_SPANS = (BY_MONTH, BY_WEEK, BY_DAY)


def _first_and_last_instants(day: date) -> tuple[datetime, datetime]:
    """Return when a referral of a cohort day can be made at the earliest and at the latest (night teams)."""
    noon = datetime.combine(day + _DAY, datetime.min.time(), _PARIS).replace(hour=12)
    return datetime.combine(day, datetime.min.time(), _PARIS).astimezone(UTC), noon.astimezone(UTC)


@examples(200)
@given(
    since=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    length=st.integers(1, 200),
    stale=st.sets(st.integers(0, 200), max_size=6),
    horizon=st.sampled_from((7, 30, 90)),
    age=st.integers(-40, 260),
    hour=st.integers(0, 23),
    spans=st.sampled_from(_SPANS),
)
def test_every_day_lies_in_one_part_and_each_part_is_what_it_says(
    since: date, length: int, stale: set[int], horizon: int, age: int, hour: int, spans: tuple[Span, ...]
) -> None:
    period = Period(since, since + length * _DAY)
    dirty = {since + number * _DAY for number in stale}
    as_of = datetime(since.year, since.month, since.day, hour, tzinfo=UTC) + timedelta(days=age)
    follow = timedelta(days=horizon)
    parts = cut(period, dirty, followed_by(follow, as_of), spans)
    seen: list[date] = []
    for cohorts, expected in ((parts.settled, "followed"), (parts.fresh, "fresh")):
        for span, firsts in cohorts.items():
            for first in firsts:
                cohort = Period(first, first + _DAY) if span is Span.day else cohort_of(first, span)
                days = [cohort.since + number * _DAY for number in range(cohort.days)]
                seen += days
                assert not dirty.intersection(days)
                for day in days:
                    earliest, latest = _first_and_last_instants(day)
                    if expected == "followed":
                        assert latest + follow <= as_of
                    else:
                        assert earliest + follow > as_of
    seen += [run.since + number * _DAY for run in parts.counted for number in range(run.days)]
    assert sorted(seen) == [since + number * _DAY for number in range(length)]


def test_a_clean_year_of_long_ago_is_twelve_months() -> None:
    parts = cut(
        Period(date(2025, 1, 1), date(2026, 1, 1)),
        (),
        followed_by(timedelta(days=30), datetime(2026, 6, 1, tzinfo=UTC)),
        BY_MONTH,
    )
    assert list(parts.settled[Span.month]) == [date(2025, month, 1) for month in range(1, 13)]
    assert (list(parts.settled[Span.day]), list(parts.counted)) == ([], [])


def test_one_stale_day_costs_its_month_only() -> None:
    stale = {date(2025, 3, 12)}
    parts = cut(
        Period(date(2025, 3, 1), date(2025, 5, 1)),
        stale,
        followed_by(timedelta(days=7), datetime(2026, 6, 1, tzinfo=UTC)),
        BY_MONTH,
    )
    assert list(parts.settled[Span.month]) == [date(2025, 4, 1)]
    assert list(parts.counted) == [Period(date(2025, 3, 12), date(2025, 3, 13))]
    assert sorted(parts.settled[Span.week]) == [date(2025, 3, 3), date(2025, 3, 17), date(2025, 3, 24)]


def test_runs_join_days_that_follow_each_other() -> None:
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 31)]
    assert runs(days) == [Period(date(2026, 3, 28), date(2026, 3, 30)), Period(date(2026, 3, 31), date(2026, 4, 1))]
