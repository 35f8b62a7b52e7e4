import gzip
import json
from typing import Any

import httpx
import pytest

from tests.openapi_checks import CheckedTransport, Contract, UndocumentedError

_CLOSED = {"type": "object", "additionalProperties": False}
_ITEM = {**_CLOSED, "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}}
_BATCH = {**_CLOSED, "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}}
_PROBLEM = {**_CLOSED, "required": ["status"], "properties": {"status": {"type": "integer"}}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/v1/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": _ITEM}}}}}},
        "/v1/things/mine": {"get": {"responses": {"204": {"description": "Nothing."}}}},
        "/v1/things": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": _BATCH}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            }
        },
    },
    "components": {"schemas": {"Item": _ITEM, "ProblemSent": _PROBLEM}},
}
_ID = "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8"


def _problem(answered: int, **changes: Any) -> httpx.Response:
    content = json.dumps({"status": answered} | changes)
    return httpx.Response(answered, content=content, headers={"content-type": "application/problem+json"})


async def _exchange(method: str, path: str, answer: httpx.Response, **sent: Any) -> httpx.Response:
    transport = CheckedTransport(httpx.MockTransport(lambda _: answer), Contract(_DOCUMENT))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.request(method, path, **sent)


async def test_what_is_documented_passes() -> None:
    assert (await _exchange("GET", "/v1/things/7", httpx.Response(200, json={"id": _ID}))).json() == {"id": _ID}
    await _exchange("GET", "/v1/things/mine", httpx.Response(204))
    await _exchange("POST", "/v1/things", httpx.Response(200, json={}), json={"items": [{"id": _ID}]})


async def test_an_unknown_path_or_method_may_only_be_refused() -> None:
    await _exchange("GET", "/v1/nothing", _problem(404))
    await _exchange("DELETE", "/v1/things/7", _problem(405))


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/v1/nothing", httpx.Response(200, json={})),
        ("DELETE", "/v1/things/7", httpx.Response(204)),
        ("GET", "/v1/things/7", _problem(404)),
        ("GET", "/v1/things/7", httpx.Response(500, text="sorry")),
        ("GET", "/v1/things/7", httpx.Response(200, text=json.dumps({"id": _ID}))),
        ("GET", "/v1/things/7", httpx.Response(200, json={"id": "7"})),
        ("GET", "/v1/things/7", httpx.Response(200, json={"id": _ID, "more": 1})),
        ("GET", "/v1/things/7", httpx.Response(200, json={})),
        ("GET", "/v1/things/mine", httpx.Response(204, content=b"something")),
        ("GET", "/v1/nothing", httpx.Response(404, json={"detail": "Not Found"})),
        ("GET", "/v1/nothing", _problem(404, status=400)),
        ("GET", "/v1/nothing", _problem(404, received="a name")),
    ],
    ids=[
        "an unknown path that answers",
        "an unknown method that answers",
        "an undocumented problem",
        "an undocumented failure",
        "another media type",
        "a value out of its format",
        "a field too many",
        "a field too few",
        "a body where there is none",
        "a refusal that is no problem document",
        "a problem of another status",
        "a problem that says more than a problem",
    ],
)
async def test_what_is_not_documented_fails(method: str, path: str, answer: httpx.Response) -> None:
    with pytest.raises(UndocumentedError):
        await _exchange(method, path, answer)


async def test_an_accepted_body_must_be_valid_also_under_gzip() -> None:
    bad = json.dumps({"items": [{"id": "7"}]}).encode()
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with pytest.raises(UndocumentedError):
        await _exchange("POST", "/v1/things", httpx.Response(200, json={}), content=gzip.compress(bad), headers=headers)


async def test_an_invalid_item_may_only_be_rejected() -> None:
    sent = {"items": [{"id": _ID}, {"id": "7"}]}
    rejected = {"results": [{"outcome": "created"}, {"outcome": "rejected"}]}
    await _exchange("POST", "/v1/things", httpx.Response(200, json=rejected), json=sent)
    accepted = {"results": [{"outcome": "rejected"}, {"outcome": "created"}]}
    with pytest.raises(UndocumentedError):
        await _exchange("POST", "/v1/things", httpx.Response(200, json=accepted), json=sent)
