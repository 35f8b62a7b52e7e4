"""What entries of the register must fulfil: each rule by one entry that breaks it, and one that just does not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plan.records import AnyEntry
from app.plan.register.checking import faults_of
from app.plan.register.known import Register, natural_key
from app.plan.vocabulary import EntryType
from tests import plans
from tests.make import Json

_TODAY = date(2022, 1, 10)
"""When entries are entered."""
_PLACES = frozenset({"11", "75118", "7511803"})


def _register(*more: Json) -> Register:
    return Register(plans.read(*plans.base(), *more), _PLACES, frozenset({"paris-nord-est"}))


def _one(sent: Json) -> AnyEntry:
    (entry,) = plans.read(sent)
    return entry


def _pointers(sent: Json, *there: Json) -> list[str]:
    return [fault.pointer for fault in faults_of(_one(sent), _register(*there), _TODAY)]


def _anew(kind: str, **facts: Any) -> Json:
    """Return an entry on a day on which nothing else was entered, so that it repeats nothing."""
    return plans.entry(kind, **{"on": "2020-04-01", **facts})


@pytest.mark.parametrize("kind", [kind for kind in EntryType if kind is not EntryType.withdrawal])
def test_a_valid_entry_has_no_fault(kind: EntryType) -> None:
    facts = {"decision": {"code": "decision-2"}}.get(kind.value, {})
    assert _pointers(_anew(kind.value, **facts)) == []


def test_an_entry_may_name_what_was_entered_with_later_days() -> None:
    assert _pointers(plans.entry("assessment", on="2019-05-02")) == []


_WRONG: list[tuple[str, Json, str]] = [
    ("plan", {"valid_to": "2019-05-01"}, "/valid_to"),
    ("plan", {"valid_from": "1999-12-31"}, "/valid_from"),
    ("plan", {"perimeter": "ailleurs"}, "/perimeter"),
    ("plan", {"plan": "Crack"}, "/plan"),
    ("plan", {"title": {"fr": "deux\nlignes", "en": "two lines"}}, "/title/fr"),
    ("plan", {"title": {"fr": "Plan", "en": "  "}}, "/title/en"),
    ("plan", {"title": {"fr": "a\u202eb", "en": "b"}}, "/title/fr"),
    ("body", {"plan": "another"}, "/plan"),
    ("body", {"code": "Etat"}, "/code"),
    ("body", {"code": "-etat"}, "/code"),
    ("body", {"roles": ["funder", "funder"]}, "/roles/1"),
    ("body", {"on": "2100-01-01"}, "/on"),
    ("body", {"source": {"title": "\t"}}, "/source/title"),
    ("body", {"source": {"title": "Rapport", "reference": "p.\u00a0\x07"}}, "/source/reference"),
    ("body", {"source": {"title": "Rapport", "url": "http://example.org/"}}, "/source/url"),
    ("body", {"source": {"title": "Rapport", "url": "https://user@example.org/"}}, "/source/url"),
    ("body", {"source": {"title": "Rapport", "url": "https://example.org/a b"}}, "/source/url"),
    ("body", {"source": {"title": "Rapport", "published_on": "1850-01-01"}}, "/source/published_on"),
    ("action", {"objective": 2}, "/objective"),
    ("action", {"lead": "nobody"}, "/lead"),
    ("action", {"partners": ["etat", "nobody"]}, "/partners/1"),
    ("action", {"partners": ["etat", "etat"]}, "/partners/1"),
    ("action", {"indicators": ["contacts", "No"]}, "/indicators/1"),
    ("action", {"planned_start": "2020-02-01", "planned_end": "2020-01-31"}, "/planned_end"),
    ("milestone", {"action": 9}, "/action"),
    ("milestone_reached", {"milestone": "nothing"}, "/milestone"),
    ("milestone_reached", {"body": "nobody"}, "/body"),
    ("assessment", {"action": 2}, "/action"),
    ("assessment", {"body": "nobody"}, "/body"),
    ("statement", {"count": None}, "/count"),
    ("statement", {"of": None}, "/of"),
    ("statement", {"share": 0.85}, "/share"),
    ("statement", {"count": 34}, "/count"),
    ("statement", {"measure": "share", "count": None, "of": None}, "/share"),
    ("statement", {"measure": "share", "share": 0.85, "of": None}, "/count"),
    ("statement", {"measure": "qualitative", "of": None}, "/count"),
    ("statement", {"measure": "qualitative", "count": None}, "/of"),
    ("statement", {"subject": "money", "status": "done"}, "/status"),
    ("statement", {"measure": "qualitative", "count": None, "of": None, "status": "done"}, "/status"),
    ("amount", {"cents": -1}, "/cents"),
    ("amount", {"nature": "expenditure", "cents": -1}, "/cents"),
    ("amount", {"nature": "revision"}, "/cause"),
    ("amount", {"cause": "price"}, "/cause"),
    ("amount", {"funder": "nobody"}, "/funder"),
    ("amount", {"action": 7}, "/action"),
    ("committee", {"members": ["etat", "nobody"]}, "/members/1"),
    ("meeting", {"committee": "nothing"}, "/committee"),
    ("meeting", {"held": True}, "/held_on"),
    ("meeting", {"held": False, "held_on": "2020-03-02"}, "/held_on"),
    ("meeting", {"held_on": "2020-03-02"}, "/held_on"),
    ("meeting", {"present": ["etat"]}, "/present"),
    ("meeting", {"held": True, "held_on": "2020-03-02", "present": ["nobody"]}, "/present/0"),
    ("meeting", {"expected": ["nobody"]}, "/expected/0"),
    ("decision", {"committee": "nothing"}, "/committee"),
    ("decision", {"meeting": "nothing"}, "/meeting"),
    ("decision", {"owner": "nobody"}, "/owner"),
    ("decision", {"due_on": "2020-03-31"}, "/due_on"),
    ("decision_outcome", {"decision": "nothing"}, "/decision"),
    ("target", {"valid_to": "2019-05-01"}, "/valid_to"),
    ("target", {"watch": 101.0}, "/watch"),
    ("target", {"alarm": 81.0}, "/alarm"),
    ("target", {"direction": "at_most", "watch": 99.0, "alarm": 150.0}, "/watch"),
    ("target", {"direction": "at_most", "watch": 120.0, "alarm": 119.0}, "/alarm"),
    ("target", {"baseline": 10.0}, "/baseline_on"),
    ("target", {"baseline_on": "2019-01-01"}, "/baseline"),
    ("target", {"territory": "7511899"}, "/territory"),
    ("observation", {"on": "2020-04-02"}, "/on"),
    ("observation", {"series": "nothing"}, "/series"),
    ("observation", {"territory": "751180301"}, "/territory"),
    ("series", {"publisher": "\u200b"}, "/publisher"),
    ("series", {"licence": "a\tb"}, "/licence"),
    ("acknowledgement", {"alert": "a\nb"}, "/alert"),
    ("withdrawal", {}, "/corrects"),
    ("assessment", {"on": "2022-01-11"}, "/on"),
    ("statement", {"on": "2062-06-30"}, "/on"),
    ("milestone_reached", {"on": "2022-01-11"}, "/on"),
    ("amount", {"nature": "expenditure", "on": "2022-01-11"}, "/on"),
    ("meeting", {"held": True, "held_on": "2022-01-11"}, "/held_on"),
    ("decision_outcome", {"on": "2022-01-11"}, "/on"),
    ("decision_outcome", {"on": "2019-04-30"}, "/on"),
    ("observation", {"on": "2022-02-01"}, "/on"),
]


@pytest.mark.parametrize(
    ("kind", "facts", "pointer"), _WRONG, ids=[f"{kind}{at}-{n}" for n, (kind, _, at) in enumerate(_WRONG)]
)
def test_what_breaks_a_rule_is_pointed_at(kind: str, facts: Json, pointer: str) -> None:
    assert pointer in _pointers(_anew(kind, **facts))


_RIGHT: list[tuple[str, Json]] = [
    ("plan", {"perimeter": "paris-nord-est"}),
    ("body", {"source": {"title": "Rapport", "url": "https://www.example.org:8443/rapport?page=3#4.2"}}),
    ("body", {"on": "2099-12-31"}),
    ("body", {"on": "2000-01-01"}),
    ("action", {"planned_start": "2020-02-01", "planned_end": "2020-02-01"}),
    ("action", {"indicators": ["not-known-to-this-version"]}),
    ("statement", {"count": 33}),
    ("statement", {"count": 0, "status": "done"}),
    ("statement", {"measure": "share", "share": 0.85, "count": None, "of": None}),
    ("statement", {"measure": "share", "share": 0.85, "count": None, "of": None, "status": "done"}),
    ("statement", {"measure": "qualitative", "count": None, "of": None}),
    ("amount", {"cents": 0}),
    ("amount", {"nature": "revision", "cause": "delay", "cents": -5}),
    ("amount", {"nature": "expenditure", "cause": "scope", "cents": 5}),
    ("meeting", {"held": True, "held_on": "2020-04-03", "present": []}),
    ("meeting", {"held": False}),
    ("decision", {"code": "decision-2", "due_on": "2020-04-01"}),
    ("target", {"watch": 100.0, "alarm": 100.0}),
    ("target", {"direction": "at_most", "watch": 100.0, "alarm": 120.0}),
    ("target", {"baseline": 0.0, "baseline_on": "2019-01-01", "territory": "75118"}),
    ("observation", {"territory": "7511803"}),
    ("observation", {"territory": "11"}),
    ("assessment", {"on": "2022-01-10"}),
    ("amount", {"nature": "expenditure", "on": "2022-01-10"}),
    ("amount", {"nature": "commitment", "on": "2030-01-01"}),
    ("milestone", {"on": "2022-01-11", "due_on": "2030-01-01"}),
    ("meeting", {"on": "2030-01-01"}),
    ("meeting", {"held": True, "held_on": "2022-01-10"}),
    ("decision_outcome", {"on": "2019-05-01"}),
]


@pytest.mark.parametrize(("kind", "facts"), _RIGHT)
def test_what_just_fulfils_a_rule_passes(kind: str, facts: Json) -> None:
    assert _pointers(_anew(kind, **facts)) == []


def _codes(sent: Json, *there: Json) -> list[tuple[str, str]]:
    return _found(sent, _register(*there))


def _found(sent: Json, register: Register) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults_of(_one(sent), register, _TODAY)]


def test_a_correction_names_an_entry_of_its_plan_and_type() -> None:
    first = _anew("amount")
    other = plans.entry("plan", plan="other")
    foreign = _anew("amount", plan="other")
    body = plans.entry("body", plan="other")
    assert _codes(_anew("amount", corrects=first["id"]), first) == []
    assert _codes(_anew("amount", corrects=plans.key())) == [("/corrects", "unknown")]
    assert _codes(_anew("assessment", corrects=first["id"]), first) == [("/corrects", "unknown")]
    assert _codes(_anew("amount", corrects=foreign["id"]), other, body, foreign) == [("/corrects", "unknown")]


def test_an_entry_is_corrected_once() -> None:
    first = _anew("amount")
    second = _anew("amount", corrects=first["id"])
    gone = plans.entry("withdrawal", corrects=first["id"])
    assert _codes(_anew("amount", corrects=first["id"]), first, second) == [("/corrects", "replaced")]
    assert _codes(_anew("amount", corrects=first["id"]), first, gone) == [("/corrects", "replaced")]
    assert _codes(_anew("amount", corrects=second["id"]), first, second) == []


def test_a_withdrawal_takes_any_entry_but_a_withdrawal() -> None:
    first = _anew("amount")
    gone = plans.entry("withdrawal", corrects=first["id"])
    assert _codes(gone, first) == []
    assert _codes(plans.entry("withdrawal", corrects=gone["id"]), first, gone) == [("/corrects", "unknown")]
    assert _codes(plans.entry("withdrawal", corrects=first["id"]), first, gone) == [("/corrects", "replaced")]


def test_what_was_withdrawn_cannot_be_named() -> None:
    body = _anew("body", code="ville")
    judged = _anew("assessment", body="ville")
    gone = plans.entry("withdrawal", corrects=body["id"])
    assert _codes(judged, body) == []
    assert _codes(judged, body, gone) == [("/body", "unknown")]


_NAMING: list[tuple[str, Json]] = [
    ("body", plans.entry("assessment")),
    ("body", plans.entry("committee", code="suivi")),
    ("objective", plans.entry("action", objective=1)),
    ("action", plans.entry("assessment")),
    ("milestone", plans.entry("milestone_reached")),
    ("committee", plans.entry("meeting")),
    ("meeting", plans.entry("decision", code="decision-2", meeting="pilotage-1")),
    ("decision", plans.entry("decision_outcome")),
    ("series", plans.entry("observation")),
]


@pytest.mark.parametrize(("kind", "naming"), _NAMING, ids=[f"{kind}-{one['type']}" for kind, one in _NAMING])
def test_what_an_entry_that_stands_names_is_neither_withdrawn_nor_called_otherwise(kind: str, naming: Json) -> None:
    there = [one for one in plans.base() if one["type"] in {"plan", *_NEEDED.get(kind, ())}]
    defined = plans.entry(kind)
    register = Register(plans.read(*there, defined, naming), _PLACES, frozenset())
    called = {"number": 9} if "number" in defined else {"code": "autre"}
    renamed = {**defined, **called, "id": plans.key(), "corrects": defined["id"]}
    reworded = {**defined, "on": "2020-03-03", "id": plans.key(), "corrects": defined["id"]}
    gone = plans.entry("withdrawal", corrects=defined["id"])
    assert _found(gone, register) == _found(renamed, register) == [("/corrects", "named")]
    assert _found(reworded, register) == []
    register.add(_one(plans.entry("withdrawal", corrects=naming["id"])))
    assert _found(gone, register) == _found(renamed, register) == []


_NEEDED = {"committee": ("body",), "meeting": ("body", "committee"), "decision": ("body", "committee")}


def test_what_another_entry_defines_too_may_be_withdrawn_until_that_one_is_the_last() -> None:
    first, later, judged = _anew("action"), _anew("action", on="2020-05-01"), _anew("assessment")
    there = [one for one in plans.base() if one["type"] not in {"action", "decision"}]
    register = Register(plans.read(*there, first, later, judged), _PLACES, frozenset())
    gone = plans.entry("withdrawal", corrects=first["id"])
    assert _found(gone, register) == []
    register.add(_one(gone))
    assert _found(plans.entry("withdrawal", corrects=later["id"]), register) == [("/corrects", "named")]


def test_a_plan_is_withdrawn_once_nothing_of_it_stands() -> None:
    plan, body = plans.entry("plan"), plans.entry("body")
    register = Register(plans.read(plan, body), _PLACES, frozenset())
    gone = plans.entry("withdrawal", corrects=plan["id"])
    assert _found(gone, register) == [("/corrects", "named")]
    register.add(_one(plans.entry("withdrawal", corrects=body["id"])))
    assert _found(gone, register) == []


def test_how_many_entries_stand_in_the_way_is_said() -> None:
    body = plans.entry("body", code="ville")
    judged = [plans.entry("assessment", body="ville", action=n) for n in (1, 2)]
    both = plans.entry("action", lead="ville", partners=["ville"])
    register = Register(plans.read(plans.entry("plan"), body, both, *judged), _PLACES, frozenset())
    (fault,) = faults_of(_one(plans.entry("withdrawal", corrects=body["id"])), register, _TODAY)
    assert "(3 of them)" in fault.detail


@pytest.mark.parametrize("kind", ["assessment", "statement", "milestone_reached"])
def test_a_correction_never_puts_words_into_the_mouth_of_another_body(kind: str) -> None:
    ville, first = _anew("body", code="ville"), _anew(kind)
    assert _codes(_anew(kind, body="ville", corrects=first["id"]), ville, first) == [("/body", "rule")]
    assert _codes(_anew(kind, on="2020-04-02", corrects=first["id"]), ville, first) == []


def test_what_was_withdrawn_is_told_from_what_was_corrected() -> None:
    first = _anew("amount")
    second = _anew("amount", corrects=first["id"])
    gone = plans.entry("withdrawal", corrects=second["id"])
    there = [_one(one) for one in (first, second, gone)]
    for length, withdrawn in ((1, False), (2, False), (3, True)):
        assert Register(there[:length], _PLACES, frozenset()).is_withdrawn(there[0].id) is withdrawn


def test_what_stands_is_not_said_again_unless_it_is_corrected() -> None:
    first = _anew("amount")
    assert _codes(_anew("amount", cents=7), first) == [("", "repeated")]
    assert _codes(_anew("amount", cents=7, code="ligne-2"), first) == []
    assert _codes(_anew("amount", cents=7, corrects=first["id"]), first) == []
    loose = _anew("amount", year=None)
    assert _codes(_anew("amount", year=2021), loose) == [("", "repeated")]
    assert _codes(_anew("amount", year=2021, corrects=loose["id"]), loose) == []
    gone = plans.entry("withdrawal", corrects=first["id"])
    assert _codes(_anew("amount", cents=7), first, gone) == []
    other = _anew("amount", code="ligne-2")
    assert _codes(_anew("amount", corrects=other["id"]), first, other) == [("", "repeated")]


def test_a_later_wording_of_an_action_is_no_repetition() -> None:
    assert _codes(_anew("action", on="2020-05-01"), _anew("action")) == []


def test_no_fault_repeats_a_value() -> None:
    canary = "canari-7f3a"
    for kind, facts, _ in _WRONG:
        sent = {**_anew(kind, **facts), "source": {"title": canary + "\n", "reference": canary + "\x00", "url": canary}}
        for fault in faults_of(_one(sent), _register(), _TODAY):
            assert canary not in fault.detail


def _stands(entry: AnyEntry, entries: list[AnyEntry]) -> bool:
    return entry.id not in {one.corrects for one in entries}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.none() | st.integers(0, 8)), max_size=9))
def test_the_register_is_the_same_whether_built_at_once_or_entry_by_entry(
    drawn: list[tuple[int, int, int | None]],
) -> None:
    """Assessments of three actions on two days, some of which correct an earlier one that stands."""
    named = {n: _one(plans.entry("action", number=n)) for n in (1, 2, 3)}
    made: list[AnyEntry] = []
    grown = Register(named.values(), _PLACES, frozenset())
    for action, day, corrects in drawn:
        earlier = made[corrects] if corrects is not None and corrects < len(made) else None
        if earlier is not None and not _stands(earlier, made):
            earlier = None
        facts = {"corrects": str(earlier.id)} if earlier is not None else {}
        made.append(_one(plans.entry("assessment", action=action, on=f"2020-04-0{day}", **facts)))
        grown.add(made[-1])
    whole = Register([*named.values(), *made], _PLACES, frozenset())
    standing = [one for one in made if _stands(one, made)]
    for action in (1, 2, 3):
        gone = _one(plans.entry("withdrawal", corrects=str(named[action].id)))
        naming = sum(getattr(one, "action", None) == action for one in standing)
        assert grown.left_unnamed(gone) == whole.left_unnamed(gone) == naming
        for day in (1, 2):
            asked = _one(plans.entry("assessment", action=action, on=f"2020-04-0{day}"))
            said = any(natural_key(one) == natural_key(asked) for one in standing)
            assert grown.is_said(asked) is whole.is_said(asked) is said
