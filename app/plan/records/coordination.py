"""Coordination of a plan: committees, meetings, decisions. Pure Python."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen

from app.plan.records.entry import Entry, Number, Slug, Text
from app.plan.vocabulary import DecisionOutcome, EntryType

MOST_MEMBERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee(Entry):
    """A body of coordination as constituted from `on` on."""

    type: Literal[EntryType.committee] = EntryType.committee
    """What the entry is about."""
    code: Slug
    title: Text
    members: Annotated[tuple[Slug, ...], MaxLen(MOST_MEMBERS)]
    """Codes of the bodies that belong to it."""
    meetings_per_year: Annotated[int, Ge(1), Le(366)] | None = None
    """How often it is to meet; null where that was never said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting(Entry):
    """A meeting, planned for `on`. What became of it is said by a correction: held, or not."""

    type: Literal[EntryType.meeting] = EntryType.meeting
    """What the entry is about."""
    code: Slug
    committee: Slug
    """Code of the committee that meets."""
    held: bool | None = None
    """Null while it is not known."""
    held_on: date | None = None
    """The day it was held; required when it was."""
    expected: Annotated[tuple[Slug, ...], MaxLen(MOST_MEMBERS)] = ()
    """Codes of the bodies invited; empty: the committee's members."""
    present: Annotated[tuple[Slug, ...], MaxLen(MOST_MEMBERS)] | None = None
    """Codes of the bodies present; null where attendance was not noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Entry):
    """Something decided on `on`, by whom it is to be done and until when."""

    type: Literal[EntryType.decision] = EntryType.decision
    """What the entry is about."""
    code: Slug
    committee: Slug
    """Code of the committee that decided."""
    meeting: Slug | None = None
    """Code of the meeting it was decided in."""
    title: Text
    owner: Slug
    """Code of the body that is to do it."""
    due_on: date | None = None
    """The day it is to be done by."""
    action: Number | None = None
    """Number of the action it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEnded(Entry):
    """A decision was carried out, or dropped, on `on`."""

    type: Literal[EntryType.decision_outcome] = EntryType.decision_outcome
    """What the entry is about."""
    decision: Slug
    """Code of the decision."""
    outcome: DecisionOutcome
