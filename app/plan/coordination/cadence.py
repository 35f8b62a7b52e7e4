"""How often the partners met, who came, what became of their decisions, quarter by quarter. Pure Python.

`entries` are everywhere those that stand, of days without end; everything is then seen from one day, `at`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.plan.coordination.decisions import Followed, Stock, followed, stock
from app.plan.coordination.meetings import (
    Attendance,
    as_of,
    attendance,
    committees_known,
    due,
    held_by,
    held_day,
    last_held,
    meetings_known,
)
from app.plan.coordination.quarters import Quarter, quarters
from app.plan.records import AnyEntry
from app.plan.records.coordination import Committee, Meeting
from app.plan.records.register import Body, Plan, Statement
from app.plan.standing import of_type
from app.plan.vocabulary import Subject

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """One committee in one calendar quarter, as seen from `at`."""

    committee: str
    quarter: Quarter
    seen_on: date
    """The quarter's last day, or `at` when that is earlier: `days_since_last` and `decisions` are of this day."""
    planned: int
    """Meetings planned for a day of the quarter up to `at`: those held, not held and not yet known."""
    held: int
    not_held: int
    unknown: int
    took_place: int
    """Meetings held on a day of the quarter up to `at`, whenever they were planned for."""
    due: float | None
    """Meetings that the stated rhythm asks for, by its days in force; null when on some there was none."""
    attendance: Attendance
    days_since_last: int | None
    """Null when it had never met."""
    decisions: Stock

    @property
    def gap(self) -> float | None:
        """Meetings that took place beyond those due; below 0 when some are lacking."""
        return None if self.due is None else self.took_place - self.due


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a committee last met, against how often it is to meet."""

    committee: Committee
    """As constituted on `at`; as it first was to be, where it acted before."""
    last_held_on: date | None
    days_since_last: int | None
    interval_days: float | None
    """Days between two meetings by the stated rhythm; null when none was stated."""

    @property
    def days_beyond(self) -> float | None:
        """Days since the last meeting beyond that interval, below 0 within it; null when either is not known."""
        if self.days_since_last is None or self.interval_days is None:
            return None
        return self.days_since_last - self.interval_days


@dataclass(frozen=True, slots=True)
class _Acting:
    """What one committee is and did, and how its plan is bounded."""

    code: str
    history: Sequence[Committee]
    meetings: Sequence[Meeting]
    entries: Sequence[AnyEntry]
    plan: Plan
    at: date

    def followed(self, day: date) -> list[Followed]:
        """Return its decisions as they stood on a day."""
        return [one for one in followed(self.entries, day) if one.decision.committee == self.code]

    def quarters(self) -> Iterator[Quarter]:
        """Yield the quarters it is shown for."""
        acted = [one.on for one in self.meetings if one.on <= self.at]
        acted += [held_day(one) for one in self.meetings if held_by(one, self.at)]
        acted += [one.taken_on for one in self.followed(self.at)]
        return quarters(min([self.history[0].on, *acted]), max([min(self.at, self.plan.valid_to - _DAY), *acted]))


def rhythms(entries: Sequence[AnyEntry], at: date) -> list[Rhythm]:
    """Return how each committee keeps its rhythm, by code."""
    meetings = meetings_known(entries, at)
    return [
        _rhythm(history, [one for one in meetings if one.committee == code], at)
        for code, history in committees_known(entries, at).items()
    ]


def _rhythm(history: Sequence[Committee], meetings: Sequence[Meeting], at: date) -> Rhythm:
    committee = as_of(history, at) or history[0]
    last, asked = last_held(meetings, at), committee.meetings_per_year
    interval = Quarter.of(at).days_of_year / asked if asked else None
    return Rhythm(committee, last, (at - last).days if last else None, interval)


def cadence(entries: Sequence[AnyEntry], plan: Plan, at: date) -> list[Cadence]:
    """Return each committee's quarters, by (committee, quarter).

    They run from its constitution, or the first it did when that came earlier, to the plan's end or `at`, or the last
    it did when that came later. A quarter in which nothing happened is there.
    """
    meetings = meetings_known(entries, at)
    bodies = of_type(entries, Body)
    found = []
    for code, history in committees_known(entries, at).items():
        own = [one for one in meetings if one.committee == code]
        acting = _Acting(code, history, own, entries, plan, at)
        found += [_cadence(acting, quarter, bodies) for quarter in acting.quarters()]
    return found


def _cadence(acting: _Acting, quarter: Quarter, bodies: Sequence[Body]) -> Cadence:
    at, plan = acting.at, acting.plan
    seen = min(quarter.last, at)
    planned = [one for one in acting.meetings if quarter.since <= one.on <= seen]
    held = [one for one in planned if held_by(one, at)]
    not_held = sum(one.held is False for one in planned)
    last = last_held(acting.meetings, seen)
    since, until = max(quarter.since, plan.valid_from), min(seen + _DAY, plan.valid_to)
    return Cadence(
        committee=acting.code,
        quarter=quarter,
        seen_on=seen,
        planned=len(planned),
        held=len(held),
        not_held=not_held,
        unknown=len(planned) - len(held) - not_held,
        took_place=sum(held_by(one, seen) and quarter.since <= held_day(one) for one in acting.meetings),
        due=due(acting.history, quarter, since, until),
        attendance=attendance(len(planned), held, acting.history, bodies),
        days_since_last=(seen - last).days if last else None,
        decisions=stock(acting.followed(seen)),
    )


def said(entries: Sequence[AnyEntry], at: date) -> list[Statement]:
    """Return what bodies stated of coordination up to `at`, by day: in words, counted or as a share, as they did."""
    return [one for one in of_type(entries, Statement) if one.subject is Subject.coordination and one.on <= at]
