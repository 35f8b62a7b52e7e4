"""A chain of snapshots by hand: what holds, and what a month that was left out looks like."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from app.metrics.indicator import Period
from app.monitoring.periods import last_over, months_after, over_at
from app.monitoring.snapshots.chaining import FIRST, digest_of, findings, heading_of
from app.monitoring.snapshots.content import canonical
from app.monitoring.snapshots.records import Link, Snapshot


def _chain(*months: date) -> list[Snapshot]:
    found: list[Snapshot] = []
    for number, month in enumerate(months, 1):
        before = found[-1].link.digest if found else FIRST
        heading = Link("plan", number, month, datetime(2026, 7, 1, tzinfo=UTC), "1", before, FIRST)
        body = canonical(heading_of(heading))
        found.append(
            Snapshot(Link("plan", number, month, heading.taken_at, "1", before, digest_of(before, body)), body)
        )
    return found


def _wrong(stored: Sequence[Snapshot], remembered: Sequence[Snapshot]) -> list[tuple[str, int]]:
    known = {one.link.number: one.link.digest for one in remembered}
    return [(one.kind.value, one.number) for one in findings(stored, known)]


def test_a_month_left_out_of_a_chain_that_holds_is_found() -> None:
    whole = _chain(date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1))
    assert _wrong(whole, whole) == []
    gaping = _chain(date(2025, 11, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1))
    assert _wrong(gaping, gaping) == [("gap", 2), ("gap", 4)]


def test_what_else_is_wrong_with_a_chain_is_told_in_its_own_word_alone() -> None:
    gaping = _chain(date(2025, 11, 1), date(2026, 1, 1), date(2026, 3, 1))
    assert _wrong([gaping[0], gaping[2]], gaping) == [("removed", 2)]
    assert _wrong(gaping[:2], gaping[:1]) == [("inserted", 2)]


def test_the_months_after_one_end_with_the_last_that_is_over() -> None:
    last = last_over(datetime(2026, 2, 1, 12, tzinfo=UTC))
    assert months_after(date(2025, 11, 1), last) == [
        Period(date(2025, 12, 1), date(2026, 1, 1)),
        Period(date(2026, 1, 1), date(2026, 2, 1)),
    ]
    assert months_after(date(2026, 1, 1), last) == months_after(date(2026, 5, 1), last) == []


def test_a_month_is_over_at_the_first_instant_at_which_it_is_the_last_one() -> None:
    for month in months_after(date(2025, 9, 1), last_over(datetime(2026, 11, 2, tzinfo=UTC))):
        over = over_at(month)
        assert last_over(over) == month
        assert last_over(over.replace(hour=over.hour - 1, minute=59)) != month
