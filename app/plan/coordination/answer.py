"""Putting the answer on coordination together."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from app.plan.coordination.cadence import cadence, rhythms, said
from app.plan.coordination.decision_schemas import DecisionSent, StatedSent
from app.plan.coordination.decisions import followed
from app.plan.coordination.parts import measured
from app.plan.coordination.schemas import CadenceSent, CommitteeSent, CoordinationSent, PartSent
from app.plan.records import AnyEntry
from app.plan.records.register import Body, Plan
from app.plan.sent import heading, reasons_sent
from app.plan.standing import of_type
from app.plan.vocabulary import EntryType

TYPES: Final = (
    EntryType.body,
    EntryType.statement,
    EntryType.committee,
    EntryType.meeting,
    EntryType.decision,
    EntryType.decision_outcome,
)
"""The entries it is made of."""


def coordination_sent(entries: Sequence[AnyEntry], plan: Plan, at: date, known_at: datetime | None) -> CoordinationSent:
    """Return coordination as seen from `at`. Entries: those that stand, of days without end."""
    names = {one.code: one for one in of_type(entries, Body)}
    rows, decisions = cadence(entries, plan, at), followed(entries, at)
    committees = [CommitteeSent.of(one, names) for one in rhythms(entries, at)]
    quarters = [CadenceSent.of(one) for one in rows]
    index = [PartSent.of(one) for one in measured(rows, decisions, at)]
    given = [*(one.reason for one in committees), *(one.reason for one in index)]
    given += [reason for one in quarters for reason in (one.due_reason, one.signatories_reason, one.last_reason)]
    return CoordinationSent(
        **heading(plan, at, known_at),
        committees=committees,
        quarters=quarters,
        index=index,
        decisions=[DecisionSent.of(one, names) for one in decisions],
        statements=[StatedSent.said(one, names) for one in said(entries, at)],
        reasons=reasons_sent(given),
    )
