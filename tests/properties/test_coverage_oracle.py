"""The captures behind coverage are those plain Python counts from the rows: whoever asks, over night and year ends."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.context import Context
from app.metrics.coverage.definitions import INDICATORS
from app.metrics.coverage.service import COMPUTED
from app.metrics.indicator import Granularity, Period
from app.metrics.refreshing import refresh, verify
from tests import planted
from tests.clock import SetClock
from tests.effort import examples
from tests.members import House
from tests.oracles import coverage as oracle
from tests.oracles.meetings import calendar, captures
from tests.planted import Row
from tests.properties import catalogued, streets
from tests.properties.catalogued import Asked
from tests.properties.cities import ALL_AT_ONCE
from tests.properties.streets import Street

ORACLED = tuple(INDICATORS)


@pytest.fixture(scope="module")
async def street(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Street:
    return await streets.laid_out(client, context, clock)


def _figures(shown: Any) -> dict[str, Any] | None:
    counted = shown["counted"]
    if counted is None:
        return None
    return {
        "encounters": counted["encounters"]["n"],
        "with_card": counted["linked"]["numerator"],
        "late": counted["late"]["n"],
        "persons": counted["persons"]["n"],
        "seen": {one["days"]: one["persons"]["n"] for one in counted["seen"]},
        "halves": tuple(counted["halves"][half]["n"] for half in ("first", "second", "both")),
    }


@examples(2)
@given(st.data())
async def test_captures_are_what_plain_python_counts(street: Street, data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([date(2026, 3, 1), date(2026, 9, 20), date(2025, 11, 20), date(2026, 1, 1)]))
    rows = data.draw(streets.encounters(street.teams, first, 60, most=60, cards=6), "rows")
    more = data.draw(streets.encounters(street.teams, first, 60, most=12, cards=9), "rows that come later")
    await street.fill(rows)
    for step in ("stale", "refreshed", "stale in part, with cards that have no number yet", "refreshed again"):
        if step.startswith("refreshed"):
            await refresh(street.context.database, step_days=ALL_AT_ONCE)
        elif step != "stale":
            await street.add(more)
            rows += more
        for _ in range(2):
            caller = data.draw(st.sampled_from(sorted(street.callers)))
            until = first + timedelta(days=data.draw(st.sampled_from([28, 31, 42, 59, 60, 65])))
            weeks = data.draw(st.integers(4, 8))
            shown = await street.ask("/v1/metrics/coverage", caller, **{"from": first, "to": until}, weeks=weeks)
            assert _figures(shown) == captures(street.callers[caller][1], rows, until, weeks), step
            assert shown["window_from"] == (until - timedelta(weeks=weeks)).isoformat()
    assert set((await verify(street.context.database)).values()) == {0}


@examples(2)
@given(st.data())
async def test_cards_shown_after_midnight_in_the_last_night_are_of_the_next_year(
    street: Street, data: st.DataObject
) -> None:
    """Half of the meetings are in that night, and most cards are shown once: facts must leave them out as SQL does."""
    rows = data.draw(streets.encounters(street.teams, date(2025, 12, 1), 31, most=60, cards=60), "rows")
    await street.fill(rows)
    until = date(2026, 1, 1)
    for upkeep in (False, True):
        if upkeep:
            await refresh(street.context.database, step_days=ALL_AT_ONCE)
        for caller, (_, look) in street.callers.items():
            shown = await street.ask("/v1/metrics/coverage", caller, **{"from": date(2025, 12, 1), "to": until})
            assert _figures(shown) == captures(look, rows, until, 6)


@examples(2)
@given(st.data())
async def test_the_catalogue_says_what_coverage_says(street: Street, data: st.DataObject) -> None:
    """Some months have enough persons to estimate from, most do not: both are said alike."""
    first = date(2026, 2, 1)
    rows = data.draw(streets.encounters(street.teams, first, 58, most=400, cards=170), "rows")
    await street.fill(rows)
    periods = Period(date(2025, 12, 25), date(2026, 4, 1)).split(Granularity.month)
    figures = {code: await street.compute(compute, "organisation", periods) for code, compute in COMPUTED.items()}
    await refresh(street.context.database, step_days=ALL_AT_ONCE)
    for code, compute in COMPUTED.items():
        assert await street.compute(compute, "organisation", periods) == figures[code]
    for number, period in enumerate(periods):
        shown = await street.ask("/v1/metrics/coverage", "organisation", **{"from": period.since, "to": period.until})
        said = {one["code"]: one for one in (*shown["estimates"], *shown["coverage"])}
        assert said.keys() == figures.keys() == INDICATORS.keys()
        persons = shown["counted"]["persons"]["n"] if shown["counted"] else 0
        for code, found in figures.items():
            figure, one = found[number], said[code]
            assert (figure.since, figure.until, figure.key, figure.n) == (period.since, period.until, None, persons)
            assert [getattr(figure, name) for name in ("value", "low", "high", "reason")] == [
                one[name] for name in ("value", "low", "high", "reason")
            ]
            assert (figure.value is None) is (figure.reason is not None)


def _crowd(street: Street, chance: Random) -> list[Row]:
    """Make up a season of encounters of one association, and some of the other, with enough cards to estimate from."""
    cards, begun = chance.choice([60, 90, 120]), datetime(2026, 1, 20, 12, tzinfo=UTC)
    found = []
    for _ in range(500):
        at = begun + timedelta(minutes=chance.randrange(70 * 1440))
        card = chance.randrange(cards).to_bytes(16, "big") if chance.random() < 0.8 else None
        mine = House(*street.teams[0 if chance.random() < 0.85 else 2], "")
        people = 1 if card else chance.choice([1, 3])
        told = {"link_id": card, "people_count": people, "withdrawn": chance.random() < 0.1}
        found.append(planted.encounter(mine, at, **told))
    return found


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_coverage_is_what_the_formulas_give(street: Street, seed: int) -> None:
    """By the month and the quarter, first from encounters, then from facts."""
    rows = _crowd(street, Random(seed))  # noqa: S311 - Hypothesis' own records are too alike
    await street.fill(rows)
    token, look = street.callers["organisation"]
    estimated = 0
    for upkeep in (False, True):
        if upkeep:
            await refresh(street.context.database, step_days=ALL_AT_ONCE)
        for granularity in ("month", "quarter"):
            asked = Asked(date(2025, 12, 25), date(2026, 4, 3), granularity, None, {})
            periods = calendar(asked.since, asked.until, granularity)
            met = {(*period, None): captures(look, rows, period[1], 6) for period in periods}
            for code in ORACLED:
                shown = await catalogued.parts(street.client, token, code, asked)
                got = {place: part[:2] for place, part in shown.items()}
                wanted = {place: (oracle.values(of)[code], of["persons"] if of else 0) for place, of in met.items()}
                assert got == {place: pytest.approx(of) for place, of in wanted.items()}, (code, asked)
                estimated += sum(value is not None for value, _ in wanted.values())
    assert estimated
