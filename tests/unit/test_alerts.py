"""Alerts by hand: what is one, since when, how grave, and who took note of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.directory.rules import Hours
from app.directory.vocabulary import Label, Weekday
from app.monitoring.alerts import judging, reporting
from app.monitoring.alerts.definitions import THRESHOLDS, thresholds_of
from app.monitoring.alerts.records import Alert, Noted, Quiet, Reported, Unheard
from app.monitoring.alerts.vocabulary import AlertKind, Severity
from app.plan.records import Plan
from app.plan.records.steering import Target
from app.plan.standing import of_type, standing
from tests import plans
from tests.make import Json

AT = date(2021, 6, 30)


def register(*said: Json, at: date = AT) -> dict[str, Alert]:
    recorded = plans.recorded(*said)
    found = judging.of_register(standing(recorded, at), standing(recorded), at, THRESHOLDS)
    return {one.id: one for one in found}


def only(*said: Json, at: date = AT) -> Alert:
    [found] = register(*said, at=at).values()
    return found


@pytest.mark.parametrize(
    ("said", "name", "first"),
    [
        (plans.entry("decision", due_on="2021-06-20"), "overdue_decision:decision-1", date(2021, 6, 21)),
        (plans.entry("milestone", due_on="2021-06-20"), "missed_milestone:ouverture", date(2021, 6, 21)),
        (plans.entry("action", planned_end="2021-06-20"), "late_action:1", date(2021, 6, 21)),
    ],
)
def test_what_is_late_is_an_alert_from_the_day_after(said: Json, name: str, first: date) -> None:
    assert register(said, at=first - timedelta(days=1)) == {}
    on_the_day, later = only(said, at=first), only(said, at=first + timedelta(days=8))
    assert (on_the_day.id, on_the_day.since, on_the_day.severity) == (name, first, Severity.watch)
    assert (later.id, later.since, later.value) == (name, first, 9)


def test_late_for_long_is_an_alarm() -> None:
    said = plans.entry("decision", due_on="2021-01-01")
    assert only(said, at=date(2021, 1, 30)).severity is Severity.watch
    assert only(said, at=date(2021, 1, 31)).severity is Severity.alarm


def test_what_was_done_is_none() -> None:
    decided = plans.entry("decision", due_on="2021-06-01"), plans.entry("decision_outcome", on="2021-06-20")
    reached = plans.entry("milestone"), plans.entry("milestone_reached", on="2021-06-20")
    done = plans.entry("action", planned_end="2021-06-01"), plans.entry("assessment", status="done", on="2021-06-02")
    assert register(*decided, *reached, *done) == {}


def money(**facts: Any) -> Json:
    return plans.entry("amount", **{"on": "2020-01-01", "code": "ligne", **facts})


PROMISED = {"nature": "commitment", "kind": "commitment_authorisation"}


def test_spending_beyond_the_promise_is_told_of_plan_year_and_action_since_the_booking_that_took_it_there() -> None:
    said = [
        plans.entry("action"),
        money(**PROMISED, cents=1000, action=1),
        money(nature="expenditure", cents=900, on="2020-03-01", action=1),
        money(nature="expenditure", cents=150, on="2020-05-01", action=1),
        money(nature="expenditure", cents=50, on="2020-09-01", action=1),
    ]
    found = register(*said)
    assert found.keys() == {f"overspending:{what}" for what in ("plan", "year.2020", "action.1")}
    assert {(one.since, one.value, one.severity) for one in found.values()} == {(date(2020, 5, 1), 1.1, Severity.watch)}
    assert register(*said, at=date(2020, 4, 30)) == {}


def test_spending_that_was_promised_anew_is_none_and_much_beyond_is_an_alarm() -> None:
    paid = money(nature="expenditure", cents=1300, on="2020-05-01")
    found = register(money(**PROMISED, cents=1000), paid)
    assert {one.severity for one in found.values()} == {Severity.alarm}
    revised = money(nature="revision", kind="commitment_authorisation", cents=400, cause="scope", on="2020-04-01")
    assert register(money(**PROMISED, cents=1000), paid, revised) == {}


def test_no_year_is_judged_while_a_payment_or_a_promise_is_not_spread_over_years() -> None:
    said = [
        plans.entry("action"),
        money(**PROMISED, cents=1000, action=1),
        money(nature="expenditure", cents=1300, on="2020-05-01", action=1),
    ]
    whole = {"overspending:plan", "overspending:action.1"}
    assert register(*said).keys() == whole | {"overspending:year.2020"}
    paid = money(nature="expenditure", cents=1, on="2020-06-01", year=None)
    promised = money(**PROMISED, cents=1, on="2020-06-01", year=None)
    revised = money(**PROMISED | {"nature": "revision"}, cents=1, cause="scope", on="2020-06-01", year=None)
    for one in (paid, promised, revised):
        assert register(*said, one).keys() == whole
        assert register(*said, one, at=date(2020, 5, 31)).keys() == whole | {"overspending:year.2020"}
    helped = money(nature="expenditure", kind="in_kind", cents=1, on="2020-06-01", year=None)
    assert register(*said, helped).keys() == whole | {"overspending:year.2020"}


def _untold(*said: Json) -> dict[str, tuple[date, float | None, Severity]]:
    return {name: (one.since, one.value, one.severity) for name, one in register(*said).items()}


def test_what_is_paid_without_any_promise_is_an_alarm_of_the_plan_and_of_no_part_of_it() -> None:
    action, paid = plans.entry("action"), money(nature="expenditure", cents=500, on="2020-05-01", action=1)
    assert _untold(action, paid) == {"overspending:plan": (date(2020, 5, 1), None, Severity.alarm)}
    for nothing in ({"cents": 0}, {"kind": "in_kind"}, {"kind": "commitment_authorisation"}):
        assert register(action, paid | nothing) == {}


def test_what_is_paid_while_the_promise_is_revised_to_nothing_or_less_is_an_alarm_of_every_part() -> None:
    parts = {f"overspending:{what}" for what in ("plan", "year.2020", "action.1")}
    promised = money(**PROMISED, cents=100, action=1)
    paid = money(nature="expenditure", cents=90, on="2020-05-01", action=1)
    for taken in (100, 101):
        revised = PROMISED | {"nature": "revision", "cause": "scope", "cents": -taken, "action": 1}
        said = plans.entry("action"), promised, paid, money(**revised, on="2020-07-01")
        assert _untold(*said) == dict.fromkeys(parts, (date(2020, 7, 1), None, Severity.alarm))
    assert register(plans.entry("action"), promised, paid) == {}


def test_a_promise_that_comes_after_the_payment_leaves_the_alarm_at_its_first_day() -> None:
    paid = money(nature="expenditure", cents=500, on="2020-05-01")
    found = _untold(paid, money(**PROMISED, cents=1, on="2020-06-01"))
    assert found["overspending:plan"] == (date(2020, 5, 1), 500.0, Severity.alarm)
    assert found["overspending:year.2020"] == (date(2020, 6, 1), 500.0, Severity.alarm)


def test_meetings_are_missed_from_the_one_planned_and_not_held_or_the_rhythm_not_kept() -> None:
    committee = plans.entry("committee", on="2020-01-01", meetings_per_year=None)
    held = plans.entry("meeting", code="a", on="2020-02-01", held=True, held_on="2020-02-01")
    missed = plans.entry("meeting", code="b", on="2020-05-01", held=False)
    unknown = plans.entry("meeting", code="c", on="2020-06-01")
    found = only(committee, held, missed, unknown, at=date(2020, 6, 30))
    assert (found.id, found.since, found.severity) == ("missed_meeting:pilotage", date(2020, 5, 2), Severity.alarm)
    again = plans.entry("meeting", code="d", on="2020-06-10", held=True, held_on="2020-06-10")
    assert register(committee, held, missed, unknown, again, at=date(2020, 6, 30)) == {}
    rhythm = plans.entry("committee", on="2020-01-01", meetings_per_year=12)
    assert register(rhythm, held, at=date(2020, 3, 3)) == {}
    assert only(rhythm, held, at=date(2020, 4, 1)).since == date(2020, 3, 4)  # 366 / 12 is 30.5 days


def test_a_plan_that_is_over_is_looked_at_on_its_last_day() -> None:
    [plan] = of_type(plans.read(plans.entry("plan")), Plan)
    assert judging.looked_at(plan, date(2026, 1, 1)) == date(2021, 12, 31)
    assert judging.looked_at(plan, date(2020, 1, 1)) == date(2020, 1, 1)


def test_a_team_is_silent_after_so_many_whole_days() -> None:
    threshold = THRESHOLDS["team_silence_days"]

    def told(until: date) -> list[Alert]:
        return list(reporting.silent([Quiet("team", "Aux Portes", "Nord", date(2026, 3, 1), until)], threshold))

    assert told(date(2026, 3, 3)) == []
    [third] = told(date(2026, 3, 4))
    assert (third.id, third.since, third.severity, third.value) == (
        "silent_team:team",
        date(2026, 3, 3),
        Severity.watch,
        3,
    )
    [week] = told(date(2026, 3, 8))
    assert (week.since, week.severity) == (third.since, Severity.alarm)


def test_a_report_is_stale_after_twice_the_time_its_kind_is_believed() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def told(hours: float) -> list[Alert]:
        reported = Reported("place", "Aux Portes", "Repos", at, 12 * 3600)
        return list(reporting.stale([reported], at + timedelta(hours=hours), THRESHOLDS["report_age_times"]))

    assert told(23.9) == []
    assert [(one.since, one.severity, one.value) for one in told(24)] == [(date(2026, 3, 2), Severity.watch, 2)]
    assert [(one.since, one.severity) for one in told(72)] == [(date(2026, 3, 2), Severity.alarm)]


def test_a_report_grows_older_only_while_its_place_is_planned_to_be_open() -> None:
    friday = datetime(2026, 3, 6, 17, tzinfo=UTC)  # 18:00 in Paris, at closing; 12 hours are believed, watched at 24
    week = tuple(Hours(day, 540, 1080, date(2026, 1, 1)) for day in list(Weekday)[:5])
    reported = Reported("place", "Aux Portes", "Repos", friday, 12 * 3600, week)

    def told(day: int, hour: int) -> list[Alert]:
        return list(
            reporting.stale([reported], datetime(2026, 3, day, hour, tzinfo=UTC), THRESHOLDS["report_age_times"])
        )

    assert told(9, 8) == told(11, 13) == []  # Monday morning; 9 + 9 + 5 hours on Wednesday
    assert [(one.since, one.value) for one in told(11, 14)] == [(date(2026, 3, 11), 2)]
    assert [(one.since, one.value) for one in told(15, 12)] == [(date(2026, 3, 11), 3)]  # 45 hours until Friday


def test_a_plans_own_thresholds_are_targets_on_their_codes() -> None:
    facts = {"indicator": "team_silence_days", "direction": "at_most", "value": 0.0}
    first = plans.entry("target", **facts, on="2020-01-01", watch=5.0, alarm=9.0)
    later = plans.entry("target", **facts, on="2020-06-01", watch=10.0, alarm=20.0, valid_from="2020-06-01")
    targets = of_type(standing(plans.recorded(first, later)), Target)
    watches = {
        day: thresholds_of(targets, day)["team_silence_days"].watch for day in (date(2019, 1, 1), date(2020, 5, 1), AT)
    }
    assert watches == {date(2019, 1, 1): 3, date(2020, 5, 1): 5, AT: 10}
    assert thresholds_of(targets, AT)["decision_overdue_days"] == THRESHOLDS["decision_overdue_days"]


def _noted(on: date, until: date | None = None, alert: str = "late_action:1") -> Noted:
    return Noted(alert, on, until, "plan_secretary", datetime(2021, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("noted", "shown", "holds"),
    [
        ([_noted(date(2021, 6, 10))], 1, True),
        ([_noted(date(2021, 6, 10), date(2021, 7, 1))], 1, True),
        ([_noted(date(2021, 6, 10), AT)], 1, False),
        ([_noted(date(2021, 5, 31))], 0, False),  # of an earlier run
        ([_noted(date(2021, 6, 10), alert="late_action:2")], 0, False),
    ],
)
def test_a_note_holds_for_the_run_it_was_made_in(noted: list[Noted], shown: int, *, holds: bool) -> None:
    alert = Alert(AlertKind.late_action, "1", Label("x", "x"), date(2021, 6, 1), Severity.watch)
    [found] = judging.shown([alert], noted, AT)
    assert (len(found.noted), found.acknowledged) == (shown, holds)


def test_the_gravest_come_first_then_the_newest() -> None:
    made = [
        Alert(AlertKind.late_action, str(n), Label("x", "x"), date(2021, 1, n), severity)
        for n, severity in ((1, Severity.watch), (3, Severity.alarm), (2, Severity.alarm))
    ]
    assert [one.alert.subject for one in judging.shown(made, [], AT)] == ["3", "2", "1"]


def test_what_never_reported_comes_after_all_of_its_grade() -> None:
    made = [
        Alert(kind, kind.value, Label("x", "x"), day, Severity.watch)
        for kind, day in (
            (AlertKind.never_reported, date(2021, 6, 1)),
            (AlertKind.stale_report, date(2019, 6, 1)),
            (AlertKind.silent_team, date(2020, 6, 1)),
        )
    ]
    assert [one.alert.subject for one in judging.shown(made, [], AT)] == [
        "silent_team",
        "stale_report",
        "never_reported",
    ]


def test_teams_and_facilities_are_named_with_their_organisation() -> None:
    now, threshold = datetime(2026, 3, 9, tzinfo=UTC), THRESHOLDS["team_silence_days"]
    teams = [Quiet(who, who, "Jour", date(2026, 3, 1), date(2026, 3, 9)) for who in ("Aux Portes", "Les Quais")]
    reported = Reported("place", "Aux Portes", "Repos", datetime(2026, 3, 1, tzinfo=UTC), 12 * 3600)
    found = [*reporting.silent(teams, threshold), *reporting.stale([reported], now, THRESHOLDS["report_age_times"])]
    assert [one.name.fr for one in found] == ["Aux Portes : Jour", "Les Quais : Jour", "Aux Portes : Repos"]
    assert [one.name.en for one in found] == ["Aux Portes: Jour", "Les Quais: Jour", "Aux Portes: Repos"]


def _unheard(*hours: Hours, today: date) -> list[Alert]:
    return list(reporting.unheard([Unheard("place", "Aux Portes", "Repos", date(2026, 3, 4), hours)], today))


def test_a_place_that_never_reported_is_told_of_once_the_first_day_it_planned_is_over() -> None:
    friday = Hours(Weekday.friday, 540, 1080, date(2026, 1, 1))  # the place opens on a Wednesday, in effect on the 6th
    assert _unheard(friday, today=date(2026, 3, 6)) == []
    for today in (date(2026, 3, 7), date(2029, 3, 7)):
        [found] = _unheard(friday, today=today)
        assert (found.id, found.since, found.severity) == ("never_reported:place", date(2026, 3, 6), Severity.watch)
        assert (found.value, found.threshold, found.name.en) == (None, None, "Aux Portes: Repos")


def test_a_place_without_hours_in_force_is_not_expected_to_report() -> None:
    over = Hours(Weekday.friday, 540, 1080, date(2026, 1, 1), date(2026, 4, 1))
    later = Hours(Weekday.friday, 540, 1080, date(2027, 1, 1))
    never = Hours(Weekday.friday, 540, 1080, date(2026, 3, 7), date(2026, 3, 12))
    assert _unheard(today=date(2026, 3, 20)) == _unheard(over, today=date(2026, 4, 1)) == []
    assert _unheard(later, today=date(2026, 3, 20)) == _unheard(never, today=date(2026, 3, 11)) == []
    [found] = _unheard(over, later, today=date(2027, 2, 1))
    assert found.since == date(2026, 3, 6)
