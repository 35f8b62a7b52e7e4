"""The demo city's own plan, on whichever day the city ends."""

from datetime import date, timedelta

import pytest

from app.demo.city_plan import CODE, city_plan
from app.demo.planning import named
from app.plan.coordination.cadence import cadence
from app.plan.records import Plan, Recorded
from app.plan.register.checking import faults_of
from app.plan.register.known import Register
from app.plan.standing import of_type, standing
from tests import plans

_DAYS = [date(2026, 1, 1), date(2026, 3, 2), date(2026, 11, 23), date(2026, 12, 31), date(2028, 2, 29)]


@pytest.mark.parametrize("last", _DAYS)
def test_every_entry_names_only_what_was_entered_before(last: date) -> None:
    register = Register([], frozenset({"75118"}), frozenset())
    for known in city_plan(last):
        entry = named(known.entry)
        assert faults_of(entry, register, known.since) == []
        register.add(entry)


@pytest.mark.parametrize("last", _DAYS)
def test_what_nobody_knows_yet_is_not_there(last: date) -> None:
    known = city_plan(last)
    assert [one.since for one in known] == sorted(one.since for one in known)
    assert known[-1].since <= last
    whole = city_plan(date(last.year, 12, 31))
    assert [one for one in whole if one.since <= last] == list(known)


def test_it_says_everywhere_that_it_is_made_up() -> None:
    for known in city_plan(_DAYS[2]):
        assert (known.entry.plan, known.entry.source.title) == (CODE, "Plan de démonstration (inventé)")


def test_it_covers_the_year_of_the_last_day_and_the_one_before() -> None:
    [plan] = of_type((one.entry for one in city_plan(date(2026, 3, 2))), Plan)
    assert (plan.valid_from, plan.valid_to) == (date(2025, 1, 1), date(2027, 1, 1))


def test_its_partners_meet_less_and_less() -> None:
    last = date(2026, 11, 23)
    entries = standing(Recorded(named(one.entry), plans.RECORDED, "service") for one in city_plan(last))
    [plan] = of_type(entries, Plan)
    rows = cadence(entries, plan, last)
    came = [(one.held, one.not_held, one.attendance.present) for one in rows]
    assert came == [(1, 0, 3), (1, 0, 2), (1, 0, 1), (0, 1, None), (1, 0, 2), (0, 1, None), (0, 1, None), (0, 0, None)]
    assert rows[-1].unknown == 1
    assert rows[-1].days_since_last == (last - date(2026, 2, 11)) // timedelta(days=1)
