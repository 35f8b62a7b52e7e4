"""Meetings and committees as they were on a day, who came, and how often one was to meet. Pure Python.

A meeting held after that day was, on it, one whose fate was not yet known. Who was to come is who belonged to the
committee on the day it met, whatever it became later.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.plan.coordination.quarters import Quarter
from app.plan.records import AnyEntry
from app.plan.records.coordination import Committee, Decision, Meeting
from app.plan.records.register import Body
from app.plan.standing import Kind, latest, of_type
from app.plan.vocabulary import BodyRole, Lacking


@dataclass(frozen=True, slots=True)
class Attendance:
    """Signatories at meetings that were held and where it was noted who came."""

    noted: int
    """Those meetings."""
    present: int | None
    """Signatories that came, of those expected, added up over the meetings."""
    expected: int | None
    reason: Lacking | None
    """Why it is not known how many: set exactly then."""


def held_by(meeting: Meeting, day: date) -> bool:
    """Say whether a meeting had been held by the end of a day."""
    return bool(meeting.held) and held_day(meeting) <= day


def held_day(meeting: Meeting) -> date:
    """Return the day a meeting that was held took place on."""
    return meeting.held_on or meeting.on


def meetings_known(entries: Iterable[AnyEntry], at: date) -> list[Meeting]:
    """Return the meetings planned for, or held on, a day up to `at`, as last entered."""
    known = [one for one in of_type(entries, Meeting) if one.on <= at or held_by(one, at)]
    return list(latest(known, lambda one: one.code).values())


def committees_known(entries: Sequence[AnyEntry], at: date) -> Mapping[str, Sequence[Committee]]:
    """Return every committee that existed, met or decided up to `at`, each as constituted over time, by code."""
    active = {one.committee for one in meetings_known(entries, at)}
    active |= {one.committee for one in of_type(entries, Decision) if one.on <= at}
    history: dict[str, list[Committee]] = {}
    for one in of_type(entries, Committee):
        history.setdefault(one.code, []).append(one)
    return {code: every for code, every in sorted(history.items()) if every[0].on <= at or code in active}


def as_of(history: Sequence[Kind], day: date) -> Kind | None:
    """Return the last of the entries about days up to one, None when they all come later."""
    return next((one for one in reversed(history) if one.on <= day), None)


def last_held(meetings: Iterable[Meeting], day: date) -> date | None:
    """Return when a meeting was last held by the end of a day; None for never."""
    return max((held_day(one) for one in meetings if held_by(one, day)), default=None)


def attendance(
    planned: int, held: Sequence[Meeting], history: Sequence[Committee], bodies: Sequence[Body]
) -> Attendance:
    """Add up the signatories of the meetings that were held, of so many that were planned."""
    noted = [one for one in held if one.present is not None]
    if not noted:
        none = Lacking.none_held if planned else Lacking.no_meeting_planned
        return Attendance(0, None, None, Lacking.attendance_not_noted if held else none)
    present = expected = 0
    for one in noted:
        asked = signatories(_invited(one, history), bodies, held_day(one))
        present += len(asked.intersection(one.present or ()))
        expected += len(asked)
    if not expected:
        return Attendance(len(noted), None, None, Lacking.no_signatory_expected)
    return Attendance(len(noted), present, expected, None)


def _invited(meeting: Meeting, history: Sequence[Committee]) -> Collection[str]:
    """Return who was invited: those named, else the committee as it was on the day it met."""
    if meeting.expected:
        return meeting.expected
    committee = as_of(history, held_day(meeting))
    return committee.members if committee else ()


def signatories(codes: Collection[str], bodies: Iterable[Body], day: date) -> set[str]:
    """Return which of these bodies were signatories on a day."""
    then = latest([one for one in bodies if one.on <= day], lambda one: one.code)
    return {code for code in codes if code in then and BodyRole.signatory in then[code].roles}


def due(history: Sequence[Committee], quarter: Quarter, since: date, until: date) -> float | None:
    """Return how many meetings a committee was to hold on the days [since, until) of a quarter, by its stated rhythm.

    Each day asks for its share of the year's meetings; None when on some of the days no rhythm was stated.
    """
    asked = 0
    ends = [*(one.on for one in history[1:]), until]
    for one, after in zip(history, ends, strict=True):
        days = max(0, (min(after, until) - max(one.on, since)).days)
        if days and one.meetings_per_year is None:
            return None
        asked += days * (one.meetings_per_year or 0)
    return asked / quarter.days_of_year
