"""What a file withholds: every small count, and never one cell of a line alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.indicators.rules import Counted, withheld

_DAY = date(2026, 3, 2)


def counted(n: int, denominator: float | None = None, month: int = 0, key: str | None = None) -> Counted:
    return Counted(_DAY + timedelta(days=31 * month), key, n, denominator, None, None, None)


def groups(*counts: int) -> list[Counted]:
    return [counted(n, key=f"g{number}") for number, n in enumerate(counts)]


@pytest.mark.parametrize(
    ("n", "denominator", "hidden"),
    [
        (0, None, True), (1, None, True), (10, None, True), (11, None, False),
        (11, 11, False), (11, 12, True), (11, 21, True), (11, 22, False), (40, 10.5, True), (20, 20, False),
    ],
)  # fmt: skip
def test_a_count_or_what_is_left_of_one_under_11_is_small(n: int, denominator: float | None, *, hidden: bool) -> None:
    assert (withheld([counted(n, denominator)], split=False) == {0}) is hidden


def test_the_next_smallest_goes_with_a_group_that_would_be_withheld_alone() -> None:
    assert withheld(groups(3, 40, 20, 90), split=True) == {0, 2}


def test_nothing_more_is_withheld_beside_two() -> None:
    assert withheld(groups(3, 40, 20, 5), split=True) == {0, 3}


def test_a_single_group_has_nothing_to_hide_behind_and_is_withheld() -> None:
    assert withheld(groups(3), split=True) == {0}


def test_a_period_of_a_series_is_not_withheld_alone_either() -> None:
    assert withheld([counted(n, month=month) for month, n in enumerate((50, 4, 30))], split=False) == {1, 2}


@st.composite
def tables(draw: st.DrawFn) -> list[Counted]:
    months, keys = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    counts = draw(st.lists(st.integers(0, 60), min_size=months * keys, max_size=months * keys))
    cells = [(month, f"g{key}") for month in range(months) for key in range(keys)]
    kept = draw(st.sets(st.sampled_from(range(len(cells))), min_size=1))
    return [counted(counts[n], month=cells[n][0], key=cells[n][1]) for n in sorted(kept)]


@given(tables())
def test_no_withheld_cell_follows_from_a_total_and_the_cells_shown(table: list[Counted]) -> None:
    hidden = withheld(table, split=True)
    assert {n for n, one in enumerate(table) if one.n < 11} <= hidden
    lines = [[n for n, one in enumerate(table) if one.since == since] for since in {one.since for one in table}]
    if len(lines) > 1:
        lines += [[n for n, one in enumerate(table) if one.key == key] for key in {one.key for one in table}]
    for line in lines:
        assert len(line) == 1 or len(hidden & set(line)) != 1


@given(tables())
def test_a_table_without_small_counts_is_shown_whole(table: list[Counted]) -> None:
    if all(one.n >= 11 for one in table):
        assert withheld(table, split=True) == frozenset()
    else:
        assert withheld(table, split=True)
