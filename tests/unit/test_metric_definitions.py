"""The funnel's vocabulary is complete: every state has its place in it, every figure its words."""

from dataclasses import fields

from app.directory.vocabulary import Label
from app.metrics.funnel.definitions import FAILURES, FUNNEL_RULE, RATE_RULES, UNKNOWN, OutcomeAtHorizon, Stage
from app.metrics.funnel.records import FunnelCounts
from app.referrals.vocabulary import State


def test_an_outcome_is_a_success_a_failure_or_unknown() -> None:
    assert {OutcomeAtHorizon.success, *FAILURES, *UNKNOWN} == set(OutcomeAtHorizon)
    assert len(FAILURES) + len(UNKNOWN) + 1 == len(OutcomeAtHorizon)


def test_every_state_is_a_stage_an_outcome_a_wait_or_an_error() -> None:
    words = {stage.value for stage in Stage} | {outcome.value for outcome in OutcomeAtHorizon}
    assert {state.value for state in State} - words == {"waitlisted", "entered_in_error"}


def test_every_rule_is_said_in_both_languages() -> None:
    assert [label for label in (FUNNEL_RULE, *RATE_RULES.values()) if not (label.fr and label.en)] == []
    assert isinstance(FUNNEL_RULE, Label)


def _counts(key: str, start: int) -> FunnelCounts:
    return FunnelCounts((key,), *range(start, start + len(fields(FunnelCounts)) - 1))


def test_groups_add_up_field_by_field_under_the_key_given() -> None:
    one, other = _counts("rest_room", 1), _counts("health_care", 100)
    total = one.plus(other, ())
    assert total.key == ()
    assert [getattr(total, field.name) for field in fields(FunnelCounts)[1:]] == [
        getattr(one, field.name) + getattr(other, field.name) for field in fields(FunnelCounts)[1:]
    ]


def test_nothing_adds_nothing() -> None:
    one = _counts("rest_room", 7)
    assert FunnelCounts.none().plus(one, one.key) == one
