"""Since when an alert lasts is the first day of its run: looked at day by day, by somebody who keeps a diary."""

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import Hours
from app.directory.vocabulary import Label, Weekday
from app.monitoring.alerts.definitions import THRESHOLDS, Threshold
from app.monitoring.alerts.judging import begin_of_run, in_time, of_register
from app.monitoring.alerts.records import Unheard
from app.monitoring.alerts.reporting import unheard
from app.monitoring.alerts.vocabulary import AlertKind
from app.plan.standing import standing
from tests import plans
from tests.make import Json

FIRST = date(2020, 1, 1)
DAYS = 200


def _day(random: Random) -> str:
    return (FIRST + timedelta(days=random.randrange(DAYS))).isoformat()


def _register(random: Random) -> list[Json]:
    """Decisions, milestones, actions, meetings and money, some of them moved, ended, reached or held."""
    said: list[Json] = [plans.entry("committee", on=FIRST.isoformat(), meetings_per_year=random.choice([None, 12, 24]))]
    for n in range(random.randrange(4)):
        said.append(plans.entry("decision", code=f"d{n}", on=_day(random), due_on=_day(random)))
        if random.random() < 0.5:
            said.append(plans.entry("decision_outcome", decision=f"d{n}", on=_day(random)))
        said += [plans.entry("milestone", code=f"m{n}", on=FIRST.isoformat(), due_on=_day(random)) for _ in range(2)]
        if random.random() < 0.5:
            said.append(plans.entry("milestone_reached", milestone=f"m{n}", on=_day(random)))
        said.append(plans.entry("action", number=n + 1, on=FIRST.isoformat(), planned_end=_day(random)))
        said.append(
            plans.entry("assessment", action=n + 1, on=_day(random), status=random.choice(["done", "initiated"]))
        )
        held = random.choice([True, False, None])
        on = _day(random)
        said.append(plans.entry("meeting", code=f"r{n}", on=on, held=held, held_on=on if held else None))
    for n in range(random.randrange(6)):
        nature = random.choice(["commitment", "revision", "expenditure"])
        kind = "payment_credit" if nature == "expenditure" else "commitment_authorisation"
        booked = {"nature": nature, "kind": kind, "year": random.choice([2020, 2020, 2020, None])}
        more = {"cause": "scope", "cents": random.randrange(-9, 9)} if nature == "revision" else {}
        said.append(
            plans.entry("amount", code=f"a{n}", on=_day(random), **{"cents": random.randrange(9)} | booked | more)
        )
    return said


@given(st.integers(0, 2**32))
def test_each_alert_of_the_register_began_on_the_first_day_of_its_run(seed: int) -> None:
    recorded = plans.recorded(*_register(Random(seed)))  # noqa: S311 - a drawn register
    began: dict[str, date] = {}
    every = standing(recorded)
    for number in range(DAYS + 100):
        day = FIRST + timedelta(days=number)
        now = {one.id: one.since for one in of_register(standing(recorded, day), every, day, THRESHOLDS)}
        began = {name: began.get(name, day) for name in now}
        for name, since in now.items():
            assert since == began[name], (name, day)
            assert since <= day


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 120))
def test_what_lasts_is_an_alert_on_each_day_from_since_on_and_an_alarm_from_one_day_on(
    watch: int, more: int, looked: int
) -> None:
    threshold = Threshold("x", Label("x", "x"), watch, watch + more)
    found = in_time(AlertKind.late_action, "1", Label("x", "x"), FIRST, FIRST + timedelta(days=looked), threshold)
    days = looked + 1
    assert (found is not None) == (days >= max(1, watch))
    if found is not None:
        assert found.since == FIRST + timedelta(days=max(1, watch) - 1)
        assert (found.severity.value == "alarm") == (days >= watch + more)


@given(st.lists(st.booleans(), max_size=40))
def test_a_run_begins_after_the_last_good_day(off: list[bool]) -> None:
    days = [FIRST + timedelta(days=number) for number in range(len(off))]
    found = begin_of_run(days, lambda day: off[(day - FIRST).days])
    run = "".join("x" if one else "." for one in off)
    expected = len(run.rstrip("x"))
    assert found == (days[expected] if expected < len(days) else None)


_HOURS = st.builds(
    lambda weekday, begins, lasts: Hours(
        weekday, 540, 1080, FIRST + timedelta(days=begins), None if lasts is None else FIRST + timedelta(begins + lasts)
    ),
    st.sampled_from(Weekday),
    st.integers(0, 60),
    st.none() | st.integers(0, 40),
)


@given(st.lists(_HOURS, max_size=4), st.integers(0, 60), st.integers(0, 120))
def test_a_place_is_unheard_from_the_first_day_on_that_any_of_its_hours_begins(
    hours: list[Hours], opened: int, looked: int
) -> None:
    opened_on, today = FIRST + timedelta(days=opened), FIRST + timedelta(days=looked)
    planned = [
        day
        for day in (opened_on + timedelta(days=number) for number in range(200))
        if any(
            day.strftime("%A").lower() == one.weekday.value
            and one.valid_from <= day
            and not (one.valid_until and one.valid_until <= day)
            for one in hours
        )
    ]
    in_force = any(one.valid_from <= today and not (one.valid_until and one.valid_until <= today) for one in hours)
    expected = planned[:1] if in_force and planned and planned[0] < today else []
    found = unheard([Unheard("place", "x", "x", opened_on, tuple(hours))], today)
    assert [one.since for one in found] == expected
