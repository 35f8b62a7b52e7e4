"""Whatever the document allows, and much that it does not, is answered as the document says: no crash, no surprise.

Schemathesis makes the requests and judges the answers; they travel as those of every other test, in-process, so that
each exchange is also held against the document by `tests/openapi_checks.py`.
"""

from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.http.context import Context
from app.identity.vocabulary import GRANTS, Permission, Role
from tests import places
from tests.contract import document as walk
from tests.contract.callers import Organisation, headers, organisation
from tests.effort import examples

load_all_checks()
_DOCUMENT = walk.frozen()
for _, _, _operation in walk.operations(_DOCUMENT):
    _operation.pop("security", None)  # tokens are given, never guessed at: tests/contract/test_roles.py varies them
_SCHEMA = schemathesis.openapi.from_dict(_DOCUMENT)
_FOUND = [cast("Any", found).ok() for found in _SCHEMA.get_all_operations()]  # an Err would raise here
_OPERATIONS = {operation.definition.raw["operationId"]: operation for operation in _FOUND}
_CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Left out, of the checks that Schemathesis has:
# - positive_data_acceptance: a well-formed body may name a territory nobody knows, or a code that was never issued;
# - missing_required_header: no operation has one; ignored_auth: tests/contract/test_roles.py asks it of every role;
# - unsupported_method: tests/openapi_checks.py wants 405 for each method the document does not know;
# - use_after_free, ensure_resource_availability, object_level_authorization: nothing here is deleted or made by URL;
# - max_response_time: a shared machine is no stopwatch; bench/ measures.
_BATCHES = {name for name in _OPERATIONS if name.startswith("post_")}
"""A bad item of a batch is answered 200 with the verdict `rejected`, which negative_data_rejection cannot read: for
these `CheckedTransport` sees to it that whatever was accepted is valid."""


@pytest.fixture(scope="module")
async def callers(client: httpx.AsyncClient, context: Context) -> Organisation:
    await places.seeded(context)
    return await organisation(client, context)


def _cases(name: str) -> st.SearchStrategy[Any]:
    operation = _OPERATIONS[name]
    good: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not operation.definition.raw.get("parameters") and "requestBody" not in operation.definition.raw:
        return good  # there is nothing that could be wrong
    return st.one_of(good, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def _token(callers: Organisation, permission: Permission | None, data: st.DataObject) -> str | None:
    """Return the token of somebody who may call."""
    roles = [role.value for role in Role if permission in GRANTS[role]]
    return callers.tokens[data.draw(st.sampled_from(roles))] if roles else None


async def _send(client: httpx.AsyncClient, case: Any, token: str | None) -> httpx.Response:
    """Send the case as Schemathesis would, over our transport."""
    arguments: dict[str, Any] = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
    known = ("method", "url", "headers", "params", "data", "json", "cookies")
    prepared = requests.Request(**{name: arguments[name] for name in known if name in arguments}).prepare()
    sent = {name: str(value) for name, value in prepared.headers.items() if name.lower() != "authorization"}
    body = cast("bytes", prepared.body if prepared.body is not None else b"")
    answer = await client.request(
        str(prepared.method), str(prepared.url), headers={**sent, **headers(token)}, content=body
    )
    answer.elapsed = timedelta()  # it was read before httpx could take the time; Schemathesis wants one
    return answer


@pytest.mark.parametrize("name", _OPERATIONS)
@examples(20)
@given(data=st.data())
async def test_every_request_is_answered_as_documented(
    client: httpx.AsyncClient,
    callers: Organisation,
    permissions: dict[str, Permission | None],
    name: str,
    data: st.DataObject,
) -> None:
    case = data.draw(_cases(name), "case")
    answer = await _send(client, case, _token(callers, permissions[name], data))
    checks = _CHECKS if name in _BATCHES else [*_CHECKS, negative_data_rejection]
    case.validate_response(answer, checks=checks)
