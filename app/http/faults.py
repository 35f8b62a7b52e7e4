"""What is wrong with a value, said without the value: it may name a person."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from app.errors import Fault

MOST_FAULTS: Final = 50
"""So many are told of one body, or of one item of a batch."""
_Context = Mapping[str, Any]

_SENTENCES: Final[Mapping[str, Callable[[_Context], str]]] = {
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "holds a field that is not part of this object",
    "unexpected_keyword_argument": lambda _: "holds a field that is not part of this object",
    "enum": lambda ctx: f"must be one of {ctx['expected']}",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "int_type": lambda _: "must be an integer",
    "int_from_float": lambda _: "must be an integer",
    "int_parsing": lambda _: "must be an integer",
    "int_parsing_size": lambda _: "is far too large",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "string_type": lambda _: "must be a string",
    "list_type": lambda _: "must be a list",
    "tuple_type": lambda _: "must be a list",
    "dataclass_type": lambda _: "must be an object",
    "union_tag_not_found": lambda _: "must say its type",
    "union_tag_invalid": lambda ctx: f"must be of one of the types {ctx['expected_tags']}",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "string_too_short": lambda ctx: f"must have at least {ctx['min_length']} characters",
    "string_too_long": lambda ctx: f"must have at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda _: "has the wrong form",
    "too_short": lambda ctx: f"must hold at least {ctx['min_length']}",
    "too_long": lambda ctx: f"must hold at most {ctx['max_length']}",
    "timezone_aware": lambda _: "must carry its offset from UTC",
    "uuid_parsing": lambda _: "must be a UUID",
    "uuid_type": lambda _: "must be a UUID",
}
_UNKNOWN_FIELD: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
"""What pydantic calls a field that a model, or a dataclass, does not have."""
_OWN: Final = frozenset({"instant_out_of_bounds", "not_a_code", "repeated_choice", "rule"})
"""Errors raised by the project itself, whose sentence never holds a value."""


def _sentence(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind in _OWN:
        return str(error["msg"])
    if kind in _SENTENCES:
        return _SENTENCES[kind](error.get("ctx", {}))
    if kind.startswith("datetime"):
        return "must be an instant such as 2026-03-02T22:10:00+01:00"
    if kind.startswith("date"):
        return "must be a day such as 2026-03-02"
    return "is not valid"


def pointer(location: Sequence[int | str]) -> str:
    """Return the JSON pointer (RFC 6901) of a location; every part is the project's own name or an index."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def fault_of(error: Mapping[str, Any], *, skip: int = 0) -> Fault:
    """Return one fault. The name of an unknown field is the sender's text, so its parent is pointed at instead."""
    location = error["loc"][skip:]
    if error["type"] in _UNKNOWN_FIELD:
        location = location[:-1]
    return Fault(pointer(location), str(error["type"]), _sentence(error))


def errors_of(error: ValidationError) -> list[dict[str, Any]]:
    """Return pydantic's errors without inputs or addresses."""
    return [dict(found) for found in error.errors(include_url=False, include_input=False)]


def faults_of(error: ValidationError) -> list[Fault]:
    """Return the first faults of a refused body."""
    return [fault_of(found) for found in errors_of(error)[:MOST_FAULTS]]


def parameter_faults(found: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Return the faults of refused path, query and header parameters, pointing as `?name`."""
    listed = []
    for error in found[:MOST_FAULTS]:
        location = error["loc"]
        name = location[1] if len(location) > 1 and error["type"] != "extra_forbidden" else ""
        listed.append(Fault(f"?{name}", str(error["type"]), _sentence(error)))
    return listed
