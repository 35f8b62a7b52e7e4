"""Actions and money folded from the register are what plain Python finds by asking every entry anew."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.plan.actions.findings import actions
from app.plan.actions.milestones import milestones
from app.plan.actions.realisation import tallies
from app.plan.money.sums import Kinds, Totals, totals, totals_by, totals_by_year, unspread
from app.plan.records import Recorded
from app.plan.standing import standing
from tests import plans
from tests.effort import examples
from tests.make import Json
from tests.oracles import plan as oracle

_FIRST = date(2020, 1, 1)
_BODIES = ("etat", "ville", "chambre")
_STATUSES = ("not_started", "initiated", "partly_done", "done", "abandoned")
_CAUSES = ("scope", "volume", "price", "delay", "emergency", "underestimate", "not_stated")
_NATURES = ("commitment", "commitment", "revision", "expenditure", "expenditure")
_KINDS = ("commitment_authorisation", "payment_credit", "commitment_authorisation", "payment_credit", "in_kind")
_DAYS = 40
"""Few days, bodies and numbers: entries of the same must meet."""


def _day(chance: Random) -> str:
    return str(_FIRST + timedelta(days=chance.randrange(_DAYS)))


def _entry(chance: Random) -> Json:
    body, number, code = chance.choice(_BODIES), chance.randint(1, 4), chance.choice("abc")
    kind = chance.choice(["action", "action", "assessment", "assessment", "milestone", "milestone_reached", "body"])
    facts: dict[str, Json] = {
        "action": {"number": number, "planned_end": chance.choice([None, _day(chance), _day(chance)])},
        "assessment": {"action": number, "body": body, "status": chance.choice(_STATUSES)},
        "milestone": {"code": code, "due_on": _day(chance), "action": chance.choice([None, number])},
        "milestone_reached": {"milestone": code, "body": body},
        "body": {"code": body, "roles": chance.choice([["assessor"], ["funder"], ["assessor", "signatory"]])},
    }
    return plans.entry(kind, on=_day(chance), **facts[kind])


def _amount(chance: Random) -> Json:
    nature = chance.choice(_NATURES)
    low = -60 if nature == "revision" else 0
    cents = chance.randint(low, 90) * chance.choice([1, 1, 10**10])
    caused = nature == "revision" or (nature == "expenditure" and chance.random() < 0.5)
    facts: Json = {
        "funder": chance.choice(_BODIES),
        "year": chance.choice([2020, 2021]) if chance.random() < 0.95 else None,
        "action": chance.choice([None, 1, 2]),
        "nature": nature,
        "cents": cents,
        "cause": chance.choice(_CAUSES) if caused else None,
    }
    return plans.entry("amount", on=_day(chance), **facts) | {"kind": chance.choice(_KINDS)}


def _register(seed: int, make: Any) -> tuple[list[oracle.Record], list[Recorded]]:
    """Return up to 60 entries with when they were recorded; some correct or withdraw an earlier one."""
    chance = Random(seed)  # noqa: S311 - the same rows for the same seed
    made: list[oracle.Record] = []
    open_ones: list[Json] = []
    for n in range(chance.randrange(60)):
        one = make(chance)
        if open_ones and chance.random() < 0.2:
            corrected = open_ones.pop(chance.randrange(len(open_ones)))
            again = [fresh for fresh in (make(chance) for _ in range(12)) if fresh["type"] == corrected["type"]]
            one = again[0] if again and chance.random() < 0.7 else plans.entry("withdrawal", on=_day(chance))
            one |= {"corrects": corrected["id"]}
        if one["type"] != "withdrawal":
            open_ones.append(one)
        made.append((one, datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n)))
    read = [plans.recorded(one, at=when)[0] for one, when in made]
    chance.shuffle(read)
    return made, read


_at = st.integers(0, _DAYS).map(lambda days: _FIRST + timedelta(days=days))
_known = st.none() | st.integers(-1, 60).map(lambda days: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days))


@examples(300)
@given(st.integers(0, 2**32), _at, _known)
def test_actions_at_a_date_as_known_are_what_plain_python_finds(seed: int, at: date, known_at: datetime | None) -> None:
    made, read = _register(seed, _entry)
    seen, entries = oracle.Seen(made, at, known_at), standing(read, at, known_at)
    found = {
        line.action.number: {
            "found": {one.body: one.status.value for one in line.found},
            "contradictory": line.contradictory,
            "slip_days": line.schedule.slip_days,
            "late": line.late_since is not None,
        }
        for line in actions(entries, at)
    }
    assert found == {number: seen.action(number) for number in seen.numbers()}
    counted = {
        one.body: {status.value: count for status, count in one.counts.items()}
        | {"actions": one.actions, "initiated_at_least": one.initiated_at_least, "share": one.share()}
        for one in tallies(entries)
    }
    assert counted == {body: seen.tally(body) for body in seen.bodies()}
    assert {one.milestone.code: one.state.value for one in milestones(entries, at)} == seen.milestones()


def _same_sums(found: Kinds, seen: oracle.Seen, **group: Any) -> None:
    kinds = {
        "commitment_authorisation": found.authorisations,
        "payment_credit": found.credits,
        "in_kind": found.in_kind,
    }
    for kind, sums in kinds.items():
        by_nature = sums.committed, sums.revisions, sums.spent
        assert by_nature == tuple(
            seen.cents(nature, kind, **group) for nature in ("commitment", "revision", "expenditure")
        )


def _same(found: Totals, seen: oracle.Seen, **group: Any) -> None:
    _same_sums(found, seen, **group)
    assert found.on_initial.value == seen.execution(revised=False, **group)
    assert found.on_revised.value == seen.execution(revised=True, **group)
    assert (found.on_initial.value is None) is (found.on_initial.lacking is not None)
    assert (found.on_revised.value is None) is (found.on_revised.lacking is not None)
    told = seen.overrun(**group)
    if found.overrun is None:
        assert told is None
        return
    causes = {line.cause.value: line.cents for line in found.overrun.causes}
    assert causes | {"unexplained": found.overrun.unexplained} == told
    assert sum(causes.values()) + found.overrun.unexplained == found.overrun.cents
    assert all(line.by_revisions >= 0 and line.by_expenditure >= 0 for line in found.overrun.causes)


@examples(300)
@given(st.integers(0, 2**32), _at, _known)
def test_money_at_a_date_as_known_is_what_plain_python_adds_up(seed: int, at: date, known_at: datetime | None) -> None:
    made, read = _register(seed, _amount)
    seen, entries = oracle.Seen(made, at, known_at), standing(read, at, known_at)
    _same(totals(entries), seen)
    by_year = totals_by_year(entries)
    assert [year for year, _ in by_year] == seen.years()
    for year, found in by_year:
        _same(found, seen, year=year)
    _same_sums(unspread(entries), seen, year=None)
    for funder, found in totals_by(entries, lambda one: one.funder):
        _same(found, seen, funder=funder)
    for number, found in totals_by(entries, lambda one: one.action or 0):
        _same(found, seen, action=number or None)
