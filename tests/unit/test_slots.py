"""Slots of two hours of the clock in Paris, by their first instant and their last."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.coarse import TICK, slot_began, slot_ended

_PARIS = ZoneInfo("Europe/Paris")
_START = datetime(2020, 1, 1, tzinfo=UTC)
_HOURS_OF_A_CHANGE = {datetime(2026, 3, 29, 1, tzinfo=UTC): 1, datetime(2026, 10, 25, 0, tzinfo=UTC): 3}
"""Hours of the slots in which the clock is set forward and back, by their beginning."""


@given(st.integers(0, 80 * 366 * 86_400_000))
def test_lies_around_every_instant_and_ends_where_the_next_begins(after: int) -> None:
    instant = _START + timedelta(milliseconds=after)
    began = slot_began(instant)
    ended = slot_ended(began)
    assert began <= instant <= ended
    assert slot_began(began) == slot_began(ended) == began
    assert slot_began(ended + TICK) == ended + TICK
    assert began.astimezone(_PARIS).hour // 2 == instant.astimezone(_PARIS).hour // 2


@pytest.mark.parametrize(("began", "hours"), _HOURS_OF_A_CHANGE.items(), ids=str)
def test_has_one_hour_or_three_when_the_clock_is_set(began: datetime, hours: int) -> None:
    assert slot_ended(began) + TICK - began == timedelta(hours=hours)
