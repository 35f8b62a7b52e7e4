"""Coordination worked by hand: quarters, attendance, rhythms and decisions, seen from one day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.plan.coordination.cadence import Cadence, cadence, rhythms, said
from app.plan.coordination.decisions import followed
from app.plan.coordination.meetings import Attendance
from app.plan.coordination.parts import PARTS, measured
from app.plan.coordination.quarters import Quarter, quarters
from app.plan.records.register import Plan
from app.plan.standing import of_type, standing
from app.plan.vocabulary import DecisionState, Lacking
from tests import plans
from tests.make import Json

PLAN = plans.entry("plan", on="2019-05-27", valid_from="2019-05-27", valid_to="2022-01-01")
COMMITTEE = plans.entry(
    "committee", on="2020-01-01", members=["etat", "ville", "ars", "association"], meetings_per_year=4
)
BODIES = [
    plans.entry("body", code="etat", on="2019-05-27", roles=["signatory", "lead"]),
    plans.entry("body", code="ville", on="2019-05-27", roles=["signatory"]),
    plans.entry("body", code="ars", on="2019-05-27", roles=["funder", "signatory"]),
    plans.entry("body", code="association", on="2019-05-27", roles=["partner"]),
]


def _meeting(code: str, on: str, **facts: Any) -> Json:
    return plans.entry("meeting", code=code, on=on, **facts)


def _held(code: str, on: str, *present: str, **facts: Any) -> Json:
    return _meeting(code, on, **{"held": True, "held_on": on, "present": list(present)} | facts)


def _rows(at: date, *entries: Json) -> list[Cadence]:
    read = plans.read(PLAN, *BODIES, COMMITTEE, *entries)
    (plan,) = of_type(read, Plan)
    return cadence(standing(plans.recorded(*BODIES, COMMITTEE, *entries)), plan, at)


def _row(rows: Sequence[Cadence], name: str) -> Cadence:
    (one,) = [row for row in rows if row.quarter.name == name]
    return one


@pytest.mark.parametrize(
    ("day", "name", "since", "until", "year"),
    [
        (date(2020, 1, 1), "2020-Q1", date(2020, 1, 1), date(2020, 4, 1), 366),
        (date(2020, 3, 31), "2020-Q1", date(2020, 1, 1), date(2020, 4, 1), 366),
        (date(2020, 4, 1), "2020-Q2", date(2020, 4, 1), date(2020, 7, 1), 366),
        (date(2021, 9, 30), "2021-Q3", date(2021, 7, 1), date(2021, 10, 1), 365),
        (date(2020, 12, 31), "2020-Q4", date(2020, 10, 1), date(2021, 1, 1), 366),
        (date(2021, 1, 1), "2021-Q1", date(2021, 1, 1), date(2021, 4, 1), 365),
    ],
)
def test_a_quarter_begins_and_ends_with_its_months(day: date, name: str, since: date, until: date, year: int) -> None:
    quarter = Quarter.of(day)
    assert (quarter.name, quarter.since, quarter.until, quarter.days_of_year) == (name, since, until, year)
    assert quarter.since <= day <= quarter.last < quarter.until


def test_quarters_run_over_the_end_of_a_year_and_never_backwards() -> None:
    assert [one.name for one in quarters(date(2020, 12, 31), date(2021, 4, 1))] == ["2020-Q4", "2021-Q1", "2021-Q2"]
    assert list(quarters(date(2021, 1, 1), date(2020, 12, 31))) == []


def test_two_years_of_meetings_are_as_counted_by_hand() -> None:
    rows = _rows(
        date(2021, 2, 15),
        _held("m1", "2020-01-15", "etat", "ville", "ars", "association"),
        _held("m2", "2020-03-11", "etat", "association"),
        _meeting("m3", "2020-06-10", held=False),
        _meeting("m4", "2020-09-09", held=True, held_on="2020-11-18"),
        _meeting("m5", "2021-01-20"),
        _meeting("m6", "2021-03-10"),
    )
    assert [
        (row.quarter.name, row.planned, row.held, row.not_held, row.unknown, row.took_place, row.days_since_last)
        for row in rows
    ] == [
        ("2020-Q1", 2, 2, 0, 0, 2, 20),  # 11 to 31 March
        ("2020-Q2", 1, 0, 1, 0, 0, 111),  # 11 March to 30 June
        ("2020-Q3", 1, 1, 0, 0, 0, 203),  # planned in September, held in November
        ("2020-Q4", 0, 0, 0, 0, 1, 43),  # 18 November to 31 December
        ("2021-Q1", 1, 0, 0, 1, 0, 89),  # seen on 15 February: the meeting of March is not due yet
    ]
    assert [row.attendance for row in rows] == [
        Attendance(2, 4, 6, None),  # three signatories expected each time; all, then one
        Attendance(0, None, None, Lacking.none_held),
        Attendance(0, None, None, Lacking.attendance_not_noted),
        Attendance(0, None, None, Lacking.no_meeting_planned),
        Attendance(0, None, None, Lacking.none_held),
    ]
    due = [4 * 91 / 366, 4 * 91 / 366, 4 * 92 / 366, 4 * 92 / 366, 4 * 46 / 365]
    assert [row.due for row in rows] == pytest.approx(due)
    assert [row.gap for row in rows] == pytest.approx([2 - due[0], -due[1], -due[2], 1 - due[3], -due[4]])
    assert [row.seen_on for row in rows][-2:] == [date(2020, 12, 31), date(2021, 2, 15)]


def test_a_meeting_held_tomorrow_is_not_yet_known_today() -> None:
    meeting = _meeting("m1", "2020-03-10", held=True, held_on="2020-03-20", present=["etat"])
    before, after = (_row(_rows(day, meeting), "2020-Q1") for day in (date(2020, 3, 19), date(2020, 3, 20)))
    assert (before.planned, before.held, before.unknown, before.days_since_last) == (1, 0, 1, None)
    assert (after.planned, after.held, after.unknown, after.days_since_last) == (1, 1, 0, 0)


def test_a_meeting_brought_forward_took_place_before_its_day() -> None:
    meeting = _meeting("m1", "2020-04-10", held=True, held_on="2020-03-30", present=["etat"])
    (then,) = _rows(date(2020, 3, 31), meeting)
    assert (then.planned, then.took_place, then.days_since_last) == (0, 1, 1)
    first, second = _rows(date(2020, 4, 10), meeting)
    assert (first.planned, first.took_place, second.planned, second.held, second.took_place) == (0, 1, 1, 1, 0)


def test_a_committee_that_never_met_has_quarters_all_the_same() -> None:
    rows = _rows(date(2020, 12, 31))
    assert [(row.quarter.name, row.planned, row.days_since_last) for row in rows] == [
        ("2020-Q1", 0, None),
        ("2020-Q2", 0, None),
        ("2020-Q3", 0, None),
        ("2020-Q4", 0, None),
    ]
    assert sum(row.due or 0 for row in rows) == pytest.approx(4)


def test_quarters_end_with_the_plan_unless_partners_still_met() -> None:
    assert _rows(date(2023, 6, 1))[-1].quarter.name == "2021-Q4"
    rows = _rows(date(2023, 6, 1), _held("m9", "2022-02-02"))
    assert (rows[-1].quarter.name, rows[-1].planned, rows[-1].due) == ("2022-Q1", 1, 0)


def test_what_is_due_begins_with_the_committee_and_the_plan_and_follows_its_rhythm() -> None:
    begun = plans.entry("committee", code="technique", on="2019-05-01", meetings_per_year=12)
    slower = plans.entry("committee", code="technique", on="2020-02-01", meetings_per_year=6)
    rows = [row for row in _rows(date(2020, 3, 31), begun, slower) if row.committee == "technique"]
    assert [row.due for row in rows] == pytest.approx(
        [12 * 35 / 365, 12 * 92 / 365, 12 * 92 / 365, (12 * 31 + 6 * 60) / 366]  # 27 May to 30 June: 35 days
    )


def test_without_a_stated_rhythm_nothing_is_due_and_it_says_so() -> None:
    silent = plans.entry("committee", code="technique", on="2019-07-01", meetings_per_year=None)
    stated = plans.entry("committee", code="technique", on="2019-12-31", meetings_per_year=365)
    rows = [row for row in _rows(date(2020, 3, 31), silent, stated) if row.committee == "technique"]
    assert [row.due for row in rows] == [None, None, pytest.approx(365 * 91 / 366)]
    assert [row.gap is None for row in rows] == [True, True, False]


def test_signatories_are_those_of_the_committee_on_the_day_it_met() -> None:
    smaller = plans.entry("committee", on="2020-04-01", members=["etat", "association"])
    joined = plans.entry("body", code="association", on="2020-06-01", roles=["signatory"])
    rows = _rows(
        date(2020, 12, 31),
        smaller,
        joined,
        _held("m1", "2020-03-31", "etat", "association", "guest"),
        _held("m2", "2020-04-01", "etat", "association"),
        _held("m3", "2020-07-01", "association"),
        _held("m4", "2020-10-01", "ville", expected=["ville", "ars"]),
    )
    assert [(row.attendance.present, row.attendance.expected) for row in rows] == [(1, 3), (1, 1), (1, 2), (1, 2)]


def test_a_meeting_without_signatories_among_those_invited_has_no_share() -> None:
    (row,) = _rows(date(2020, 3, 1), _held("m1", "2020-02-01", "association", expected=["association"]))
    assert row.attendance == Attendance(1, None, None, Lacking.no_signatory_expected)


def test_nobody_came_is_not_the_same_as_not_noted() -> None:
    (row,) = _rows(date(2020, 3, 1), _held("m1", "2020-02-01"))
    assert row.attendance == Attendance(1, 0, 3, None)


def test_a_committee_that_met_before_it_was_constituted_is_shown_from_then_on() -> None:
    rows = _rows(date(2020, 2, 1), _held("m0", "2019-11-05", "etat", expected=["etat"]))
    assert [(row.quarter.name, row.took_place) for row in rows] == [("2019-Q4", 1), ("2020-Q1", 0)]
    assert rows[0].due == 0


def test_a_committee_of_later_is_not_there_yet() -> None:
    assert _rows(date(2019, 12, 31)) == []


def test_a_rhythm_tells_days_since_the_last_meeting_and_beyond_the_interval() -> None:
    entries = standing(plans.recorded(COMMITTEE, _held("m1", "2020-01-15")))
    (one,) = rhythms(entries, date(2021, 1, 14))
    assert (one.last_held_on, one.days_since_last, one.interval_days) == (date(2020, 1, 15), 365, 91.25)
    assert one.days_beyond == 365 - 91.25
    (leap,) = rhythms(entries, date(2020, 1, 15))
    assert (leap.days_since_last, leap.interval_days, leap.days_beyond) == (0, 91.5, -91.5)


@pytest.mark.parametrize("facts", [{"meetings_per_year": None}, {}])
def test_without_a_meeting_or_a_rhythm_nothing_is_beyond(facts: Json) -> None:
    held = [] if not facts else [_held("m1", "2020-03-02")]
    entries = standing(plans.recorded(plans.entry("committee", **facts), *held))
    (one,) = rhythms(entries, date(2020, 6, 1))
    assert one.days_beyond is None


def test_an_answer_of_then_stays_what_it_was() -> None:
    """A correction recorded in April changes what is known of March, not what was known in March."""
    march, april = datetime(2020, 3, 25, 9, tzinfo=UTC), datetime(2020, 4, 2, 9, tzinfo=UTC)
    planned = _meeting("m1", "2020-03-20")
    fixed = _held("m1", "2020-03-20", "etat", corrects=planned["id"])
    withdrawal = plans.entry("withdrawal", corrects=fixed["id"], on="2020-05-01")
    recorded = [
        *plans.recorded(COMMITTEE, *BODIES, planned, at=march),
        *plans.recorded(fixed, at=april),
        *plans.recorded(withdrawal, at=datetime(2020, 5, 1, tzinfo=UTC)),
    ]
    (plan,) = of_type(plans.read(PLAN), Plan)

    def seen(known_at: datetime | None) -> tuple[int, int, int]:
        row = _row(cadence(standing(recorded, None, known_at), plan, date(2020, 3, 31)), "2020-Q1")
        return row.planned, row.held, row.unknown

    assert seen(march) == (1, 0, 1)
    assert seen(april) == (1, 1, 0)
    assert seen(None) == (0, 0, 0)
    assert cadence(standing(recorded, None, datetime(2020, 3, 1, tzinfo=UTC)), plan, date(2020, 3, 31)) == []


def _decisions() -> list[Json]:
    return [
        plans.entry("decision", code="a", on="2020-01-15", due_on="2020-03-31"),
        plans.entry("decision", code="b", on="2020-01-15"),
        plans.entry("decision", code="c", on="2020-03-11", due_on="2020-06-30"),
        plans.entry("decision", code="d", on="2020-12-31", due_on="2021-01-31"),
        plans.entry("decision_outcome", decision="c", on="2020-07-05"),
        plans.entry("decision_outcome", decision="b", on="2021-01-01", outcome="dropped"),
    ]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2020, 3, 31), {"a": ("open", 76, 0), "b": ("open", 76, None), "c": ("open", 20, 0)}),
        (date(2020, 4, 1), {"a": ("overdue", 77, 1), "b": ("open", 77, None), "c": ("open", 21, 0)}),
        (date(2020, 7, 4), {"a": ("overdue", 171, 95), "b": ("open", 171, None), "c": ("overdue", 115, 4)}),
        (date(2020, 7, 5), {"a": ("overdue", 172, 96), "b": ("open", 172, None), "c": ("done", 116, 5)}),
        (
            date(2021, 2, 1),
            {
                "a": ("overdue", 383, 307),
                "b": ("dropped", 352, None),
                "c": ("done", 116, 5),
                "d": ("overdue", 32, 1),
            },
        ),
    ],
)
def test_decisions_are_open_until_they_end_and_overdue_from_the_day_after(
    day: date, found: dict[str, tuple[str, int, int | None]]
) -> None:
    shown = followed(standing(plans.recorded(*_decisions())), day)
    assert {one.decision.code: (one.state.value, one.age_days, one.late_days) for one in shown} == found


def test_a_decision_put_off_keeps_the_day_it_was_taken() -> None:
    later = plans.entry("decision", code="a", on="2020-04-10", due_on="2020-12-31")
    entries = standing(plans.recorded(*_decisions(), later))
    (before,) = [one for one in followed(entries, date(2020, 4, 9)) if one.decision.code == "a"]
    (after,) = [one for one in followed(entries, date(2020, 4, 10)) if one.decision.code == "a"]
    assert (before.state, before.late_days) == (DecisionState.overdue, 9)
    assert (after.state, after.late_days, after.taken_on, after.age_days) == (
        DecisionState.open,
        0,
        date(2020, 1, 15),
        86,
    )


def test_each_quarter_shows_decisions_as_they_stood_at_its_end() -> None:
    rows = _rows(date(2021, 2, 1), *_decisions())
    found = [(row.decisions.open, row.decisions.overdue, row.decisions.done, row.decisions.dropped) for row in rows]
    assert found == [(3, 0, 0, 0), (3, 1, 0, 0), (2, 1, 1, 0), (3, 1, 1, 0), (2, 2, 1, 1)]
    assert [row.decisions.oldest_open_days for row in rows] == [76, 167, 259, 351, 383]


def test_the_index_is_its_parts_and_each_part_says_what_it_lacks() -> None:
    at = date(2021, 2, 15)
    entries = [
        _held("m1", "2020-01-15", "etat", "ville", "ars"),
        _held("m2", "2020-03-11", present=None),
        _meeting("m3", "2020-06-10", held=False),
        _meeting("m5", "2021-01-20"),
        *_decisions(),
    ]
    rows = _rows(at, *entries)
    parts = {one.part.code: one for one in measured(rows, followed(standing(plans.recorded(*entries)), at), at)}
    assert {code: (one.numerator, one.denominator) for code, one in parts.items() if code != "rhythm_kept"} == {
        "meetings_held": (2, 4),
        "meetings_known": (3, 4),
        "attendance_noted": (1, 2),
        "signatories_present": (3, 3),
        "decisions_ended": (2, 4),
        "decisions_in_time": (0, 3),  # a and d late and open, c done five days late
    }
    assert parts["rhythm_kept"].numerator == 2
    assert parts["rhythm_kept"].denominator == pytest.approx(4 + 4 * 46 / 365)
    assert parts["decisions_ended"].value == 0.5
    nothing = measured([], [], at)
    assert [one.value for one in nothing] == [None] * len(PARTS)
    assert [one.reason for one in nothing] == [part.lacking for part in PARTS]


def test_a_meeting_after_the_end_of_the_plan_does_not_make_up_for_those_it_lacked() -> None:
    at = date(2022, 3, 31)
    rows = _rows(at, _held("m1", "2020-01-15"), _held("m9", "2022-02-02"))
    (part,) = [one for one in measured(rows, [], at) if one.part.code == "rhythm_kept"]
    assert part.numerator == 1
    assert part.denominator == pytest.approx(8)


def test_a_decision_done_on_its_day_is_in_time_and_one_dropped_is_not() -> None:
    entries = plans.recorded(
        plans.entry("decision", code="a", on="2020-01-01", due_on="2020-02-01"),
        plans.entry("decision_outcome", decision="a", on="2020-02-01"),
        plans.entry("decision", code="b", on="2020-01-01", due_on="2020-02-01"),
        plans.entry("decision_outcome", decision="b", on="2020-01-15", outcome="dropped"),
        plans.entry("decision", code="c", on="2020-01-01", due_on="2020-02-02"),
    )
    at = date(2020, 2, 2)
    (part,) = [one for one in measured([], followed(standing(entries), at), at) if one.part.code == "decisions_in_time"]
    assert (part.numerator, part.denominator) == (1, 2)


def test_only_what_was_said_of_coordination_until_then_stands_beside() -> None:
    words = {"subject": "coordination", "measure": "qualitative", "count": None, "of": None}
    entries = standing(
        plans.recorded(
            plans.entry("statement", code="a", on="2021-12-01", **words),
            plans.entry("statement", code="b", on="2020-12-01", **words),
            plans.entry("statement", code="c", on="2020-12-01"),
        )
    )
    assert [one.code for one in said(entries, date(2021, 12, 1))] == ["b", "a"]
    assert [one.code for one in said(entries, date(2021, 11, 30))] == ["b"]
