"""Reach is what plain Python counts from the rows: each period and group, whoever asks, over night and year ends."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.context import Context
from app.metrics.indicator import Granularity, Period, Split
from app.metrics.reach.service import COMPUTED
from app.metrics.refreshing import refresh, verify
from tests.clock import SetClock
from tests.effort import examples
from tests.oracles.meetings import calendar, reach
from tests.properties import streets
from tests.properties.cities import ALL_AT_ONCE
from tests.properties.streets import Street

ORACLED = tuple(COMPUTED)


@pytest.fixture(scope="module")
async def street(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Street:
    return await streets.laid_out(client, context, clock)


def _figures(period: Any) -> dict[str | None, dict[str, tuple[Any, ...]]]:
    names = ("value", "n", "denominator", "unknown", "late")
    return {
        group["key"]: {one["code"]: tuple(one[name] for name in names) for one in group["measures"]}
        for group in (period["total"], *period["groups"])
    }


@examples(4)
@given(st.data())
async def test_reach_is_what_plain_python_counts(street: Street, data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([date(2026, 3, 1), date(2026, 9, 20), date(2025, 11, 20), date(2026, 1, 1)]))
    rows = data.draw(streets.encounters(street.teams, first, 60, most=40, cards=5), "rows")
    await street.fill(rows)
    for upkeep in (False, False, True, True):  # counted where days are stale, then all from facts
        if upkeep:
            await refresh(street.context.database, step_days=ALL_AT_ONCE)
        caller = data.draw(st.sampled_from(sorted(street.callers)))
        since = first + timedelta(days=data.draw(st.integers(-2, 40)))
        until = since + timedelta(days=data.draw(st.integers(1, 58)))
        granularity = data.draw(st.sampled_from(["day", "week", "month", "quarter", "year"]))
        group_by = data.draw(st.sampled_from([None, "territory", "team"]))
        asked = {"from": since, "to": until, "granularity": granularity, "group_by": group_by}
        shown = await street.ask("/v1/metrics/reach", caller, **asked)
        look = street.callers[caller][1]
        assert _figures(shown["whole"]) == reach(look, rows, since, until, group_by)
        assert [
            (date.fromisoformat(one["period_from"]), date.fromisoformat(one["period_to"])) for one in shown["series"]
        ] == calendar(since, until, granularity)
        for one, (start, end) in zip(shown["series"], calendar(since, until, granularity), strict=True):
            assert _figures(one) == reach(look, rows, start, end, group_by)
    assert set((await verify(street.context.database)).values()) == {0}


@examples(3)
@given(st.data())
async def test_the_catalogue_says_what_reach_says(street: Street, data: st.DataObject) -> None:
    first = date(2025, 11, 20)
    rows = data.draw(streets.encounters(street.teams, first, 60, most=40, cards=5), "rows")
    await street.fill(rows)
    caller = data.draw(st.sampled_from(sorted(street.callers)))
    granularity = data.draw(st.sampled_from(list(Granularity)))
    split = data.draw(st.sampled_from([None, Split.territory, Split.team]))
    periods = Period(first, first + timedelta(days=50)).split(granularity)
    expected: dict[str, list[tuple[Any, ...]]] = {code: [] for code in ORACLED}
    for period in periods:
        by_key = reach(street.callers[caller][1], rows, period.since, period.until, split)
        for key, measures in by_key.items():
            if (key is None) is (split is None):
                for code, measure in measures.items():
                    expected[code].append((period, key, *measure))
    for code in ORACLED:
        found = await street.compute(COMPUTED[code], caller, periods, split)
        assert [
            (Period(one.since, one.until), one.key, one.value, one.n, one.denominator, one.unknown, one.late)
            for one in found
        ] == expected[code]
        assert [one for one in found if (one.value is None) is (one.reason is None)] == []
