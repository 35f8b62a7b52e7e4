"""Walking the API document: its operations, their bodies, and every schema under them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "openapi" / "v1.json"
METHODS = ("get", "head", "put", "post", "delete", "patch")
_KEYWORDS_WITH_ONE = ("items", "additionalProperties")
_KEYWORDS_WITH_SOME = ("anyOf", "oneOf", "allOf", "prefixItems")


def frozen() -> dict[str, Any]:
    """Return the document as it is kept in the repository."""
    held: dict[str, Any] = json.loads(FROZEN.read_text())
    return held


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (path, method, operation)."""
    for path, offered in document["paths"].items():
        for method in METHODS:
            if method in offered:
                yield path, method, offered[method]


def request_schema(operation: Json) -> Json | None:
    """Return the schema of the JSON an operation reads, or None."""
    content = operation.get("requestBody", {}).get("content", {})
    schema: Json | None = content.get("application/json", {}).get("schema")
    return schema


def success(operation: Json) -> tuple[str, Json]:
    """Return the status and the response of an operation that went well."""
    return next((status, response) for status, response in operation["responses"].items() if status.startswith("2"))


def response_schema(operation: Json) -> Json | None:
    """Return the schema of what an operation answers when it went well: of its JSON, where there is any, or None."""
    content = success(operation)[1].get("content", {})
    told: Json | None = content.get("application/json") or next(iter(content.values()), None)
    return told["schema"] if told else None


def resolved(document: Json, schema: Json) -> Json:
    """Return a schema, or the component it refers to."""
    if "$ref" not in schema:
        return schema
    component: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return component


def schemas(document: Json, schema: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    """Yield (where, schema) of a schema and everything it is made of, each component once."""
    yield from _schemas(document, schema, where, set())


def _schemas(document: Json, schema: Json, where: str, seen: set[str]) -> Iterator[tuple[str, Json]]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in seen:
            return
        seen.add(name)
        schema, where = resolved(document, schema), name
    yield where, schema
    for name, below in schema.get("properties", {}).items():
        yield from _schemas(document, below, f"{where}.{name}", seen)
    for keyword in _KEYWORDS_WITH_ONE:
        if isinstance(schema.get(keyword), Mapping):
            yield from _schemas(document, schema[keyword], f"{where}/{keyword}", seen)
    for keyword in _KEYWORDS_WITH_SOME:
        for below in schema.get(keyword, ()):
            yield from _schemas(document, below, where, seen)


def requests(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield (where, schema) of everything a caller may send: bodies and parameters."""
    for _, _, operation in operations(document):
        body = request_schema(operation)
        if body is not None:
            yield from schemas(document, body)
        for parameter in operation.get("parameters", ()):
            yield from schemas(document, parameter["schema"], f"{operation['operationId']}?{parameter['name']}")


def responses(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield (where, schema) of everything the service answers when it went well."""
    for _, _, operation in operations(document):
        body = response_schema(operation)
        if body is not None:
            yield from schemas(document, body)
