"""Money of a plan, against tables worked by hand."""

from typing import Any

import pytest

from app.plan.money.overruns import shared
from app.plan.money.sums import NOTHING, Sums, Totals, money_rows, totals, totals_by_year, unspread
from app.plan.vocabulary import Lacking, OverrunCause
from tests import plans
from tests.make import Json

_MILLION = 100_000_000
"""In cents."""


def _amount(nature: str, kind: str, cents: int, **facts: Any) -> Json:
    return plans.entry("amount", nature=nature, cents=cents, **facts) | {"kind": kind}


def _committed(cents: int, **facts: Any) -> Json:
    return _amount("commitment", "commitment_authorisation", cents, **facts)


def _revised(cents: int, cause: str, **facts: Any) -> Json:
    return _amount("revision", "commitment_authorisation", cents, cause=cause, **facts)


def _paid(cents: int, cause: str | None = None, **facts: Any) -> Json:
    return _amount("expenditure", "payment_credit", cents, cause=cause, **facts)


def _totals(*sent: Json) -> Totals:
    return totals(plans.read(*sent))


def test_24_million_paid_against_3_a_year_for_three_years_execute_2_67_times() -> None:
    years = 2019, 2020, 2021
    found = _totals(*(_committed(3 * _MILLION, year=year) for year in years), _paid(24 * _MILLION, year=None))
    assert found.authorisations.committed == 9 * _MILLION
    assert found.paid == 24 * _MILLION
    assert (found.on_initial.value, found.on_revised.value) == (2.6667, 2.6667)
    assert f"{found.on_initial.value:.2f}" == "2.67"
    assert found.overrun is not None
    assert (found.overrun.cents, found.overrun.causes, found.overrun.unexplained) == (15 * _MILLION, (), 15 * _MILLION)


def test_execution_is_null_with_its_reason_and_never_0_when_nothing_was_committed() -> None:
    found = _totals(_paid(5))
    assert (found.on_initial.value, found.on_initial.lacking) == (None, Lacking.nothing_committed)
    assert (found.on_credits.value, found.on_credits.lacking) == (None, Lacking.nothing_committed)
    assert found.overrun is None
    nought = _totals(_committed(0), _paid(5))
    assert (nought.on_initial.value, nought.on_initial.lacking) == (None, Lacking.nothing_left_committed)


def test_an_expenditure_of_0_is_executed_0_and_none_recorded_is_not() -> None:
    assert _totals(_committed(5), _paid(0)).on_initial.value == 0
    silent = _totals(_committed(5))
    assert (silent.on_initial.value, silent.on_initial.lacking) == (None, Lacking.no_expenditure)
    assert silent.overrun is None


def test_revisions_change_the_second_denominator_only() -> None:
    found = _totals(_committed(900), _revised(300, "scope"), _revised(-200, "price"), _paid(1000))
    assert (found.authorisations.committed, found.authorisations.revisions, found.authorisations.revised) == (
        900, 100, 1000,
    )  # fmt: skip
    assert (found.on_initial.value, found.on_revised.value) == (1.1111, 1.0)


def test_a_commitment_revised_below_zero_executes_nothing() -> None:
    found = _totals(_committed(900), _revised(-901, "scope"), _paid(10))
    assert (found.on_revised.value, found.on_revised.lacking) == (None, Lacking.nothing_left_committed)
    assert found.on_initial.value == 0.0111


def test_authorisations_and_credits_are_the_same_money_seen_twice_and_never_added() -> None:
    found = _totals(
        _committed(900),
        _amount("commitment", "payment_credit", 600),
        _amount("expenditure", "commitment_authorisation", 850),
        _paid(450),
    )
    assert found.authorisations == Sums(900, None, 850)
    assert found.credits == Sums(600, None, 450)
    assert (found.on_initial.value, found.on_credits.value) == (0.5, 0.75)


