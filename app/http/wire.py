"""What every request and response on the wire shares: closed objects, strict values, bounded instants."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, SerializationInfo
from pydantic_core import PydanticCustomError

from app import codes

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2100


class Received(BaseModel):
    """A closed, strict object from outside: unknown fields and inexact types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def canonical(self, seal: Callable[[str], bytes] | None = None, without: str | None = None) -> bytes:
        """Return the content as canonical bytes: fields in their order, none that says what its absence would.

        A field added to a later version with a default leaves the digests of earlier content as they were. `seal`
        stands in for slips and cards, so that a digest of the content cannot be used to guess them. `without` leaves
        one field out.
        """
        context = {"seal": seal} if seal is not None else None
        exclude = {without} if without is not None else None
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True, exclude=exclude, context=context)


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


def _sealed(code: str, info: SerializationInfo) -> str:
    seal = (info.context or {}).get("seal")
    return seal(code).hex() if seal is not None else code


Code = Annotated[
    str,
    Field(min_length=codes.CODE_LENGTH, max_length=24),
    AfterValidator(_checked),
    PlainSerializer(_sealed, when_used="json-unless-none"),
]
"""A slip or card code. Serialised with a `seal` in the context, only its keyed digest appears."""


def _made_here(value: UUID) -> UUID:
    if value.version not in _VERSIONS:
        raise PydanticCustomError("rule", "must be a random or time-ordered UUID (version 4 or 7)")
    return value


_VERSIONS: Final = frozenset({4, 7})
ItemId = Annotated[
    UUID,
    AfterValidator(_made_here),
    Field(
        description="Made on the device: version 7 (time-ordered) or 4 (random); others could name a machine.",
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
