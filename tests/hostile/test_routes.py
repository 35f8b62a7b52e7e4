"""Every place of every route where a caller may put something, filled with what nobody sends in good faith.

All of it is made from the API document: a new route, parameter or field is tried without anybody's help, and one that
cannot be tried fails.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from jsonschema_rs import Draft202012Validator, Registry

from app.http.context import Context
from app.identity.vocabulary import GRANTS, Permission, Role
from app.signin.pages import PAGES
from tests import places, plans
from tests.contract import document as walk
from tests.contract.callers import Organisation, headers, organisation
from tests.contract.guards import BY_COOKIE, PUBLIC
from tests.hostile.corpus import BODIES, CANARY, RAW_NUMBERS, VALUES, WORDS, sent
from tests.hostile.positions import PASSIVE_HEADERS, UNKNOWN, Operation, Position, Request, operations, put

OPERATIONS = {one.name: one for one in operations(walk.frozen())}
_SESSION_FIRST = {"change_password"}
"""Says who is missing before it reads a body: tests/api/test_sessions.py sends it bodies with a session."""
_FEW_BYTES = {"sign_in", "redeem_invitation"}
"""Take a few kilobytes only, so that what is large is refused for that."""
_A_FEW_BYTES = 16_384
WITH_BODY = [name for name, one in OPERATIONS.items() if one.good.body is not None and name not in _SESSION_FIRST]
ONE_OBJECT = [name for name in WITH_BODY if not OPERATIONS[name].is_batch]
_MANY = 60
"""Places in one body: an entry of a plan may be of many types, each with fields of its own."""
_URN = "urn:maraude:openapi"
_OF_THE_SERVER = {"content-type", "content-length", "allow", "location", "etag"}


@pytest.fixture(scope="module")
async def callers(client: httpx.AsyncClient, context: Context) -> Organisation:
    await places.seeded(context)
    await plans.record(context, *plans.base())
    return await organisation(client, context)


class Caller:
    """Sends as somebody who may, and looks at every answer."""

    def __init__(
        self, client: httpx.AsyncClient, callers: Organisation, permissions: dict[str, Permission | None]
    ) -> None:
        self._client = client
        self._callers = callers
        self._permissions = permissions

    def bearer(self, name: str) -> dict[str, str]:
        if name in {*PUBLIC, *BY_COOKIE}:
            return {}
        role = next(role for role in Role if self._permissions[name] in GRANTS[role])
        return headers(self._callers.tokens[role.value])

    async def send(self, operation: Operation, request: Request) -> httpx.Response:
        """Send a request; whatever is answered is documented, no crash, and no echo."""
        if "Authorization" not in request.headers:
            request.headers |= self.bearer(operation.name)
        return self.looked_at(await self._client.request(**request.sent()))

    async def send_bytes(self, operation: Operation, body: bytes, more: dict[str, str]) -> httpx.Response:
        """Send a body as it is."""
        given = {"Content-Type": "application/json", **self.bearer(operation.name), **more}
        arguments = {**operation.request().sent(), "content": body, "headers": given}
        return self.looked_at(await self._client.request(**arguments))

    @staticmethod
    def looked_at(answer: httpx.Response) -> httpx.Response:
        assert answer.status_code < 500, answer.text
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)
        return answer


@pytest.fixture
def caller(client: httpx.AsyncClient, callers: Organisation, permissions: dict[str, Permission | None]) -> Caller:
    return Caller(client, callers, permissions)


def test_every_route_of_the_application_is_in_the_document(unstarted: FastAPI) -> None:
    routes = {
        (getattr(route, "path", ""), method.lower())
        for route in iter_route_contexts(unstarted.routes)
        for method in getattr(route, "methods", None) or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    documented = {(path, method) for path, method, _ in walk.operations(unstarted.openapi())}
    pages = {(route.path, method.lower()) for route in PAGES for method in route.methods or () if method != "HEAD"}
    assert routes - documented == {("/openapi.json", "get")} | pages


def test_every_parameter_and_every_field_is_tried() -> None:
    """Beside the positions themselves, count what the document names with a walk of its own."""
    document = walk.frozen()
    for _, _, said in walk.operations(document):
        positions = OPERATIONS[said["operationId"]].positions
        for parameter in said.get("parameters", ()):
            assert Position(parameter["in"], (parameter["name"],)) in positions
        schema = walk.request_schema(said)
        named = {str(step) for position in positions if position.where == "body" for step in position.path}
        if schema is not None:
            for where, below in walk.schemas(document, schema):
                assert set(below.get("properties", ())) <= named, where


@pytest.mark.parametrize("name", OPERATIONS)
async def test_parameters_are_refused_without_being_repeated(
    caller: Caller, name: str, ours: Callable[[int], Iterator[bool]]
) -> None:
    operation, turn = OPERATIONS[name], ours(5)  # no divisor of the words: which are left out changes with the place
    for position in operation.positions:
        if position.where == "body":
            continue
        for word in WORDS:
            if not next(turn):
                continue
            request = operation.request()
            request.put(position, word)
            answer = await caller.send(operation, request)
            if position.where == "path":
                assert answer.status_code in {404, 422}, (position, word)
            if position.where == "query":
                many = {**operation.request().sent(), "params": [(position.path[0], word)] * 30}
                many["headers"] = [*many["headers"], *caller.bearer(name).items()] if caller.bearer(name) else None
                caller.looked_at(await caller._client.request(**many))


@pytest.mark.parametrize("name", OPERATIONS)
async def test_headers_of_every_kind_are_not_repeated(caller: Caller, name: str) -> None:
    operation = OPERATIONS[name]
    for word in (CANARY, CANARY * 500, f'{CANARY}="\\é', "\t"):
        request = operation.request()
        for header in PASSIVE_HEADERS:
            request.put(Position("header", (header,)), word)
        answer = await caller.send(operation, request)
        assert name in {*PUBLIC, *BY_COOKIE} or answer.status_code not in {401, 403}


@pytest.mark.parametrize("name", WITH_BODY)
async def test_whole_bodies_meet_their_problem(caller: Caller, name: str) -> None:
    operation = OPERATIONS[name]
    raw = json.dumps(operation.example | {"items": [{"id": "none"}]}).encode()  # as an envelope, which it may not be
    met: dict[str, Any] = {}
    for body in BODIES:
        answer = await caller.send_bytes(operation, body.made(raw), body.headers)
        met[body.name] = answer.status_code, answer.json()["type"].removeprefix("/problems/")
    expected = {body.name: body.expected for body in BODIES}
    if name in _FEW_BYTES:
        expected |= {large: (413, "body-too-large") for large in expected if large.startswith("a hundred thousand ")}
    assert met == expected


@pytest.mark.parametrize("name", ONE_OBJECT)
async def test_what_the_document_forbids_of_an_object_is_refused_with_a_pointer(
    app: FastAPI, caller: Caller, name: str, ours: Callable[[int], Iterator[bool]]
) -> None:
    operation = OPERATIONS[name]
    is_good = _validator(app, name).is_valid
    positions = [one for one in operation.positions if one.where == "body"]
    turn = ours(2 if len(positions) < _MANY else 7)  # with seven, which value is left out changes with the position
    for position in positions:
        for value in VALUES:
            if not next(turn):
                continue
            body = put(operation.example, position.path, value)
            answer = await caller.send_bytes(operation, sent(body), {})
            if name in _FEW_BYTES and len(sent(body)) > _A_FEW_BYTES:
                assert answer.status_code == 413
                continue
            if answer.status_code == 422 and _points_at(answer, position):
                continue
            # Asked only now: a validator of the document takes longer than the service.
            taken = is_good(body) and not any(sign in json.dumps(body) for sign in RAW_NUMBERS)
            assert taken, (position, value, answer.status_code)


def _points_at(answer: httpx.Response, position: Position) -> bool:
    """Say whether a refusal points at a position, at what holds it, or at something in it."""
    steps = [step for step in position.path if step != UNKNOWN]
    holding = {"".join(f"/{step}" for step in steps[:length]) for length in range(len(steps) + 1)}
    within = f"{max(holding, key=len)}/"
    told = {fault["pointer"] for fault in answer.json()["errors"]}
    return any(one in holding or one.startswith(within) for one in told)


def _validator(app: FastAPI, name: str) -> Draft202012Validator:
    document = app.openapi()
    schema = next(walk.request_schema(said) for _, _, said in walk.operations(document) if said["operationId"] == name)
    assert schema is not None
    reference = {"$ref": _URN + schema["$ref"]} if "$ref" in schema else schema
    return Draft202012Validator(reference, registry=Registry([(_URN, document)]), validate_formats=True)


@pytest.mark.parametrize("path", ["/", "/v1/", "/v1", "/healthz/", "/v1/encounters/", "/problems/not-found/"])
async def test_paths_that_are_none_lead_nowhere_without_being_repeated(caller: Caller, path: str) -> None:
    for word in (CANARY, f"{CANARY}%00", f"{CANARY}%F0%9F%98%80", "%FF%FE", "..%2F..%2F" + CANARY, CANARY * 500):
        answer = caller.looked_at(await caller._client.get(f"{path}{word}"))
        assert answer.status_code in {404, 405, 422}
