"""Cost per outcome, by hand: which payments, which releases, at which lag, how far off."""

from datetime import date
from math import sqrt
from typing import Any

import pytest

from app.monitoring.costs.definitions import CostedOutcome, NoCost
from app.monitoring.costs.rules import Paid, Published, Row, costs, not_spread, over_the_plan, payments
from app.plan.coordination.quarters import Quarter
from app.plan.records.money import Amount
from app.releases.vocabulary import Stage
from tests import plans

YEAR = Paid("2026", Quarter(2026, 1), 4, 1_200_000_00, whole=True)


def amounts(*facts: dict[str, Any]) -> list[Amount]:
    paid = {"nature": "expenditure", "year": 2026}
    read = plans.read(*(plans.entry("amount", **{**paid, "code": f"l{n}", **one}) for n, one in enumerate(facts)))
    return [one for one in read if isinstance(one, Amount)]


def told(**admitted: int | None) -> dict[str, Published]:
    names = {name.replace("_", "-").removeprefix("y"): count for name, count in admitted.items()}
    return {name: Published(name, {Stage.admitted: count, Stage.arrived: count}) for name, count in names.items()}


def row(
    published: dict[str, Published], outcome: CostedOutcome = CostedOutcome.admitted, lag: int = 0, paid: Paid = YEAR
) -> Row:
    [period] = costs([paid], published)
    [found] = [one for one in period.rows if (one.outcome, one.lag) == (outcome, lag)]
    return found


QUARTERS = {"y2026_Q1": 40, "y2026_Q2": 60, "y2026_Q3": 50, "y2026_Q4": 50, "y2027_Q1": 90}


def test_a_years_payment_is_divided_by_the_outcomes_of_four_quarters_moved_by_the_lag() -> None:
    at_once, later = row(told(**QUARTERS)), row(told(**QUARTERS), lag=1)
    assert (at_once.count, at_once.euros) == (200, 6000.0)
    assert (later.count, later.euros) == (250, 4800.0)
    assert later.releases == ("2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1")
    assert (later.outcomes_from, later.outcomes_to) == (date(2026, 4, 1), date(2027, 4, 1))


def test_the_release_of_the_year_is_taken_where_the_quarters_are_one() -> None:
    found = row(told(**QUARTERS, y2026=240))
    assert (found.count, found.releases, found.euros) == (240, ("2026",), 5000.0)
    assert row(told(**QUARTERS, y2026=240), lag=1).count == 250


def test_an_arrival_is_the_sum_of_both_published_stages() -> None:
    assert row(told(y2026=60), CostedOutcome.arrived).count == 120


def test_the_interval_allows_for_noise_and_rounding_of_every_count_in_it() -> None:
    one = row(told(y2026=240))
    away = 1.96 * sqrt(9 + 25 / 12)
    assert one.low == pytest.approx(1_200_000 / (240 + away), abs=0.01)
    assert one.high == pytest.approx(1_200_000 / (240 - away), abs=0.01)
    four = row(told(**QUARTERS))
    assert four.low == pytest.approx(1_200_000 / (200 + 2 * away), abs=0.01)


@pytest.mark.parametrize(
    ("published", "lacking", "count"),
    [
        ({}, NoCost.no_release, None),
        ({"y2026_Q1": 40, "y2026_Q2": 60, "y2026_Q3": 50}, NoCost.no_release, None),
        ({**QUARTERS, "y2026_Q2": None}, NoCost.suppressed, None),
        ({"y2026": 25}, NoCost.small_denominator, 25),
    ],
)
def test_without_enough_published_there_is_no_cost_and_a_reason(
    published: dict[str, int | None], lacking: NoCost, count: int | None
) -> None:
    found = row(told(**published))
    assert (found.euros, found.low, found.high, found.lacking, found.count) == (None, None, None, lacking, count)


def test_thirty_are_enough() -> None:
    assert row(told(y2026=30)).euros == 40_000.0


def test_nothing_paid_costs_nothing_that_could_be_told() -> None:
    assert row(told(y2026=100), paid=Paid("2026", Quarter(2026, 1), 4, 0, whole=True)).lacking is NoCost.nothing_paid


def test_a_count_is_never_told_where_a_cell_is_suppressed_whatever_else_lacks() -> None:
    for paid in (Paid("2026", Quarter(2026, 1), 4, 0, whole=True), Paid("2026", Quarter(2026, 1), 4, 9, whole=False)):
        assert row(told(**{**QUARTERS, "y2026_Q2": None}), paid=paid).count is None