def test_a_row_names_each_source_of_its_amounts_once() -> None:
    law, report = {"title": "Loi de finances"}, {"title": "Rapport", "reference": "p. 3"}
    rows = money_rows(
        plans.read(_paid(1, source=law), _paid(2, source=report), _paid(3, source=law), _committed(4, source=report))
    )
    assert [[(one.title, one.reference) for one in row.sources] for row in rows] == [
        [("Rapport", "p. 3")],
        [("Loi de finances", None), ("Rapport", "p. 3")],
    ]


def test_help_in_kind_stands_apart() -> None:
    found = _totals(
        _committed(900),
        _paid(450),
        _amount("commitment", "in_kind", 70_000),
        _amount("revision", "in_kind", 5, cause="scope"),
        _amount("expenditure", "in_kind", 80_000, cause="scope"),
    )
    assert found.in_kind == Sums(70_000, 5, 80_000)
    assert (found.on_initial.value, found.on_credits.lacking) == (0.5, Lacking.nothing_committed)
    assert found.overrun is not None
    assert found.overrun.cents == 0


def _causes(found: Totals) -> dict[str, tuple[int, int]]:
    assert found.overrun is not None
    return {line.cause.value: (line.by_revisions, line.by_expenditure) for line in found.overrun.causes}


def test_an_overrun_is_explained_by_revisions_first_then_by_expenditure_and_the_rest_is_unexplained() -> None:
    found = _totals(
        _committed(1000), _revised(300, "volume"), _revised(100, "not_stated"), _paid(900), _paid(600, "price"),
        _paid(200, "volume"),
    )  # fmt: skip
    # 1700 paid: 700 beyond. Revisions promised 400 of it anew; of the 300 left, 800 carry a cause, 3/4 of them price.
    assert _causes(found) == {"volume": (300, 75), "price": (0, 225), "not_stated": (100, 0)}
    assert found.overrun is not None
    assert (found.overrun.cents, found.overrun.unexplained) == (700, 0)


def test_no_cent_is_explained_twice_when_promised_anew_and_when_paid() -> None:
    found = _totals(_committed(1000), _revised(500, "volume"), _paid(1000), _paid(500, "volume"))
    assert _causes(found) == {"volume": (500, 0)}


def test_what_no_cause_covers_is_unexplained() -> None:
    found = _totals(_committed(1000), _revised(200, "scope"), _paid(1500), _paid(100, "emergency"))
    assert _causes(found) == {"scope": (200, 0), "emergency": (0, 100)}
    assert found.overrun is not None
    assert (found.overrun.cents, found.overrun.unexplained) == (600, 300)


def test_a_revision_downwards_takes_from_what_the_others_explain() -> None:
    found = _totals(_committed(1000), _revised(-300, "price"), _revised(600, "scope"), _paid(1500))
    assert _causes(found) == {"scope": (300, 0)}
    assert found.overrun is not None
    assert found.overrun.unexplained == 200


def test_less_paid_than_committed_is_no_overrun_whatever_was_said_of_it() -> None:
    found = _totals(_committed(1000), _revised(300, "scope"), _paid(900, "price"))
    assert found.overrun is not None
    assert (found.overrun.cents, found.overrun.causes, found.overrun.unexplained) == (0, (), 0)


def test_cents_are_shared_out_to_the_last_one() -> None:
    thirds = {OverrunCause.price: 1, OverrunCause.scope: 1, OverrunCause.delay: 1, OverrunCause.volume: -7}
    assert shared(100, thirds) == {OverrunCause.scope: 34, OverrunCause.price: 33, OverrunCause.delay: 33}
    assert shared(0, {}) == {}


def test_rows_are_by_action_funder_year_and_kind_and_null_where_nothing_was_recorded() -> None:
    rows = money_rows(
        plans.read(
            _paid(5, action=2, funder="ville", year=2020),
            _paid(7, action=2, funder="ville", year=2020),
            _committed(9, action=2, funder="ville", year=2020),
            _revised(-1, "scope", action=2, funder="ville", year=2021),
            _committed(0, funder="etat", year=2019),
            _paid(3, action=2, funder="ville", year=None),
        )
    )
    assert [
        (row.action, row.funder, row.year, row.kind.value, row.sums.committed, row.sums.revised, row.sums.spent)
        for row in rows
    ] == [
        (None, "etat", 2019, "commitment_authorisation", 0, 0, None),
        (2, "ville", 2020, "commitment_authorisation", 9, 9, None),
        (2, "ville", 2020, "payment_credit", None, None, 12),
        (2, "ville", 2021, "commitment_authorisation", None, -1, None),
        (2, "ville", None, "payment_credit", None, None, 3),
    ]


