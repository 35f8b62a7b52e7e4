"""Coordination is what plain Python counts day by day, whatever was corrected, withdrawn or entered late."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.plan.coordination.cadence import Cadence, cadence
from app.plan.records.register import Plan
from app.plan.standing import of_type, standing
from tests import plans
from tests.effort import examples
from tests.make import Json
from tests.oracles.coordination import Asked, Posted, coordination

_FIRST = date(2019, 11, 20)
_ENDS = [date(2019, 12, 31), date(2020, 2, 29), date(2020, 3, 31), date(2020, 6, 30), date(2020, 12, 31)]
_INSTANTS = [datetime(2020, month, 1, 9, tzinfo=UTC) for month in (1, 4, 9)]
_BODIES = ["etat", "ville", "ars", "association"]


class _Register:
    """A register drawn from a seed: entries that may be entered again, corrected and withdrawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a test's own draws
        self.posted: list[Posted] = []

    def day(self) -> date:
        """Draw a day, every third one at the end of a quarter or year."""
        if self.random.random() < 1 / 3:
            return self.random.choice(_ENDS) + timedelta(days=self.random.randint(-1, 2))
        return _FIRST + timedelta(days=self.random.randint(0, 520))

    def id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def near(self, day: date, least: int = -30) -> str:
        return (day + timedelta(days=self.random.randint(least, 60))).isoformat()

    def some(self) -> list[str]:
        return self.random.sample(_BODIES, self.random.randint(0, 4))

    def post(self, kind: str, day: date, **facts: Any) -> None:
        """Post an entry; now and then it corrects an earlier one of its type, or is withdrawn itself."""
        replaced = {one.get("corrects") for one, _ in self.posted}
        open_ = [one["id"] for one, _ in self.posted if one["type"] == kind and one["id"] not in replaced]
        corrects = self.random.choice(open_) if open_ and self.random.random() < 1 / 4 else None
        entry = plans.entry(kind, id=self.id(), on=day.isoformat(), corrects=corrects, **facts)
        self.posted.append((entry, self.random.choice(_INSTANTS)))
        if self.random.random() < 1 / 12:
            withdrawal = plans.entry("withdrawal", id=self.id(), corrects=entry["id"], on=day.isoformat())
            self.posted.append((withdrawal, self.random.choice(_INSTANTS)))

    def meeting(self, number: int) -> None:
        day, held = self.day(), self.random.choice([True, True, False, None])
        facts: Json = {"expected": self.some() if self.random.random() < 1 / 4 else [], "held": held}
        if held:
            facts |= {"held_on": self.near(day), "present": self.random.choice([self.some(), self.some(), None])}
        self.post("meeting", day, code=f"m{number}", committee="ab"[number % 2], **facts)

    def decision(self, number: int) -> None:
        day = self.day()
        due = self.random.choice([None, self.near(day, 0)])
        self.post("decision", day, code=f"d{number}", committee="ab"[number % 2], due_on=due)

    def outcome(self, number: int) -> None:
        self.post(
            "decision_outcome", self.day(), decision=f"d{number}", outcome=self.random.choice(["done", "dropped"])
        )

    def committee(self, number: int) -> None:
        rhythm = self.random.choice([None, 2, 4, 12, 366])
        self.post("committee", self.day(), code="ab"[number % 2], members=self.some(), meetings_per_year=rhythm)

    def body(self, number: int) -> None:
        roles = self.random.choice([["signatory"], ["signatory", "lead"], ["partner"]])
        day = self.random.choice([_FIRST, self.day()])
        self.post("body", day, code=_BODIES[number], roles=roles)


def _drawn(seed: int) -> _Register:
    made = _Register(seed)
    for number in range(4):
        made.body(number)
    for _ in range(made.random.randint(1, 40)):
        what = made.random.choice([made.meeting, made.meeting, made.decision, made.outcome, made.committee, made.body])
        what(made.random.randrange(4))
    return made


def _figures(row: Cadence) -> Json:
    decisions = row.decisions
    return {
        "planned": row.planned,
        "held": row.held,
        "not_held": row.not_held,
        "unknown": row.unknown,
        "took_place": row.took_place,
        "due": row.due,
        "days_since_last": row.days_since_last,
        "noted": row.attendance.noted,
        "present": row.attendance.present,
        "expected": row.attendance.expected,
        "open": decisions.open,
        "overdue": decisions.overdue,
        "done": decisions.done,
        "dropped": decisions.dropped,
        "oldest": decisions.oldest_open_days,
    }


@examples(120)
@example(1)
@given(st.integers(0, 2**32))
def test_every_quarter_is_what_plain_python_counts(seed: int) -> None:
    register = _drawn(seed)
    at, known_at = register.day(), register.random.choice([*_INSTANTS, _INSTANTS[-1]])
    since, until = sorted([register.day(), register.day() + timedelta(days=90)])
    sent = plans.entry("plan", valid_from=since.isoformat(), valid_to=(until + timedelta(days=1)).isoformat())
    (plan,) = of_type(plans.read(sent), Plan)
    recorded = [one for entry, when in register.posted for one in plans.recorded(entry, at=when)]
    rows = cadence(standing(recorded, None, known_at), plan, at)
    wanted = coordination(register.posted, Asked(plan.valid_from, plan.valid_to, at, known_at))
    assert [(row.committee, row.quarter.name) for row in rows] == sorted(wanted)
    for row in rows:
        assert _figures(row) == pytest.approx(wanted[row.committee, row.quarter.name], nan_ok=True)
        assert (row.attendance.reason is None) is (row.attendance.expected is not None)
        assert row.planned == row.held + row.not_held + row.unknown
        assert row.decisions.overdue <= row.decisions.open


def test_the_registers_drawn_hold_what_is_worth_a_look() -> None:
    """Of the registers drawn, enough have meetings late and early, attendance, revised committees and all outcomes."""
    seen: dict[str, int] = dict.fromkeys(
        ("held", "unknown", "moved", "present", "overdue", "dropped", "due", "no_rhythm", "oldest"), 0
    )
    for seed in range(60):
        register = _drawn(seed)
        asked = Asked(date(2019, 12, 1), date(2021, 3, 1), date(2021, 2, 1), _INSTANTS[-1])
        for figures in coordination(register.posted, asked).values():
            for name in ("held", "unknown", "present", "overdue", "dropped", "due", "oldest"):
                seen[name] += bool(figures[name])
            seen["moved"] += figures["took_place"] != figures["held"]
            seen["no_rhythm"] += figures["due"] is None
    assert min(seen.values()) > 10, seen
