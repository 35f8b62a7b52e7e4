"""Coordination as it goes over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.plan.coordination.cadence import Cadence, Rhythm
from app.plan.coordination.decision_schemas import DECISION_EXAMPLE, STATED_EXAMPLE, DecisionSent, StatedSent
from app.plan.coordination.parts import Measured
from app.plan.sent import (
    BODY_EXAMPLE,
    HEADING_EXAMPLE,
    BodyNamedSent,
    Names,
    PlanHeading,
    ReasonSent,
    label_of,
    reason_example,
)
from app.plan.vocabulary import Lacking


class CommitteeSent(Sent):
    """A committee, and when it last met against how often it is to meet."""

    code: str
    title: LabelSent
    members: list[BodyNamedSent] = Field(description="Bodies that belong to it.")
    meetings_per_year: int | None = Field(description="How often it is to meet; null where that was never stated.")
    last_held_on: date | None = Field(description="The last day it met; null when it never did.")
    days_since_last: int | None = Field(description="Days from that day to `at`.")
    interval_days: float | None = Field(description="Days between two meetings by the stated rhythm.")
    days_beyond: float | None = Field(description="Days since the last meeting beyond that interval; below 0 within.")
    reason: Lacking | None = Field(description="Why one of them is not there.")

    @classmethod
    def of(cls, rhythm: Rhythm, names: Names) -> "CommitteeSent":
        """Return a committee as it is sent."""
        committee = rhythm.committee
        unstated = Lacking.rhythm_not_stated if rhythm.interval_days is None else None
        return cls(
            code=committee.code,
            title=label_of(committee.title),
            members=[BodyNamedSent.of(code, names) for code in committee.members],
            meetings_per_year=committee.meetings_per_year,
            last_held_on=rhythm.last_held_on,
            days_since_last=rhythm.days_since_last,
            interval_days=rhythm.interval_days,
            days_beyond=rhythm.days_beyond,
            reason=Lacking.never_met if rhythm.last_held_on is None else unstated,
        )


class CadenceSent(Sent):
    """One committee in one calendar quarter."""

    committee: str = Field(description="Code of the committee.")
    quarter: str = Field(description="Year and number of the quarter.")
    period_from: date = Field(description="First day of the quarter.")
    period_to: date = Field(description="First day after it.")
    seen_on: date = Field(description="Its last day, or `at` when that is earlier.")
    planned: int = Field(description="Meetings planned for a day of the quarter up to `at`.")
    held: int = Field(description="Those of them held up to `at`, on whichever day.")
    not_held: int = Field(description="Those of them said not to have been held.")
    unknown: int = Field(description="Those of them whose fate was not yet known.")
    took_place: int = Field(description="Meetings held on a day of the quarter, whenever planned for.")
    due: float | None = Field(description="Meetings that the stated rhythm asks for, by its days in force.")
    gap: float | None = Field(description="Meetings that took place beyond those due; below 0 when some are lacking.")
    due_reason: Lacking | None = Field(description="Why nothing is due.")
    attendance_noted: int = Field(description="Of those held, the meetings where it was noted who came.")
    signatories_present: int | None = Field(description="Signatories present at these, of those expected.")
    signatories_expected: int | None = Field(description="Signatories expected at these.")
    signatories_reason: Lacking | None = Field(description="Why it is not known how many.")
    days_since_last: int | None = Field(description="Days from the last meeting to `seen_on`.")
    last_reason: Lacking | None = Field(description="Why there are no such days.")
    decisions_open: int = Field(
        description="Decisions taken until `seen_on` and not ended then, overdue ones included."
    )
    decisions_overdue: int = Field(description="Open ones whose day had passed.")
    decisions_done: int = Field(description="Decisions done until then.")
    decisions_dropped: int = Field(description="Decisions dropped until then.")
    oldest_open_days: int | None = Field(description="Age of the oldest open one; null when none is open.")

    @classmethod
    def of(cls, row: Cadence) -> "CadenceSent":
        """Return a quarter as it is sent."""
        attendance, decisions = row.attendance, row.decisions
        return cls(
            committee=row.committee,
            quarter=row.quarter.name,
            period_from=row.quarter.since,
            period_to=row.quarter.until,
            seen_on=row.seen_on,
            planned=row.planned,
            held=row.held,
            not_held=row.not_held,
            unknown=row.unknown,
            took_place=row.took_place,
            due=row.due,
            gap=row.gap,
            due_reason=Lacking.rhythm_not_stated if row.due is None else None,
            attendance_noted=attendance.noted,
            signatories_present=attendance.present,
            signatories_expected=attendance.expected,
            signatories_reason=attendance.reason,
            days_since_last=row.days_since_last,
            last_reason=Lacking.never_met if row.days_since_last is None else None,
            decisions_open=decisions.open,
            decisions_overdue=decisions.overdue,
            decisions_done=decisions.done,
            decisions_dropped=decisions.dropped,
            oldest_open_days=decisions.oldest_open_days,
        )


class PartSent(Sent):
    """One part of the index of coordination; there is no number for the whole."""

    code: str
    label: LabelSent
    above: LabelSent = Field(description="What the numerator counts.")
    below: LabelSent = Field(description="What the denominator counts.")
    pitfalls: LabelSent = Field(description="What a reader could get wrong.")
    numerator: float = Field(description="Count above the line.")
    denominator: float = Field(description="Count below the line.")
    value: float | None = Field(description="The one over the other.")
    reason: Lacking | None = Field(description="Why there is no value.")

    @classmethod
    def of(cls, measured: Measured) -> "PartSent":
        """Return a part as it is sent."""
        part = measured.part
        return cls(
            code=part.code,
            label=LabelSent.of(part.label),
            above=LabelSent.of(part.numerator),
            below=LabelSent.of(part.denominator),
            pitfalls=LabelSent.of(part.pitfalls),
            numerator=measured.numerator,
            denominator=measured.denominator,
            value=measured.value,
            reason=measured.reason,
        )


_CADENCE: Final[dict[str, Any]] = {
    "committee": "pilotage",
    "quarter": "2020-Q3",
    "period_from": "2020-07-01",
    "period_to": "2020-10-01",
    "seen_on": "2020-09-30",
    "planned": 1,
    "held": 0,
    "not_held": 1,
    "unknown": 0,
    "took_place": 0,
    "due": 1.0,
    "gap": -1.0,
    "due_reason": None,
    "attendance_noted": 0,
    "signatories_present": None,
    "signatories_expected": None,
    "signatories_reason": "none_held",
    "days_since_last": 203,
    "last_reason": None,
    "decisions_open": 2,
    "decisions_overdue": 1,
    "decisions_done": 3,
    "decisions_dropped": 0,
    "oldest_open_days": 321,
}
_COORDINATION: Final[dict[str, Any]] = HEADING_EXAMPLE | {
    "committees": [
        {
            "code": "pilotage",
            "title": {"fr": "Comité de pilotage", "en": "Steering committee"},
            "members": [BODY_EXAMPLE],
            "meetings_per_year": 4,
            "last_held_on": "2020-03-11",
            "days_since_last": 476,
            "interval_days": 91.25,
            "days_beyond": 384.75,
            "reason": None,
        }
    ],
    "quarters": [_CADENCE],
    "index": [
        {
            "code": "meetings_held",
            "label": {"fr": "Réunions tenues", "en": "Meetings held"},
            "above": {"fr": "réunions tenues parmi celles prévues", "en": "meetings held of those planned"},
            "below": {"fr": "réunions prévues jusqu'à la date", "en": "meetings planned up to the date"},
            "pitfalls": {"fr": "Une réunion sans issue connue...", "en": "A meeting whose fate is not known..."},
            "numerator": 3.0,
            "denominator": 8.0,
            "value": 0.375,
            "reason": None,
        }
    ],
    "decisions": [DECISION_EXAMPLE],
    "statements": [STATED_EXAMPLE],
    "reasons": [reason_example(Lacking.none_held)],
}


class CoordinationSent(PlanHeading):
    """How often the partners met, who came, and what became of their decisions."""

    model_config = Sent.model_config | example(_COORDINATION)

    committees: list[CommitteeSent] = Field(description="By code.")
    quarters: list[CadenceSent] = Field(description="By committee, then quarter; quiet quarters included.")
    index: list[PartSent] = Field(description="The parts of the index, each by itself, over all committees.")
    decisions: list[DecisionSent] = Field(description="Every decision taken until `at`, the oldest first.")
    statements: list[StatedSent] = Field(description="What bodies stated of coordination until `at`, by day.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
