"""The cell-key method: its table against another solver, one cell by hand; the catalogue; a release to the byte."""

import hashlib
import hmac
import math
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import xlogy

from app.releases import rules
from app.releases.cells import cells_of
from app.releases.definitions import CATALOGUE, lateness_limits, of_day, read_period
from app.releases.files import files_of
from app.releases.records import Key, Tally
from app.releases.vocabulary import WHOLE, Dimension, Measure, Part, Scope, Span
from tests.attack.city import MONTHS, draw

FROZEN = Path(__file__).parent / "frozen"
COUNTS = range(rules.REACH + 1)
_KEY = bytes(range(32))


def _mark(name: bytes) -> bytes:
    return hmac.digest(_KEY, name, "sha256")


@pytest.mark.parametrize("count", [count for count in COUNTS if count])
def test_a_row_is_what_another_solver_finds_of_largest_entropy(count: int) -> None:
    moves = np.arange(-min(count, rules.REACH), rules.REACH + 1)
    conditions = np.array([np.ones_like(moves), moves, moves**2], dtype=float)
    wanted = np.array([1, 0, min(count, 9)])
    found = minimize(
        lambda p: float(np.sum(xlogy(p, p))),
        np.full(len(moves), 1 / len(moves)),
        jac=lambda p: np.log(np.maximum(p, 1e-300)) + 1,
        bounds=[(1e-14, 1)] * len(moves),
        constraints=[{"type": "eq", "fun": lambda p: conditions @ p - wanted, "jac": lambda _p: conditions}],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    assert found.success
    row = rules.transition(count)[-len(moves) :]
    assert np.max(np.abs(found.x - row)) < 1e-7


@pytest.mark.parametrize("count", COUNTS)
def test_a_row_adds_up_to_1_has_mean_0_its_variance_and_never_leaves_less_than_nobody(count: int) -> None:
    row = dict(zip(range(-rules.REACH, rules.REACH + 1), rules.transition(count), strict=True))
    assert math.fsum(row.values()) == pytest.approx(1, abs=1e-12)
    assert math.fsum(p * v for v, p in row.items()) == pytest.approx(0, abs=1e-10)
    assert math.fsum(p * v * v for v, p in row.items()) == pytest.approx(min(count, 9), abs=1e-9)
    assert [v for v, p in row.items() if p and count + v < 0] == []


def test_larger_counts_are_moved_like_ten() -> None:
    assert rules.transition(rules.REACH) == pytest.approx(rules.transition(rules.REACH)[::-1], abs=1e-12)
    moved = [[rules.move(_mark, "referrals", count, keys) for keys in range(3000)] for count in (10, 1000)]
    assert [np.std(one) for one in moved] == pytest.approx([3, 3], abs=0.15)


def test_one_cell_by_hand() -> None:
    """137 encounters whose keys add up to 2^32 + 123456789.

    u = 0.874604; the row of ten and more adds up to 0.798182 below +3 and to 0.878875 with it: v = 3, y = 140.
    """
    digest = hmac.new(_KEY, b"cell|encounters|0123456789|137", hashlib.sha256).digest()
    assert int.from_bytes(digest[:6], "big") / 2**48 == pytest.approx(0.874604, abs=1e-6)
    added = list(accumulate(rules.transition(rules.REACH)))
    assert added[12:14] == pytest.approx([0.798182, 0.878875], abs=1e-6)
    assert rules.move(_mark, "encounters", 137, 2**32 + 123456789) == 3
    assert rules.protect(_mark, "encounters", 137, 123456789, 30) == 140


@pytest.mark.parametrize(
    ("moved", "floor", "largest", "value"),
    [(10, 11, 0, None), (11, 11, 0, 10), (12, 11, 0, 10), (13, 11, 0, 15), (29, 30, 0, None), (30, 30, 0, 30),
     (40, 30, 20, 40), (40, 30, 21, None), (0, 11, 0, None)],
)  # fmt: skip
def test_a_moved_count_is_rounded_or_suppressed(moved: int, floor: int, largest: int, value: int | None) -> None:
    assert rules.shown(moved, floor, largest) == value


@pytest.mark.parametrize(
    ("value", "whole", "share"), [(30, 60, 0.5), (10, 25, None), (None, 60, None), (10, None, None), (35, 30, 1.0)]
)
def test_a_share_is_of_published_values_and_of_30_at_least(
    value: int | None, whole: int | None, share: float | None
) -> None:
    assert rules.share(value, whole) == share


def test_the_same_records_get_the_same_noise_and_others_another() -> None:
    moves = [rules.move(_mark, "referrals", 50, keys) for keys in range(200)]
    assert moves == [rules.move(_mark, "referrals", 50, keys + 2**32) for keys in range(200)]
    assert moves != [rules.move(_mark, "encounters", 50, keys) for keys in range(200)]
    assert moves != [rules.move(_mark, "referrals", 51, keys) for keys in range(200)]


@pytest.mark.parametrize(
    ("code", "since", "until", "due"),
    [
        ("2026-10", "2026-10-01", "2026-11-01", "2026-11-15T23:00:00+00:00"),
        ("2026-Q3", "2026-07-01", "2026-10-01", "2026-10-15T22:00:00+00:00"),
        ("2026", "2026-01-01", "2027-01-01", "2027-01-15T23:00:00+00:00"),
        ("2026-12", "2026-12-01", "2027-01-01", "2027-01-15T23:00:00+00:00"),
    ],
)
def test_a_code_names_a_period_and_the_midnight_it_is_due(code: str, since: str, until: str, due: str) -> None:
    period = read_period(code)
    assert period is not None
    assert (period.code, str(period.since), str(period.until), period.due.isoformat()) == (code, since, until, due)
    assert period.months[0].since == period.since


@pytest.mark.parametrize("code", ["2026-13", "2026-Q5", "2026-W10", "1999", "2026-10-01", "", "2026-1"])
def test_other_codes_name_nothing(code: str) -> None:
    assert read_period(code) is None


def test_a_record_may_be_late_for_its_month_and_in_time_for_its_quarter_and_year() -> None:
    limits = lateness_limits(of_day(date(2026, 7, 1), Span.month))
    assert [limit.date().isoformat() for limit in limits] == ["2026-08-15", "2026-10-15", "2027-01-15"]


def test_demographics_are_published_for_the_perimeter_and_the_year_only() -> None:
    about = {Dimension.gender, Dimension.age_band}
    found = {(span, node.scope) for span, nodes in CATALOGUE.items() for node in nodes if node.dimension in about}
    assert found == {(Span.year, Scope.perimeter)}


def _frozen_city(code: str) -> dict[Part, bytes]:
    city, period = draw("a small demo", 3000, 700, 3), read_period(code)
    assert period is not None
    counted = [(cell[1], 0, tally) for cell, tally in city.truth.items() if cell[0] == period]
    cells = cells_of(period.span, city.places, counted, _mark)
    at = datetime(2027, 1, 16, 1, tzinfo=UTC)
    return {file.part: file.body for file in files_of(period, "demo", cells, "0.1.0", at)}


@pytest.mark.parametrize("code", ["2026-07", "2026-Q3", "2026"])
def test_a_release_is_held_to_the_byte(code: str) -> None:
    """Bytes that differ here need another method or definition version: a frozen figure never changes silently."""
    made = _frozen_city(code)
    for part in (Part.json, Part.csv, Part.dictionary):
        assert made[part] == (FROZEN / f"{code}.{part.value}").read_bytes(), part


def test_the_name_of_the_method_changes_with_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules.method() == "cell-key-1.69bcae16"
    for name, other in (("ROUNDED_TO", 10), ("FLOOR", 12), ("ACTIVITY_FLOOR", 20), ("RATIO_FLOOR", 20)):
        with monkeypatch.context() as changed:
            changed.setattr(rules, name, other)
            assert rules.method.__wrapped__() != "cell-key-1.69bcae16"


def test_the_sum_of_a_quarters_months_is_its_cell() -> None:
    key = Key("*", Measure.referrals, Dimension.total, WHOLE)
    months = [(key, 0, Tally(400, 2**31)), (key, 0, Tally(300, 2**31)), (key, 1, Tally(100, 5)), (key, 2, Tally(50, 7))]
    cells = {(cell.measure, cell.dimension, cell.place): cell for cell in cells_of(Span.quarter, [], months, _mark)}
    whole = cells[Measure.referrals, Dimension.total, "*"]
    assert whole.value == rules.protect(_mark, "referrals", 800, 5, rules.FLOOR)
    late = cells[Measure.late_referrals, Dimension.total, "*"]
    assert late.value == rules.protect(_mark, "late_referrals", 100, 5, rules.FLOOR)


def test_the_months_of_a_city_are_those_of_the_year() -> None:
    year = read_period("2026")
    assert year is not None
    assert tuple(year.months) == MONTHS