def test_a_payment_of_several_years_is_in_none_of_them_and_takes_their_cost_away() -> None:
    dated = [{"on": f"2026-{month:02}-15", "cents": 100_000} for month in (2, 5, 8, 11)]
    said = amounts(
        *dated, {"on": "2027-12-31", "cents": 7, "year": None}, {"cents": 5, "year": None, "kind": "in_kind"}
    )
    assert not_spread(said) == 7
    assert [(one.code, one.cents, one.whole) for one in payments(said)] == [
        ("2026", 400_000, False), *((f"2026-Q{number}", 100_000, False) for number in range(1, 5)),
    ]  # fmt: skip
    rows = [one for period in costs(payments(said), told(**QUARTERS, y2026=240)) for one in period.rows]
    assert {(one.euros, one.low, one.high, one.lacking) for one in rows} == {(None, None, None, NoCost.not_spread)}
    assert (not_spread(amounts(*dated)), {one.whole for one in payments(amounts(*dated))}) == (None, {True})
    assert payments(amounts({"cents": 7, "year": None})) == []


PLAN = date(2025, 11, 3), date(2027, 1, 31)


def test_where_years_do_not_tell_all_that_was_paid_stands_over_all_quarters_of_the_plan() -> None:
    said = amounts({"cents": 300_000_00}, {"cents": 600_000_00, "year": None}, {"cents": 1, "kind": "in_kind"})
    [paid] = over_the_plan(said, *PLAN)
    assert (paid.code, paid.since, paid.quarters, paid.cents) == (
        "2025-Q4/2027-Q1", Quarter(2025, 4), 6, 900_000_00,
    )  # fmt: skip
    assert over_the_plan(amounts({"cents": 7}), *PLAN) == over_the_plan([], *PLAN) == []
    by_quarter = row(told(**QUARTERS, y2025_Q4=10), paid=paid)
    assert (by_quarter.count, by_quarter.euros, len(by_quarter.releases)) == (300, 3000.0, 6)
    by_year = row(told(**QUARTERS, y2025_Q4=10, y2026=350), paid=paid)
    assert (by_year.count, by_year.euros, by_year.releases) == (450, 2000.0, ("2025-Q4", "2026", "2027-Q1"))
    assert by_year.low == pytest.approx(900_000 / (450 + 1.96 * sqrt(3 * (9 + 25 / 12))), abs=0.01)
    later = row(told(**QUARTERS, y2026=350), paid=paid, lag=1)
    assert (later.outcomes_from, later.outcomes_to, later.lacking) == (
        date(2026, 1, 1), date(2027, 7, 1), NoCost.no_release,
    )  # fmt: skip


def test_the_spread_is_over_the_lags_that_have_a_cost() -> None:
    [period] = costs([YEAR], told(**QUARTERS))
    [spread] = [one for one in period.spreads if one.outcome is CostedOutcome.admitted]
    rows = [one for one in period.rows if one.outcome is CostedOutcome.admitted]
    assert [one.euros for one in rows] == [6000.0, 4800.0, None, None, None]
    assert (spread.lags, spread.least, spread.most) == (2, 4800.0, 6000.0)
    assert (spread.low, spread.high) == (rows[1].low, rows[0].high)


def test_only_payment_credits_that_were_spent_are_paid() -> None:
    found = payments(
        amounts(
            {"on": "2026-02-01", "cents": 5},
            {"on": "2026-02-01", "cents": 70, "kind": "in_kind"},
            {"on": "2026-02-01", "cents": 900, "kind": "commitment_authorisation"},
            {"on": "2026-02-01", "cents": 2000, "nature": "commitment"},
        )
    )
    assert [(one.code, one.cents) for one in found] == [("2026", 5)]


def test_a_quarter_is_told_only_where_each_of_the_four_has_a_dated_payment() -> None:
    dated = [{"on": f"2026-{month:02}-15", "cents": month} for month in (2, 5, 8, 11)]
    assert [(one.code, one.cents) for one in payments(amounts(*dated))] == [
        ("2026", 26), ("2026-Q1", 2), ("2026-Q2", 5), ("2026-Q3", 8), ("2026-Q4", 11),
    ]  # fmt: skip
    assert [one.code for one in payments(amounts(*dated[:3]))] == ["2026"]
    assert [one.code for one in payments(amounts(*dated, {"on": "2027-01-20", "cents": 4}))] == ["2026"]
