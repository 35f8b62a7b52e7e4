"""What every request and response on the wire shares: closed objects, strict values, bounded instants."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app import codes

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2100


class Received(BaseModel):
    """A closed, strict object from outside: unknown fields and inexact types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def canonical(self, without: frozenset[str] = frozenset()) -> bytes:
        """Return the content as canonical bytes: fields in a fixed order, none that says what its absence would.

        A field added to a later version with a default leaves the digests of earlier content as they were. `without`
        names fields to leave out: slips and cards, whose keyed digests stand for them.
        """
        return orjson.dumps(_said(self, without), default=_said)


_REQUIRED: Final = object()


def _said(received: Received, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return what an object says beyond its defaults."""
    values = received.__dict__
    simple, nested = _defaults(type(received), without)
    said = {
        name: value
        for name, default in simple
        if (value := values[name]) is not default and (default is _REQUIRED or value != default)
    }
    for name, default in nested:  # by their fields: pydantic's own comparison costs more than the rest of the digest
        if values[name].__dict__ != default.__dict__:
            said[name] = values[name]
    return said


@cache
def _defaults(model: type[Received], without: frozenset[str]) -> tuple[tuple[tuple[str, Any], ...], ...]:
    """Return the defaults of plain fields and those that are objects of their own."""
    fields = [
        (name, _REQUIRED if field.is_required() else field.get_default())
        for name, field in model.model_fields.items()
        if name not in without
    ]
    nested = tuple(field for field in fields if isinstance(field[1], Received))
    return tuple(field for field in fields if not isinstance(field[1], Received)), nested


class Sent(BaseModel):
    """An object the service sends: every field is always there, null when it has nothing to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _in_bounds(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise PydanticCustomError("instant_out_of_bounds", "must lie between 2020 and 2100")
    return value.astimezone(UTC)


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_in_bounds),
    Field(description="An instant with its offset from UTC, from 2020 on.", examples=["2026-03-02T22:10:00+01:00"]),
]
"""An aware instant in [2020, 2100), turned to UTC."""


def _checked(typed: str) -> str:
    code = codes.normalised(typed)
    if not codes.is_code(code):
        raise PydanticCustomError(
            "not_a_code", "must be 11 characters of the code alphabet with a right check character"
        )
    return code


Code = Annotated[
    str,
    Field(min_length=codes.CODE_LENGTH, max_length=24),
    AfterValidator(_checked),
]
"""A slip or card code; what is kept of it is its keyed digest."""


_WRITTEN_LENGTH: Final = 36
_VERSION_AT, _VERSIONS = 14, "47"
_VARIANT_AT, _VARIANTS = 19, "89abAB"


def _as_written(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Let pass only the one form of RFC 9562: the parser behind would also take braces, a URN or bare digits."""
    if isinstance(value, str) and len(value) != _WRITTEN_LENGTH:
        raise PydanticCustomError("rule", "must be a UUID of 36 characters")
    return value


def _made_here(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Read version and variant from the text: `UUID.version` costs more than the rest of an item's checks."""
    if isinstance(value, str) and not (
        len(value) == _WRITTEN_LENGTH and value[_VERSION_AT] in _VERSIONS and value[_VARIANT_AT] in _VARIANTS
    ):
        raise PydanticCustomError("rule", "must be a random or time-ordered UUID (version 4 or 7)")
    return value


Identifier = Annotated[UUID, BeforeValidator(_as_written)]
"""The id of something the service named."""
ItemId = Annotated[
    UUID,
    BeforeValidator(_made_here),
    Field(
        description="Made on the device: version 4 (random) or 7 (time-ordered); others could name a machine. Round"
        " the time of a version 7 down to two hours for whatever is about a person (RFC 9562, section 6.1): so the id"
        " tells no more than the record.",
        json_schema_extra={
            "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[47][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
        },
    ),
]
"""The id of a posted item. Versions derived from names are the service's own."""

Choice = TypeVar("Choice", bound=StrEnum)


def _as_set(chosen: list[Choice]) -> list[Choice]:
    if len(set(chosen)) != len(chosen):
        raise PydanticCustomError("repeated_choice", "must not repeat a choice")
    return sorted(chosen)


Choices = Annotated[
    list[Choice], AfterValidator(_as_set), Field(max_length=20, json_schema_extra={"uniqueItems": True})
]
"""A set of codes of one vocabulary, sent as a list without repeats; its order means nothing."""


class RecordStatus(StrEnum):
    """Whether a record stands or was withdrawn."""

    recorded = "recorded"
    entered_in_error = "entered_in_error"


TerritoryPosted = Annotated[
    str, Field(pattern=r"^[0-9]{5}([0-9]{2})?$", description="A quarter or commune.", examples=["7511803"])
]


def example(*bodies: dict[str, Any]) -> ConfigDict:
    """Return the model configuration that shows these bodies as examples in the document."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})
