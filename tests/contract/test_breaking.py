"""The guard against breaking changes: what it lets through, what it refuses, and that this version breaks nothing."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.breaking import breaches
from tests.contract.document import FROZEN, ROOT

Change = Callable[[dict[str, Any]], object]

_ITEM: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "count": {"type": "integer", "minimum": 0, "maximum": 50},
        "note": {"anyOf": [{"type": "string", "maxLength": 8}, {"type": "null"}]},
        "parts": {"type": "array", "maxItems": 5, "items": {"$ref": "#/components/schemas/Item"}},
    },
}
_SENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind", "at"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "at": {"type": "string", "format": "date-time"},
        "end": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    },
}
_SIZE = {"in": "query", "name": "size", "required": False, "schema": {"type": "integer", "maximum": 200}}


def _content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/items": {
            "post": {
                "operationId": "post_items",
                "requestBody": {"required": True, "content": _content({"$ref": "#/components/schemas/Item"})},
                "responses": {"200": {"content": _content({"$ref": "#/components/schemas/Sent"})}, "422": {}},
            },
            "get": {
                "operationId": "list_items",
                "parameters": [_SIZE],
                "responses": {"200": {"content": _content({"$ref": "#/components/schemas/Sent"})}},
            },
        }
    },
    "components": {
        "schemas": {"Item": _ITEM, "Sent": _SENT, "Kind": {"type": "string", "enum": ["rest_room", "health_care"]}}
    },
}


def _changed(change: Change) -> list[str]:
    after = copy.deepcopy(_DOCUMENT)
    change(after)
    return breaches(_DOCUMENT, after)


def _item(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Item"]
    return found


def _sent(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Sent"]
    return found


def _operation(document: dict[str, Any], method: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v1/items"][method]
    return found


_BREAKING: dict[str, tuple[Change, list[str]]] = {
    "a path is removed": (lambda d: d["paths"].clear(), ["GET /v1/items: removed", "POST /v1/items: removed"]),
    "a method is removed": (lambda d: d["paths"]["/v1/items"].pop("get"), ["GET /v1/items: removed"]),
    "an operation gets another id": (
        lambda d: _operation(d, "get").update(operationId="items"),
        ["GET /v1/items: another operation id"],
    ),
    "a parameter is removed": (
        lambda d: _operation(d, "get").pop("parameters"),
        ["GET /v1/items ?size: removed"],
    ),
    "a parameter becomes required": (
        lambda d: _operation(d, "get")["parameters"][0].update(required=True),
        ["GET /v1/items ?size: required now"],
    ),
    "a parameter is narrowed": (
        lambda d: _operation(d, "get")["parameters"][0]["schema"].update(maximum=100),
        ["GET /v1/items ?size: maximum fell"],
    ),
    "a new parameter is required": (
        lambda d: _operation(d, "get")["parameters"].append({**_SIZE, "name": "of", "required": True}),
        ["GET /v1/items ?of: required now"],
    ),
    "a success is answered otherwise": (
        lambda d: _operation(d, "get").update(responses={"201": {}}),
        ["GET /v1/items 200: not answered any more"],
    ),
    "a field is no longer accepted": (
        lambda d: _item(d)["properties"].pop("count"),
        ["POST /v1/items.count: no longer accepted"],
    ),
    "a field becomes required": (
        lambda d: _item(d)["required"].append("count"),
        ["POST /v1/items.count: required now"],
    ),
    "a new field is required": (
        lambda d: (_item(d)["properties"].update(by={"type": "string"}), _item(d)["required"].append("by")),
        ["POST /v1/items.by: required now"],
    ),
    "a bound is tightened": (
        lambda d: _item(d)["properties"]["count"].update(minimum=1, maximum=20),
        ["POST /v1/items.count: maximum fell", "POST /v1/items.count: minimum rose"],
    ),
    "a list gets shorter": (
        lambda d: _item(d)["properties"]["parts"].update(maxItems=4),
        ["POST /v1/items.parts: maxItems fell"],
    ),
    "a pattern is asked for": (
        lambda d: _item(d)["properties"]["note"]["anyOf"][0].update(pattern="^[a-z]+$"),
        ["POST /v1/items.note: another pattern"],
    ),
    "null is no longer accepted": (
        lambda d: _item(d)["properties"].update(note={"type": "string", "maxLength": 8}),
        ["POST /v1/items.note: another type"],
    ),
    "a type is narrowed": (
        lambda d: _item(d)["properties"].update(count={"type": "string"}),
        ["POST /v1/items.count: another type"],
    ),
    "a value is no longer accepted": (
        lambda d: d["components"]["schemas"]["Kind"]["enum"].remove("rest_room"),
        ["POST /v1/items.kind: values no longer accepted: rest_room"],
    ),
    "a field is no longer answered": (
        lambda d: (_sent(d)["properties"].pop("at"), _sent(d)["required"].remove("at")),
        ["GET /v1/items 200.at: no longer answered"],
    ),
    "a field is not always answered": (
        lambda d: _sent(d)["required"].remove("at"),
        ["GET /v1/items 200.at: no longer always there"],
    ),
    "an answer may be null now": (
        lambda d: _sent(d)["properties"].update(at={"anyOf": [_SENT["properties"]["at"], {"type": "null"}]}),
        ["GET /v1/items 200.at: another format", "GET /v1/items 200.at: another type"],
    ),
    "an answer has another type": (
        lambda d: _sent(d)["properties"]["id"].update(type="integer"),
        ["GET /v1/items 200.id: another type"],
    ),
}


@pytest.mark.parametrize("name", _BREAKING)
def test_a_breaking_change_is_named(name: str) -> None:
    change, named = _BREAKING[name]
    found = _changed(change)
    assert set(named) <= set(found)
    assert {breach.split(" ")[0] for breach in found} <= {"GET", "POST"}


_HARMLESS: dict[str, Change] = {
    "nothing changes": lambda d: d,
    "a path is added": lambda d: d["paths"].update({"/v1/more": {"get": {"operationId": "more", "responses": {}}}}),
    "a parameter is added": lambda d: _operation(d, "get")["parameters"].append({**_SIZE, "name": "after"}),
    "a parameter is widened": lambda d: _operation(d, "get")["parameters"][0]["schema"].update(maximum=500),
    "an optional field is accepted": lambda d: _item(d)["properties"].update(by={"type": "string"}),
    "a bound is loosened": lambda d: _item(d)["properties"]["count"].update(maximum=500),
    "a bound is dropped": lambda d: _item(d)["properties"]["count"].pop("maximum"),
    "null is accepted": lambda d: _item(d)["properties"].update(
        count={"anyOf": [_ITEM["properties"]["count"], {"type": "null"}]}
    ),
    "a value is accepted and answered": lambda d: d["components"]["schemas"]["Kind"]["enum"].append("social_rights"),
    "a field is answered": lambda d: (
        _sent(d)["properties"].update(by={"type": "string"}),
        _sent(d)["required"].append("by"),
    ),
    "an answer is never null any more": lambda d: _sent(d)["properties"].update(
        end={"type": "string", "format": "date-time"}
    ),
    "a description changes": lambda d: _item(d).update(description="Something."),
    "a failure is documented": lambda d: _operation(d, "get")["responses"].update({"410": {}}),
}


@pytest.mark.parametrize("name", _HARMLESS)
def test_a_harmless_change_passes(name: str) -> None:
    assert _changed(_HARMLESS[name]) == []


def _committed() -> dict[str, Any] | None:
    """Return the document as last committed; None in a tree without history or before its first commit."""
    git = shutil.which("git")
    if git is None:
        return None
    show = [git, "show", f"HEAD:{FROZEN.relative_to(ROOT)}"]
    done = subprocess.run(show, cwd=ROOT, capture_output=True, check=False)
    held: dict[str, Any] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return held


def test_this_version_breaks_nothing_that_was_committed(document: dict[str, Any]) -> None:
    assert breaches(_committed() or document, document) == []