def test_an_underspent_year_covers_nothing_of_an_overspent_one() -> None:
    sent = [_committed(100, year=2019), _paid(150, year=2019), _committed(100, year=2020), _paid(30, year=2020)]
    by_year = totals_by_year(plans.read(*sent))
    assert [(year, one.overrun.cents if one.overrun else None) for year, one in by_year] == [(2019, 50), (2020, 0)]
    whole = _totals(*sent)
    assert whole.overrun is not None
    assert whole.overrun.cents == 0


def _of_years(*sent: Json) -> dict[int, Totals]:
    return dict(totals_by_year(plans.read(*sent)))


def test_a_payment_of_several_years_is_in_the_totals_and_in_no_year_and_no_year_is_judged() -> None:
    sent = [*(_committed(3 * _MILLION, year=year) for year in (2019, 2020, 2021)), _paid(24 * _MILLION, year=None)]
    found = _of_years(*sent, _paid(6 * _MILLION, year=2021))
    assert list(found) == [2019, 2020, 2021]
    assert [one.paid for one in found.values()] == [None, None, 6 * _MILLION]
    lacking = Lacking.not_spread
    for one in found.values():
        assert (one.on_initial.value, one.on_initial.lacking) == (None, lacking)
        assert (one.on_revised.value, one.on_revised.lacking) == (None, lacking)
        assert (one.on_credits.lacking, one.overrun) == (Lacking.nothing_committed, None)
    apart = unspread(plans.read(*sent))
    assert (apart.paid, apart.authorisations, apart.in_kind) == (24 * _MILLION, *(Sums(None, None, None),) * 2)
    assert _totals(*sent).on_initial.value == 2.6667


def test_a_promise_for_several_years_leaves_no_year_s_share_and_no_overrun() -> None:
    found = _of_years(_committed(5, year=2020), _paid(15, year=2020), _committed(9, year=None))[2020]
    assert (found.on_initial.lacking, found.on_revised.lacking) == (Lacking.not_spread, Lacking.not_spread)
    assert found.overrun is None
    other = _of_years(_paid(15, year=2020), _committed(9, year=None))[2020]
    assert other.on_initial.lacking is Lacking.not_spread


def test_a_revision_of_several_years_leaves_the_first_share_alone() -> None:
    found = _of_years(_committed(10, year=2020), _paid(15, year=2020), _revised(9, "scope", year=None))[2020]
    assert (found.on_initial.value, found.on_revised.lacking, found.overrun) == (1.5, Lacking.not_spread, None)


def test_credits_opened_for_several_years_take_their_own_share_only() -> None:
    opened = _amount("commitment", "payment_credit", 100, year=None)
    found = _of_years(_committed(10, year=2020), _paid(15, year=2020), opened)[2020]
    assert (found.on_initial.value, found.on_credits.lacking) == (1.5, Lacking.not_spread)
    assert found.overrun is not None
    assert found.overrun.cents == 5


def test_contracts_and_help_in_kind_of_several_years_take_nothing_away() -> None:
    signed = _amount("expenditure", "commitment_authorisation", 100, year=None)
    helped = _amount("expenditure", "in_kind", 100, year=None)
    found = _of_years(_committed(10, year=2020), _paid(15, year=2020), signed, helped)[2020]
    assert (found.on_initial.value, found.on_revised.value) == (1.5, 1.5)
    assert found.overrun is not None
    assert unspread(plans.read(_committed(10, year=2020))) == NOTHING


@pytest.mark.parametrize("cents", [10**13, 10**13 - 1])
def test_the_largest_amounts_keep_their_last_cent(cents: int) -> None:
    found = _totals(*(_committed(cents) for _ in range(500)), _paid(cents))
    assert found.authorisations.committed == 500 * cents
    assert found.on_initial.value == 0.002
