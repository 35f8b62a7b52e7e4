"""The OpenAPI document: what FastAPI derives, plus the bodies that routes read themselves, sorted and frozen."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from app import errors
from app.http.envelope import ProblemSent
from app.http.problems import problems
from app.http.rates import HEADERS_DOCUMENTED

_MODEL: Final = "x-body-model"
_JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"
_BODIES: Final[dict[str, type[BaseModel]]] = {}
"""The models that routes read themselves, by the name under which `get_openapi` carries them: it takes JSON only."""


def body_of(model: type[BaseModel], description: str = "") -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads its own body as `model`; gzip is accepted everywhere."""
    name = f"{model.__module__}.{model.__qualname__}"
    _BODIES[name] = model
    body = {"required": True, "content": {_JSON: {_MODEL: name}}}
    return {"requestBody": {"description": description, **body} if description else body}


def build_document(app: FastAPI, *, description: str, tags: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document of the application, every mapping sorted by key so that a difference is a difference."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=description,
        routes=app.routes,
        tags=[dict(tag) for tag in tags],
    )
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    bodies = [content for operation in operations for content in _own_bodies(operation)]
    references, schemas = _schemas(app, [_BODIES[content[_MODEL]] for content in bodies])
    for content in bodies:
        content["schema"] = references[_BODIES[content.pop(_MODEL)], "validation"]
    for operation in operations:
        _describe_success(operation)
        _describe_limits(operation)
    for path in document["paths"].values():
        _describe_no_body(path.get("head", {}))
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components |= schemas["$defs"]
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    return _sorted(document)  # type: ignore[no-any-return]  # a mapping goes in, a mapping comes out


def _schemas(app: FastAPI, received: Sequence[type[BaseModel]]) -> tuple[Mapping[Any, Any], Mapping[str, Any]]:
    """Return the schemas of everything sent and received, by pydantic itself: FastAPI drops the nulls of examples."""
    routes = (getattr(context, "response_model", None) for context in iter_route_contexts(app.routes))
    sent: list[type[BaseModel]] = [ProblemSent, *(model for model in routes if model is not None)]
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in sent]
    modes += [(model, "validation") for model in received]
    return models_json_schema(modes, ref_template=_REF)


def _describe_success(operation: Mapping[str, Any]) -> None:
    """Say what was asked for where FastAPI only says that it went well."""
    for response in operation["responses"].values():
        if response["description"] == "Successful Response":
            response["description"] = operation["summary"]


def _describe_limits(operation: dict[str, Any]) -> None:
    """Add what every operation may answer to whoever asks too often, or sends too slowly."""
    responses = operation["responses"]
    kinds = [errors.too_many_requests, *([errors.body_too_slow] if "requestBody" in operation else [])]
    for status, documented in problems(*kinds).items():
        told = responses.setdefault(str(status), documented)
        if told is not documented:
            told["description"] += "; " + documented["description"]
    responses["429"]["headers"] = dict(HEADERS_DOCUMENTED)


def _describe_no_body(operation: Mapping[str, Any]) -> None:
    """Say that an answer to HEAD is its status and headers, a problem's too (RFC 9110, 9.3.2)."""
    for response in operation.get("responses", {}).values():
        response.pop("content", None)


def _own_bodies(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    contents = operation.get("requestBody", {}).get("content", {}).values()
    return [content for content in contents if _MODEL in content]


def _sorted(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON with sorted keys; the order of lists is kept."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
