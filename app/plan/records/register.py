"""The register of a plan: bodies, objectives, actions, milestones, and who judged what. Pure Python."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen

from app.plan.records.entry import Entry, Number, Slug, Text
from app.plan.vocabulary import ActionStatus, BodyRole, EntryType, StatementMeasure, Subject

MOST_NAMED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Entry):
    """A plan and its validity; `on` is the day it was adopted."""

    type: Literal[EntryType.plan] = EntryType.plan
    """What the entry is about."""
    title: Text
    valid_from: date
    """First day."""
    valid_to: date
    """First day after its end."""
    perimeter: Slug | None = None
    """Code of the directory's perimeter it covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Entry):
    """An organisation that signs, leads, pays or judges; `on` is since when."""

    type: Literal[EntryType.body] = EntryType.body
    """What the entry is about."""
    code: Slug
    name: Text
    roles: Annotated[tuple[BodyRole, ...], MaxLen(len(BodyRole))]
    """What it is in the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(Entry):
    """What several actions are for; `on` is since when it is worded so."""

    type: Literal[EntryType.objective] = EntryType.objective
    """What the entry is about."""
    number: Number
    """Number of the objective."""
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Entry):
    """An action as planned from `on` on: a later entry of the same number is a revision of the plan."""

    type: Literal[EntryType.action] = EntryType.action
    """What the entry is about."""
    number: Number
    """Number of the action."""
    title: Text
    title_published: bool = True
    """False for a placeholder: the plan names the action, its title was not published."""
    objective: Number | None = None
    """Number of the objective it is for."""
    lead: Slug | None = None
    """Code of the body that leads it."""
    partners: Annotated[tuple[Slug, ...], MaxLen(MOST_NAMED)] = ()
    """Codes of the bodies that take part."""
    planned_start: date | None = None
    """First planned day."""
    planned_end: date | None = None
    """Last planned day."""
    indicators: Annotated[tuple[Slug, ...], MaxLen(MOST_NAMED)] = ()
    """Codes of the indicators it is followed by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone(Entry):
    """Something to reach by a day, as planned from `on` on; a later entry of the same code moves it."""

    type: Literal[EntryType.milestone] = EntryType.milestone
    """What the entry is about."""
    code: Slug
    title: Text
    due_on: date
    """The day it is to be reached by."""
    action: Number | None = None
    """The action it belongs to; null for the whole plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneReached(Entry):
    """A milestone was reached on `on`, says a body."""

    type: Literal[EntryType.milestone_reached] = EntryType.milestone_reached
    """What the entry is about."""
    milestone: Slug
    """Code of the milestone."""
    body: Slug
    """Code of the body that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment(Entry):
    """What a body found of an action on `on`. Bodies may disagree: each keeps its own line."""

    type: Literal[EntryType.assessment] = EntryType.assessment
    """What the entry is about."""
    action: Number
    """Number of the action."""
    body: Slug
    """Code of the body that judges."""
    status: ActionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Entry):
    """What a body said of the plan as a whole on `on`: a count, a share, or words."""

    type: Literal[EntryType.statement] = EntryType.statement
    """What the entry is about."""
    code: Slug
    """Names what is stated, so that later statements of the same body on it form a line."""
    body: Slug
    """Code of the body that states it."""
    subject: Subject
    measure: StatementMeasure
    says: Text
    count: Annotated[int, Ge(0), Le(1_000_000)] | None = None
    """Required for a count."""
    of: Annotated[int, Ge(1), Le(1_000_000)] | None = None
    """Required for a count."""
    share: Annotated[float, Ge(0), Le(1)] | None = None
    """Required for a share."""
    status: ActionStatus | None = None
    """For a count or a share of actions: the status they are said to have reached at least."""
