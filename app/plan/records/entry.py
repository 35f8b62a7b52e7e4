"""What every entry of the register shares. Pure Python: the constraints are annotations that the wire enforces."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen

CLOSED: Final[dict[str, Any]] = {"extra": "forbid", "strict": True, "use_attribute_docstrings": True}
"""How entries are read: unknown fields and inexact types are refused, attribute docstrings describe fields."""

Slug = Annotated[str, MinLen(1), MaxLen(60)]
"""A short code, unique for its type within a plan: lower-case letters, digits, `-` and `_` (`standing.is_slug`)."""
Words = Annotated[str, MinLen(1), MaxLen(300)]
"""Words about the plan, never about a person: one printable line (`standing.is_line`)."""
Number = Annotated[int, Ge(1), Le(999)]
"""Number of an action or an objective, as the plan prints it."""


def _said(description: str) -> dict[str, str]:
    return {"description": description}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in French and English."""

    __pydantic_config__ = CLOSED

    fr: Words
    en: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an entry was taken from."""

    __pydantic_config__ = CLOSED

    title: Words
    """Name of the document."""
    reference: Words | None = None
    """Number, page or paragraph in it."""
    url: Annotated[str, MinLen(8), MaxLen(500)] | None = None
    """Where it can be read: https only."""
    published_on: date | None = None
    """The day it was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: what it is about stands in its subclasses."""

    __pydantic_config__ = CLOSED

    # Described as metadata: docstrings of attributes describe the fields of their own class only.
    id: UUID = field(metadata=_said("Made by whoever enters it; sent again with the same content it changes nothing."))
    plan: Slug = field(metadata=_said("Code of the plan."))
    on: date = field(
        metadata=_said("The day it is about: of the finding, the booking, the meeting. From 2000 to 2099.")
    )
    source: Source
    corrects: UUID | None = field(
        default=None, metadata=_said("The entry it replaces, of the same type and plan; both stay.")
    )
