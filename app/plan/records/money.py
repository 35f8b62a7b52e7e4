"""Money of a plan. Pure Python."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from app.plan.records.entry import Entry, Number, Slug
from app.plan.vocabulary import AmountKind, AmountNature, EntryType, OverrunCause

MOST_CENTS = 10**13


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Entry):
    """Money promised, promised anew, or paid; `on` is the day it was booked."""

    type: Literal[EntryType.amount] = EntryType.amount
    """What the entry is about."""
    code: Slug
    """Number of the line in its document: with `on`, kind and funder it tells a repeated line."""
    action: Number | None = None
    """The action it is for; null for the plan as a whole."""
    funder: Slug
    """Code of the body that pays."""
    year: Annotated[int, Ge(2000), Le(2099)] | None = None
    """Budget year; null when the source gives one sum for several years and does not spread it."""
    nature: AmountNature
    kind: AmountKind
    cents: Annotated[int, Ge(-MOST_CENTS), Le(MOST_CENTS)]
    """EUR cents. A revision may be negative (a difference); a commitment or an expenditure is not."""
    cause: OverrunCause | None = None
    """Required with a revision; may stand with an expenditure beyond what was promised."""
