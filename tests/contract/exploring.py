"""All phases of Schemathesis over a running service: examples, coverage of each schema, fuzzing, sequences.

Its cases go over the wire to a process of its own, each as the next role in turn: those that may call an operation more
often than those that may not, and nobody now and then.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.auths import AuthContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from app.identity.vocabulary import GRANTS, Permission, Role
from tests.contract import document as walk
from tests.contract.document import Json

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Left out, of the checks that Schemathesis has:
# - positive_data_acceptance: a well-formed body may name a territory nobody knows, or a code that was never issued;
# - negative_data_rejection: a bad item of a batch is answered 200 with a verdict; tests/hostile holds what was taken
#   against the document, and so does tests/openapi_checks.py in every other test;
# - missing_required_header: no operation has one; ignored_auth: tests/contract/test_roles.py asks it of every role;
# - unsupported_method: tests/openapi_checks.py wants 405 for each method the document does not know;
# - use_after_free, ensure_resource_availability, object_level_authorization: nothing here is made by URL;
# - max_response_time: a shared machine is no stopwatch; bench/ measures.


@dataclass
class Explored:
    """What came of it: cases by phase and by answer, and a sentence for each failure."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    callers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def turns(permission: Permission | None, tokens: Mapping[str, str]) -> Iterator[str | None]:
    """Yield roles for ever: each that may call, then one that may not or nobody, and again."""
    may = [role.value for role in Role if permission in GRANTS[role]]
    others: Iterator[str | None] = itertools.cycle([None, *(role.value for role in Role if role.value not in may)])
    assert set(tokens) >= {role.value for role in Role}
    while True:
        yield from may
        yield next(others)


def explore(
    url: str,
    document: Json,
    tokens: Mapping[str, str],
    permissions: Mapping[str, Permission | None],
    *,
    examples: int,
    seed: int,
    uncovered: Sequence[str] = (),
) -> Explored:
    """Run every phase with so many fuzzed examples an operation; `uncovered` operations go without the coverage phase.

    That phase has thousands of cases, which hold more against the document than against the database.
    """
    found = Explored()
    schema = schemathesis.openapi.from_dict(_open(document), config=_config(url, examples, seed, uncovered))
    schema.auth(refresh_interval=None)(_in_turn(tokens, permissions, found.callers))
    for event in from_schema(schema).execute():
        _note(event, found)
    return found


def _open(document: Json) -> Json:
    """Return the document without its security: tokens are given, never guessed at."""
    for _, _, operation in walk.operations(document):
        operation.pop("security", None)
    return document


def _config(url: str, examples: int, seed: int, uncovered: Sequence[str]) -> SchemathesisConfig:
    without = {"include-operation-id": list(uncovered), "phases": {"coverage": {"enabled": False}}}
    return SchemathesisConfig.from_dict(
        {
            "base-url": url,
            "seed": seed,
            "continue-on-failure": True,
            "request-timeout": 20,
            "checks": {"enabled": False} | {name: {"enabled": True} for name in _CHECKS},
            "generation": {"max-examples": examples, "no-shrink": True, "deterministic": True, "database": "none"},
            "phases": {
                "examples": {"enabled": True},
                "coverage": {"enabled": True},
                "fuzzing": {"enabled": True},
                "stateful": {"enabled": True, "max-steps": 6},
            },
            "operations": [without] if uncovered else [],
        }
    )


def _in_turn(
    tokens: Mapping[str, str], permissions: Mapping[str, Permission | None], called: Counter[str]
) -> type[Any]:
    """Return what gives each case the token of whose turn it is."""
    waiting = {name: turns(permission, tokens) for name, permission in permissions.items()}

    class InTurn:
        def get(self, case: schemathesis.Case[Any], _context: AuthContext) -> str | None:
            role = next(waiting[case.operation.definition.raw["operationId"]])
            called[role or "nobody"] += 1
            return role or ""

        def set(self, case: schemathesis.Case[Any], data: str, _context: AuthContext) -> None:
            case.headers.pop("Authorization", None)
            if data:
                case.headers["Authorization"] = f"Bearer {tokens[data]}"

    return InTurn


def _note(event: events.EngineEvent, found: Explored) -> None:
    if isinstance(event, events.NonFatalError):
        found.failures.append(f"{event.label}: {type(event.value).__name__}: {event.value}")
    if isinstance(event, events.FatalError):
        raise event.exception
    if not isinstance(event, events.ScenarioFinished):
        return
    recorder = event.recorder
    found.cases[event.phase.value] += len(recorder.interactions)
    for case in recorder.cases.values():
        found.operations.add(case.value.operation.definition.raw["operationId"])
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.status is not Status.SUCCESS and check.failure_info is not None:
                found.failures.append(
                    f"{recorder.label}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
                )
