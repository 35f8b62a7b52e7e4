"""What a coordinator may be answered, read off the document: every count has its flag, nothing is crossed too far."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.contract import document as walk
from tests.contract.document import Json

_FIGURES = ("/v1/metrics/", "/v1/indicators/")
_NO_COUNTS = {
    "definition_version", "horizon_days", "silent_after_days", "weeks", "key_period", "known_until",  # of the question
    "day", "days", "median_days", "more_than_days", "low", "high", "hour",  # days and hours
    "groups", "degrees_of_freedom",  # of a test
    "facilities", "facility_nights", "nights_over_capacity", "nights_without_report",  # about no person
    "days_expected", "days_reported", "days_silent", "nights", "calendar_years",
}  # fmt: skip
"""Whole numbers in answers that count no people."""
_NOT_COUNTS_HERE = {"QuantileSent.value"}
_PEOPLE = ("gender", "age", "sleeping", "birth", "sex", "needs")
_DIMENSIONS = {"group_by", "split", "kind", "granularity"}
_OTHERWISE = {
    "from", "to", "territory",  # where one looks
    "horizon_days", "blocked_after_days", "silent_after_days", "weeks", "persons", "compare", "target",  # what
    "code", "bom", "decimal", "reason", "ticket",  # how it is written
}  # fmt: skip


def figures(document: Json) -> Iterator[tuple[str, Json]]:
    for path, _, operation in walk.operations(document):
        if path.startswith(_FIGURES):
            yield path, operation


def is_whole(schema: Json) -> bool:
    nested = [*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]
    return schema.get("type") == "integer" or any(map(is_whole, nested))


def test_every_object_that_holds_a_count_says_whether_one_is_small(document: Json) -> None:
    bare = set()
    for _, operation in figures(document):
        answered = walk.response_schema(operation)
        assert answered is not None
        for where, schema in walk.schemas(document, answered):
            counts = {
                name
                for name, below in schema.get("properties", {}).items()
                if is_whole(below) and name not in _NO_COUNTS and f"{where}.{name}" not in _NOT_COUNTS_HERE
            }
            if counts and "small" not in schema["properties"]:
                bare |= {f"{where}.{name}" for name in counts}
    assert bare == set()


def test_no_answer_crosses_what_people_are(document: Json) -> None:
    """No question about gender or age is offered, so nothing has to be masked; who adds one adds the masking."""
    for path, operation in figures(document):
        for parameter in operation["parameters"]:
            offered = [
                str(one) for _, schema in walk.schemas(document, parameter["schema"]) for one in schema.get("enum", ())
            ]
            assert not [one for one in (parameter["name"], *offered) if one.startswith(_PEOPLE)], path


def test_every_parameter_is_a_known_dimension_or_none(document: Json) -> None:
    """A new parameter is one more way to cut figures up: it is counted among the two dimensions here, or explained."""
    named = {parameter["name"] for _, operation in figures(document) for parameter in operation["parameters"]}
    assert named <= _DIMENSIONS | _OTHERWISE


def test_no_answer_is_split_by_more_than_two(document: Json) -> None:
    for path, operation in figures(document):
        splits = 0
        for parameter in operation["parameters"]:
            if parameter["name"] in {"group_by", "split"}:
                schema = parameter["schema"]
                splits += schema["maxItems"] if schema.get("type") == "array" else 1
        assert splits <= 2, path


def test_no_period_is_shorter_than_a_day(document: Json) -> None:
    for path, operation in figures(document):
        for parameter in operation["parameters"]:
            if parameter["name"] in {"from", "to"}:
                assert parameter["schema"]["format"] == "date", path
            for _, schema in walk.schemas(document, parameter["schema"]):
                if parameter["name"] == "granularity" and "enum" in schema:
                    assert set(schema["enum"]) == {"day", "week", "month", "quarter", "year"}


@pytest.mark.parametrize("status", ["429"])
def test_every_operation_says_that_it_may_be_asked_too_often(document: Json, status: str) -> None:
    for path, method, operation in walk.operations(document):
        assert "too-many-requests" in operation["responses"][status]["description"], (path, method)
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= operation["responses"][status]["headers"].keys()


_MONITORED: Final = {
    "plan", "bom", "decimal",  # which plan, and how a file is written
    "suffix", "snapshot_id", "since", "alert",  # the path: a form, a month that was frozen, an alert one was shown
    "if-none-match",
}  # fmt: skip


def test_what_monitors_pull_takes_no_date_no_place_and_no_filter(document: Json) -> None:
    """Wherever figures about people may stand beside live ones, nobody chooses what they are of (decision 0035)."""
    pulled = {
        operation["operationId"]: {parameter["name"] for parameter in operation.get("parameters", ())}
        for _, _, operation in walk.operations(document)
        if "monitoring" in operation["tags"]
    }
    assert len(pulled) == 11
    assert set().union(*pulled.values()) == _MONITORED
    tables = ("get_kpis", "get_kpis_file", "get_costs", "get_costs_file", "list_alerts", "list_alerts_file")
    for name in (*tables, "get_kpi_metrics"):
        assert pulled[name] <= {"plan", "bom", "decimal", "suffix", "if-none-match"}
