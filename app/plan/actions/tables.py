"""Actions as a table."""

from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.plan.actions.schemas import ActionSent, ActionsSent, FoundSent
from app.plan.sent import facts_of

_ACTION: Final = {
    "number": Holds.integer,
    "title_published": Holds.truth,
    "objective": Holds.integer,
    "planned_start": Holds.day,
    "first_planned_end": Holds.day,
    "planned_end": Holds.day,
    "wordings": Holds.integer,
    "slip_days": Holds.integer,
    "slip_reason": Holds.text,
    "late_since": Holds.day,
    "days_late": Holds.integer,
    "contradictory": Holds.truth,
    "days_apart": Holds.integer,
}
"""Named as in the JSON answer."""
COLUMNS: Final = {
    "plan": Holds.text,
    "at": Holds.day,
    "known_at": Holds.instant,
    **_ACTION,
    "title_fr": Holds.text,
    "title_en": Holds.text,
    "lead": Holds.text,
    "milestones": Holds.integer,
    "milestones_missed": Holds.integer,
    "body": Holds.text,
    "body_fr": Holds.text,
    "body_en": Holds.text,
    "status": Holds.text,
    "status_fr": Holds.text,
    "status_en": Holds.text,
    "found_on": Holds.day,
    "source_title": Holds.text,
    "source_reference": Holds.text,
    "source_url": Holds.text,
}
_NOBODY: Final[tuple[None, ...]] = (None,) * 10


def table_of_actions(answer: ActionsSent) -> Table:
    """Return one row an action and body that assessed it; one without a body for an action nobody assessed."""
    above = (answer.plan, answer.at, answer.known_at)
    rows = [
        (*above, *_action(action), *found)
        for action in answer.actions
        for found in ([_found(one) for one in action.found] or [_NOBODY])
    ]
    return Table(f"maraude-{answer.plan}-actions-{answer.at}", COLUMNS, rows, facts_of(answer, "actions"))


def _action(one: ActionSent) -> tuple[Cell, ...]:
    return (
        *(getattr(one, name) for name in _ACTION),
        one.title.fr,
        one.title.en,
        one.lead.code if one.lead else None,
        len(one.milestones),
        sum(milestone.state == "missed" for milestone in one.milestones),
    )


def _found(one: FoundSent) -> tuple[Cell, ...]:
    name, source = one.body.name, one.source
    return (
        one.body.code,
        name.fr if name else None,
        name.en if name else None,
        one.status.value,
        one.label.fr,
        one.label.en,
        one.on,
        source.title,
        source.reference,
        source.url,
    )
