"""The document says all there is to say, and its examples are true."""

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from jsonschema_rs import Draft202012Validator, Registry

from app.identity.vocabulary import GRANTS, Permission
from tests.contract import document as walk
from tests.contract.document import Json
from tests.contract.guards import BY_COOKIE, PUBLIC

_URN = "urn:maraude:openapi"
_OBVIOUS = {"id", "fr", "en", "code", "kind", "name", "label", "title", "detail", "items", "results", "status"}
"""Names that say what they hold, wherever they stand; every other field says it in a sentence."""
_BOUNDS = {"pattern", "enum", "const", "format", "maxLength"}


def test_operation_ids_are_the_names_of_functions(document: Json, unstarted: FastAPI) -> None:
    functions = [
        str(context.name) for context in iter_route_contexts(unstarted.routes) if hasattr(context, "dependant")
    ]
    ids = [operation["operationId"] for _, _, operation in walk.operations(document)]
    assert sorted(ids) == sorted(functions)
    assert len(set(ids)) == len(ids)


def test_every_operation_has_one_known_tag_a_summary_and_a_description(document: Json) -> None:
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    lacking = [
        operation["operationId"]
        for _, _, operation in walk.operations(document)
        if len(operation["tags"]) != 1
        or operation["tags"][0] not in tags
        or not operation.get("summary")
        or not operation.get("description", "").endswith(".")
    ]
    assert lacking == []


def test_every_tag_has_operations(document: Json) -> None:
    used = {tag for _, _, operation in walk.operations(document) for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document["tags"]}


def _examples_are_true(document: Json, where: str, schema: Json) -> list[str]:
    """Return what is wrong with the examples of a schema: none, or one that the schema itself refuses."""
    examples = walk.resolved(document, schema).get("examples", [])
    registry = Registry([(_URN, dict(document))])
    rooted = {"$ref": _URN + schema["$ref"]} if "$ref" in schema else dict(schema)
    validator = Draft202012Validator(rooted, registry=registry, validate_formats=True)
    refused = [f"{where}: {error.message}" for one in examples for error in validator.iter_errors(one)]
    return refused if examples else [f"{where}: no example"]


def test_every_request_has_an_example_that_its_schema_accepts(document: Json) -> None:
    wrong: list[str] = []
    for _, _, operation in walk.operations(document):
        schema = walk.request_schema(operation)
        if schema is not None:
            wrong += _examples_are_true(document, operation["operationId"], schema)
    assert wrong == []


def test_every_answer_has_an_example_that_its_schema_accepts(document: Json) -> None:
    wrong: list[str] = []
    for _, method, operation in walk.operations(document):
        schema = walk.response_schema(operation)
        if schema is None and (method == "head" or walk.success(operation)[0] == "204"):
            continue
        assert schema is not None, operation["operationId"]
        wrong += _examples_are_true(document, operation["operationId"], schema)
    assert wrong == []


def test_no_example_of_a_list_is_empty(document: Json) -> None:
    empty = [
        where
        for where, schema in (*walk.requests(document), *walk.responses(document))
        for one in schema.get("examples", [])
        if isinstance(one, Mapping) and [] in (one.get("items"), one.get("results"))
    ]
    assert empty == []


def test_every_guarded_operation_says_so_and_documents_its_refusals(
    document: Json, permissions: dict[str, Permission | None]
) -> None:
    wrong = []
    for _, _, operation in walk.operations(document):
        name, permission = operation["operationId"], permissions[operation["operationId"]]
        if permission is None:
            wanted: Any = [{"session": []}] if name in BY_COOKIE else None
            wrong += [name] if operation.get("security") != wanted else []
            continue
        everyone = all(permission in granted for granted in GRANTS.values())
        needed = {"401"} if everyone else {"401", "403"}
        if operation.get("security") != [{"token": []}] or not needed <= operation["responses"].keys():
            wrong.append(name)
    assert wrong == []


