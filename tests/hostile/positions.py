"""Every place of every request where a caller may put something, read from the API document.

A document that says something this module cannot fill in is an error, so that no new route goes untried.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote

from tests.contract import document as walk
from tests.contract.document import Json

Where = Literal["path", "query", "header", "body"]
Path = tuple[str | int, ...]
UNKNOWN: Final = "unknown"
"""The name of a parameter no operation has."""
READ_HEADERS: Final = ("Authorization", "Content-Type", "Content-Encoding")
"""Headers that every operation, or every one with a body, reads although its parameters do not list them."""
PASSIVE_HEADERS: Final = (
    "Accept", "Accept-Language", "Cookie", "Forwarded", "From", "If-None-Match", "Origin", "Referer", "User-Agent",
    "X-Forwarded-For", "X-Request-Id", "Traceparent", "X-Unknown",
)  # fmt: skip
"""Headers that callers send of their own accord."""
_FORMATS: Final = {
    "uuid": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9",
    "date-time": "2026-03-02T22:10:00+01:00",
    "date": "2026-03-02",
}


class UntriedError(AssertionError):
    """The document has something that no request is made of here: teach this module to."""


@dataclass(frozen=True)
class Position:
    """One place of one operation's requests; `path` leads to it inside a body, and is one name elsewhere."""

    where: Where
    path: Path


@dataclass
class Request:
    """A request as bytes are made of it; `sent` gives httpx's arguments."""

    method: str
    template: str
    names: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    text: tuple[str, str] | None = None
    """Media type and content of a body that is no JSON: the words tried in it are those of `send_bytes`."""

    def put(self, position: Position, value: Any) -> None:
        """Put a value there, in place of what was there."""
        match position.where:
            case "path":
                self.names[str(position.path[0])] = str(value)
            case "query":
                self.query[str(position.path[0])] = str(value)
            case "header":
                self.headers[str(position.path[0])] = str(value)
            case "body":
                self.body = put(self.body, position.path, value)

    def sent(self) -> dict[str, Any]:
        """Return what `httpx` is called with."""
        path = self.template
        for name, value in self.names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="") or "%20")
        headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in self.headers.items()]
        content: dict[str, Any] = {}
        if self.text is not None:
            media, text = self.text
            content = {"content": text}
            if not any(name.lower() == "content-type" for name in self.headers):
                headers.append((b"Content-Type", media.encode()))
        if self.body is not None:
            content = {"content": json.dumps(self.body)}
            if not any(name.lower() == "content-type" for name in self.headers):
                headers.append((b"Content-Type", b"application/json"))
        return {"method": self.method, "url": path, "params": self.query, "headers": headers, **content}


@dataclass(frozen=True)
class Operation:
    """One operation of the document: a good request, and where something else can be put."""

    name: str
    method: str
    template: str
    good: Request
    """With every field of its body filled in, were it only one of two that exclude each other."""
    positions: tuple[Position, ...]
    example: Any = None
    """The first body the document shows."""

    @property
    def is_batch(self) -> bool:
        """Whether its body is an envelope of items, each with a verdict of its own."""
        return isinstance(self.good.body, dict) and "items" in self.good.body

    def request(self) -> Request:
        """Return a good request of one's own."""
        return copy.deepcopy(self.good)


def operations(document: Json) -> list[Operation]:
    """Return every operation of the document; raises UntriedError for what cannot be filled in."""
    return [_operation(document, *found) for found in walk.operations(document)]


def _operation(document: Json, path: str, method: str, said: Json) -> Operation:
    good = Request(method.upper(), path)
    positions: list[Position] = []
    for parameter in said.get("parameters", ()):
        if parameter["in"] not in {"path", "query", "header"}:
            raise UntriedError(f"{path}: a parameter in {parameter['in']}")
        position = Position(parameter["in"], (parameter["name"],))
        positions.append(position)
        if parameter.get("required") or parameter["in"] == "path":
            good.put(position, _example(document, parameter["schema"]))
        elif parameter["name"] == "dry_run":
            good.put(position, "false")
    positions += [Position("query", (UNKNOWN,)), Position("header", ("Authorization",))]
    example = None
    if "requestBody" in said:
        positions += [Position("header", (name,)) for name in READ_HEADERS[1:]]
        ((media, read),) = said["requestBody"]["content"].items()
        if media == "text/csv":
            good.text = media, read["schema"]["examples"][0]
            return Operation(said["operationId"], method, path, good, tuple(positions))
        if media != "application/json":
            raise UntriedError(f"{path}: a body of {media}")
        schema = walk.request_schema(said)
        assert schema is not None
        good.body = _example(document, schema)
        positions += [Position("body", where) for where in _leaves(document, schema)]
        positions += [Position("body", (*where, UNKNOWN)) for where in _objects(good.body)]
        example = next(iter(walk.resolved(document, schema).get("examples", ())), good.body)
    return Operation(said["operationId"], method, path, good, tuple(positions), example)


def _variants(document: Json, schema: Json) -> list[Json]:
    """Return what a value may be, null left out."""
    schema = walk.resolved(document, schema)
    several = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [walk.resolved(document, one) for one in several if one.get("type") != "null"]


def _leaves(document: Json, schema: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every field below a body that holds a value of its own."""
    for one in _variants(document, schema):
        if "properties" in one:
            for name, below in one["properties"].items():
                yield from _leaves(document, below, (*path, name))
        elif "items" in one:
            yield from _leaves(document, one["items"], (*path, 0))
        elif path:
            yield path
        else:
            raise UntriedError(f"a body that is neither object nor list: {sorted(one)}")


def _objects(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every object of a filled body."""
    if isinstance(value, dict):
        yield path
    for name, below in value.items() if isinstance(value, dict) else enumerate(value) if _is_list(value) else ():
        yield from _objects(below, (*path, name))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _example(document: Json, schema: Json) -> Any:
    """Return a value with every field filled in, from the document's own examples."""
    one = _variants(document, schema)[0]
    examples = [*schema.get("examples", ()), *one.get("examples", ())]
    if "properties" in one:
        shown: Mapping[str, Any] = next((example for example in examples if isinstance(example, dict)), {})
        return {
            name: shown[name] if _is_plain(shown.get(name)) else _example(document, below)
            for name, below in one["properties"].items()
        }
    if "items" in one:
        return [_example(document, one["items"])]
    if examples:
        return examples[0]
    return _made_up(one)


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)


def _made_up(schema: Json) -> Any:
    """Return a value of a type that needs no example."""
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "string" if "pattern" not in schema:
            return "x" * schema.get("minLength", 1)
    raise UntriedError(f"a value without an example: {json.dumps(schema)[:200]}")


def put(body: Any, path: Path, value: Any) -> Any:
    """Return a body with a value at a path; objects that lead there are made: of a choice, one is shown."""
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    if isinstance(at, list) and path[-1] == len(at):
        at.append(value)
    else:
        at[path[-1]] = value
    return changed
