"""Actions, milestones and statements of a plan at a date, against tables worked by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.plan.actions.findings import AT_LEAST, ActionLine, actions
from app.plan.actions.milestones import milestones
from app.plan.actions.realisation import Said, headline, statements, tallies
from app.plan.ratios import ratio
from app.plan.records import AnyEntry, Recorded
from app.plan.standing import standing
from app.plan.vocabulary import ActionStatus, Lacking, MilestoneState
from tests import plans
from tests.make import Json

AT = date(2021, 6, 30)


def _entries(*sent: Json, at: date = AT) -> list[AnyEntry]:
    return standing(plans.recorded(*sent), at)


def _action(number: int = 1, **facts: Any) -> Json:
    return plans.entry("action", **{"on": "2019-05-27", "number": number} | facts)


def _found(body: str, status: str, on: str = "2021-06-30", **facts: Any) -> Json:
    return plans.entry("assessment", body=body, status=status, on=on, **facts)


def _line(*sent: Json, at: date = AT) -> ActionLine:
    (line,) = actions(_entries(*sent, at=at), at)
    return line


def test_each_body_keeps_what_it_last_found() -> None:
    line = _line(
        _action(),
        _found("etat", "initiated", "2020-01-15"),
        _found("chambre", "partly_done", "2020-03-01"),
        _found("etat", "done", "2021-01-15"),
    )
    assert [(one.body, one.status.value, str(one.on)) for one in line.found] == [
        ("chambre", "partly_done", "2020-03-01"),
        ("etat", "done", "2021-01-15"),
    ]


def test_two_bodies_that_disagree_are_flagged_and_none_is_chosen() -> None:
    apart = _line(_action(), _found("etat", "done", "2020-12-31"), _found("chambre", "partly_done"))
    assert (apart.contradictory, apart.days_apart, apart.done_by) == (True, 181, ("etat",))
    agreed = _line(_action(), _found("etat", "done", "2020-12-31"), _found("chambre", "done"))
    assert (agreed.contradictory, agreed.done_by) == (False, ("chambre", "etat"))


def test_an_action_nobody_assessed_contradicts_nothing() -> None:
    line = _line(_action())
    assert (line.found, line.contradictory, line.days_apart) == ((), False, None)


def test_the_slip_is_the_last_planned_end_less_the_first() -> None:
    line = _line(
        _action(planned_end="2020-06-30"),
        _action(on="2020-05-01", planned_end="2020-12-31"),
        _action(on="2020-11-01", planned_end="2021-03-31"),
    )
    assert (line.schedule.slip_days, line.schedule.revisions) == (274, 2)
    assert (line.schedule.first_end, line.schedule.end) == (date(2020, 6, 30), date(2021, 3, 31))


def test_an_end_brought_forward_slips_backwards() -> None:
    line = _line(_action(planned_end="2020-06-30"), _action(on="2020-05-01", planned_end="2020-06-10"))
    assert line.schedule.slip_days == -20


def test_a_corrected_slip_of_the_pen_is_no_slip_of_the_action() -> None:
    first = _action(planned_end="2002-06-30")
    line = _line(first, _action(planned_end="2020-06-30", corrects=first["id"]))
    assert (line.schedule.slip_days, line.schedule.revisions) == (0, 0)


@pytest.mark.parametrize(
    ("ends", "lacking"),
    [
        ([None], Lacking.never_dated),
        (["2020-06-30", None], Lacking.no_longer_dated),
        ([None, "2020-06-30"], None),
    ],
)
def test_a_slip_that_is_not_there_says_why(ends: Sequence[str | None], lacking: Lacking | None) -> None:
    line = _line(*(_action(on=f"2019-0{n + 5}-01", planned_end=end) for n, end in enumerate(ends)))
    assert line.schedule.lacking is lacking
    assert (line.schedule.slip_days is None) is (lacking is not None)


def test_an_action_is_late_from_the_day_after_its_last_planned_day_until_a_body_finds_it_done() -> None:
    planned = _action(planned_end="2021-03-31")
    assert _line(planned, at=date(2021, 3, 31)).late_since is None
    assert _line(planned, at=date(2021, 4, 1)).late_since == date(2021, 4, 1)
    assert _line(planned, _found("etat", "partly_done"), _found("ville", "abandoned")).late_since == date(2021, 4, 1)
    assert _line(planned, _found("etat", "partly_done"), _found("ville", "done")).late_since is None


def test_an_action_that_every_body_found_abandoned_is_late_no_more() -> None:
    planned = _action(planned_end="2021-03-31")
    assert _line(planned, _found("etat", "abandoned")).late_since is None
    assert _line(planned, _found("etat", "abandoned"), _found("ville", "abandoned")).late_since is None
    assert _line(planned, _found("etat", "abandoned"), _found("ville", "initiated")).late_since == date(2021, 4, 1)


def test_a_body_that_takes_its_done_back_makes_it_late_again() -> None:
    line = _line(_action(planned_end="2020-03-31"), _found("etat", "done", "2020-03-01"), _found("etat", "partly_done"))
    assert line.late_since == date(2020, 4, 1)


def test_what_is_initiated_at_least_leaves_out_what_was_abandoned() -> None:
    assert AT_LEAST[ActionStatus.initiated] == {ActionStatus.initiated, ActionStatus.partly_done, ActionStatus.done}
    assert AT_LEAST[ActionStatus.done] == {ActionStatus.done}
    assert ActionStatus.abandoned not in AT_LEAST[ActionStatus.not_started]
    assert AT_LEAST[ActionStatus.abandoned] == {ActionStatus.abandoned}


def test_19_of_33_actions_are_57_6_percent() -> None:
    found = [_found("chambre", "initiated", action=number) for number in range(1, 10)]
    found += [_found("chambre", "partly_done", action=number) for number in range(10, 15)]
    found += [_found("chambre", "done", action=number) for number in range(15, 20)]
    found += [_found("chambre", "not_started", action=number) for number in range(20, 30)]
    found += [_found("chambre", "abandoned", action=30)]
    (tally,) = tallies(_entries(*(_action(number) for number in range(1, 34)), *found))
    assert (tally.body, tally.actions, tally.assessed, tally.not_assessed) == ("chambre", 33, 30, 3)
    assert {status.value: count for status, count in tally.counts.items()} == {
        "not_started": 10, "initiated": 9, "partly_done": 5, "done": 5, "abandoned": 1,
    }  # fmt: skip
    assert (tally.initiated_at_least, tally.share(), tally.lacking) == (19, 0.5758, None)
    assert tally.share(ActionStatus.done) == 0.1515


def test_a_body_that_is_to_assess_and_did_not_has_no_share() -> None:
    body = plans.entry("body", code="chambre", roles=["assessor"], on="2019-05-27")
    (tally,) = tallies(_entries(_action(), body))
    assert (tally.body, tally.not_assessed, tally.share(), tally.lacking) == (
        "chambre", 1, None, Lacking.nothing_assessed,
    )  # fmt: skip


def test_an_assessment_of_a_number_no_action_has_is_counted_apart() -> None:
    (tally,) = tallies(_entries(_action(), _found("etat", "done"), _found("etat", "done", action=2)))
    assert (tally.assessed, tally.of_no_action, tally.share()) == (1, 1, 1.0)
    (alone,) = tallies(_entries(_found("etat", "done", action=2)))
    assert (alone.actions, alone.share(), alone.lacking) == (0, None, Lacking.no_action)


def _stated(body: str, **facts: Any) -> Json:
    whole = {"status": "initiated", "on": "2021-06-30", "code": f"realisees-{body}", "body": body}
    return plans.entry("statement", **whole | facts)


def _share(body: str, share: float) -> Json:
    return _stated(body, measure="share", share=share, count=None, of=None)


def _words(body: str) -> Json:
    return _stated(body, measure="qualitative", count=None, of=None)


def _said(*sent: Json) -> dict[str, Said]:
    return {one.statement.body: one for one in statements(_entries(*sent))}


def test_statements_stand_beside_the_count_of_the_same_bodys_assessments() -> None:
    said = _said(
        *(_action(number) for number in (1, 2, 3)),
        _found("chambre", "done", action=1),
        _found("chambre", "not_started", action=2),
        _stated("chambre", count=2, of=3),
        _share("etat", 0.85),
        _words("ville"),
    )
    chambre, etat, ville = said["chambre"], said["etat"], said["ville"]
    assert (chambre.derived_count, chambre.agrees) == (1, False)
    assert etat.derived is not None
    assert (etat.derived_count, etat.agrees, etat.derived.lacking) == (None, None, Lacking.nothing_assessed)
    assert (ville.derived, ville.agrees) == (None, None)


def test_a_stated_count_agrees_when_both_its_numbers_are_those_of_its_own_day() -> None:
    sent = [_action(1), _action(2, on="2021-06-30"), _found("etat", "done", "2021-01-01"), _found("etat", "abandoned")]
    assert _said(*sent, _stated("etat", count=1, of=1, on="2021-03-01"))["etat"].agrees is True
    assert _said(*sent, _stated("etat", count=1, of=2, on="2021-03-01"))["etat"].agrees is False
    assert _said(*sent, _stated("etat", count=0, of=2))["etat"].agrees is True


@pytest.mark.parametrize(
    ("one", "other", "contradictory"),
    [
        (_stated("a", count=19, of=33), _stated("b", count=20, of=33), True),
        (_stated("a", count=20, of=33), _stated("b", count=20, of=33), False),
        (_stated("a", count=10, of=20), _stated("b", count=15, of=30), True),
        (_stated("a", count=19, of=33), _share("b", 0.85), True),
        (_stated("a", count=19, of=33), _share("b", 0.58), False),
        (_share("a", 0.85), _share("b", 0.86), True),
        (_share("a", 0.85), _share("b", 0.85), False),
        (_stated("a", count=19, of=33), _words("b"), False),
        (_stated("a", count=19, of=33), _stated("b", count=5, of=33, status="done"), False),
    ],
)
def test_statements_on_the_same_contradict_each_other_by_their_figures(
    one: Json, other: Json, *, contradictory: bool
) -> None:
    assert [line.contradictory for line in _said(one, other).values()] == [contradictory] * 2


def test_a_body_that_states_anew_does_not_contradict_itself() -> None:
    said = statements(_entries(_stated("a", count=19, of=33, on="2021-01-31"), _stated("a", count=21, of=33)))
    assert [(line.statement.count, line.contradictory) for line in said] == [(21, False)]


def test_two_lines_of_one_body_on_the_same_do_not_contradict_each_other() -> None:
    said = statements(_entries(_stated("a", count=19, of=33), _stated("a", count=21, of=33, code="par-secteur")))
    assert [line.contradictory for line in said] == [False, False]


def _milestone(code: str, due_on: str, on: str = "2019-05-27", **facts: Any) -> Json:
    return plans.entry("milestone", code=code, due_on=due_on, on=on, **facts)


def _reached(code: str, on: str, body: str = "etat") -> Json:
    return plans.entry("milestone_reached", milestone=code, on=on, body=body)


def test_milestones_are_due_reached_or_missed() -> None:
    lines = milestones(
        _entries(
            _milestone("a", "2020-01-31"),
            _reached("a", "2020-02-10"),
            _reached("a", "2020-02-03", "ville"),
            _milestone("b", "2020-06-30"),
            _milestone("b", "2021-06-29", "2020-06-01"),
            _milestone("c", "2021-06-30"),
            _reached("d", "2021-01-01"),
        ),
        AT,
    )
    assert [
        (one.milestone.code, one.state.value, one.slip_days, one.reached_on, one.days_after_due) for one in lines
    ] == [
        ("a", "reached", 0, date(2020, 2, 3), 3),
        ("b", "missed", 364, None, None),
        ("c", "due", 0, None, None),
    ]
    assert [one.body for one in lines[0].reached] == ["ville", "etat"]


def test_an_action_has_the_milestones_last_planned_for_it() -> None:
    line = _line(
        _action(),
        _milestone("a", "2020-01-31", action=1),
        _milestone("b", "2020-01-31", action=1),
        _milestone("b", "2020-01-31", "2020-01-01", action=2),
    )
    assert [one.milestone.code for one in line.milestones] == ["a"]


def test_the_headline_counts_placeholders_slips_lateness_and_contradictions() -> None:
    entries = _entries(
        _action(1, planned_end="2020-06-30"),
        _action(1, on="2020-01-01", planned_end="2021-01-31"),
        _action(2, planned_end="2020-06-30", title_published=False),
        _found("etat", "done", action=2),
        _found("ville", "initiated", action=2),
        _action(3, title_published=False),
        _milestone("a", "2020-01-31"),
    )
    line = headline(actions(entries, AT), [one.state for one in milestones(entries, AT)])
    assert (line.actions, line.placeholders, line.dated, line.slipped) == (3, 2, 2, 1)
    assert (line.late, line.contradictory, line.assessed) == (1, 1, 1)
    assert line.milestones == {MilestoneState.due: 0, MilestoneState.reached: 0, MilestoneState.missed: 1}


def _known(sent: Json, month: int) -> Recorded:
    return plans.recorded(sent, at=datetime(2021, month, 10, tzinfo=UTC))[0]


def test_what_march_knew_of_january_is_not_what_january_became() -> None:
    first = _found("etat", "done", "2021-01-15")
    told = [
        _known(_action(), 1),
        _known(first, 1),
        _known(_found("etat", "partly_done", "2021-01-15", corrects=first["id"]), 4),
        _known(_found("etat", "abandoned", "2021-02-20"), 2),
    ]

    def status(at: date, known: datetime | None) -> list[str]:
        (line,) = actions(standing(told, at, known), at)
        return [one.status.value for one in line.found]

    january, march = date(2021, 1, 31), datetime(2021, 3, 31, tzinfo=UTC)
    assert status(january, march) == ["done"]
    assert status(january, None) == ["partly_done"]
    assert status(date(2021, 3, 31), march) == ["abandoned"]
    assert status(january, datetime(2021, 1, 10, tzinfo=UTC)) == ["done"]


@pytest.mark.parametrize(
    ("part", "whole", "value"),
    [(24, 9, 2.6667), (19, 33, 0.5758), (1, 3, 0.3333), (1, 20_000, 0.0001), (1, 20_001, 0.0), (0, 5, 0.0)],
)
def test_ratios_have_four_decimals_and_a_half_goes_up(part: int, whole: int, value: float) -> None:
    assert ratio(part, whole) == value