def test_only_the_operations_on_the_public_list_need_no_token(permissions: dict[str, Permission | None]) -> None:
    assert {name for name, permission in permissions.items() if permission is None} == set(PUBLIC) | BY_COOKIE


def test_every_failure_is_a_problem_with_a_description(document: Json) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemSent"}}}
    wrong = [
        f"{operation['operationId']} {status}"
        for _, method, operation in walk.operations(document)
        for status, response in operation["responses"].items()
        if status[0] in "45"
        and (
            not response["description"].startswith("`")
            or response.get("content") != (None if method == "head" else problem)
        )
    ]
    assert wrong == []


def test_every_operation_that_reads_the_database_may_say_that_it_cannot(document: Json) -> None:
    without = {"list_problem_kinds", "get_problem_kind"}
    lacking = [
        operation["operationId"] for _, _, operation in walk.operations(document) if "503" not in operation["responses"]
    ]
    assert set(lacking) == without


def test_every_operation_with_parameters_or_a_body_may_refuse_them(document: Json) -> None:
    lacking = [
        operation["operationId"]
        for _, _, operation in walk.operations(document)
        if (operation.get("parameters") or "requestBody" in operation) and "422" not in operation["responses"]
    ]
    assert lacking == []


def _objects(found: Any) -> list[tuple[str, Json]]:
    return [(where, schema) for where, schema in found if schema.get("type") == "object"]


def test_every_object_that_is_received_is_closed(document: Json) -> None:
    open_objects = [
        where for where, schema in _objects(walk.requests(document)) if schema.get("additionalProperties") is not False
    ]
    assert open_objects == []


def test_every_text_that_is_received_is_bounded(document: Json) -> None:
    free = [
        where
        for where, schema in walk.requests(document)
        if schema.get("type") == "string" and not _BOUNDS & schema.keys()
    ]
    assert free == []


def test_every_number_and_list_that_is_received_is_bounded(document: Json) -> None:
    free = [
        where
        for where, schema in walk.requests(document)
        if (schema.get("type") in {"integer", "number"} and not {"minimum", "maximum"} <= schema.keys())
        or (schema.get("type") == "array" and "maxItems" not in schema)
    ]
    assert free == []


def test_every_object_that_is_sent_is_whole_and_has_no_defaults(document: Json) -> None:
    wrong = [
        where
        for where, schema in _objects(walk.responses(document))
        if any("default" in below for below in schema.get("properties", {}).values())
        or (where != "ProblemSent" and set(schema.get("required", ())) != set(schema.get("properties", ())))
    ]
    assert wrong == []


@pytest.mark.parametrize("side", [walk.requests, walk.responses])
def test_every_field_is_described_or_obvious(document: Json, side: Any) -> None:
    bare = {
        f"{where}.{name}"
        for where, schema in _objects(side(document))
        for name, below in schema.get("properties", {}).items()
        if name not in _OBVIOUS and not _described(document, below)
    }
    assert sorted(bare) == []


def _described(document: Json, schema: Json) -> bool:
    parts = [schema, *schema.get("anyOf", ())]
    return any("description" in walk.resolved(document, part) or "description" in part for part in parts)


def test_every_component_is_described_and_used(document: Json) -> None:
    everything = (*walk.requests(document), *walk.responses(document))
    used = {where for where, _ in everything} | {"ProblemSent", "FaultSent"}
    components: dict[str, Json] = document["components"]["schemas"]
    assert {name for name in components if name not in used} == set()
    assert {name for name, schema in components.items() if not schema.get("description")} == set()


def test_names_of_components_are_plain_words(document: Json) -> None:
    assert [name for name in document["components"]["schemas"] if "__" in name or "-" in name] == []


def test_every_parameter_is_described(document: Json) -> None:
    bare = [
        f"{operation['operationId']}?{parameter['name']}"
        for _, _, operation in walk.operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert bare == []
