"""What a route takes and gives is written for the wire: never a table."""

import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlmodel import SQLModel

from app.api import ROUTERS
from app.db.table import Base
from app.main import API_VERSION, create_app
from app.settings import Settings

_ROUTES = [
    context.original_route
    for router in ROUTERS
    for context in iter_route_contexts(router.routes)
    if isinstance(context.original_route, APIRoute)
]


def _named(route: APIRoute) -> str:
    return route.name


def _types(annotation: Any) -> Iterator[type]:
    """Yield every class an annotation is made of, `Annotated` and containers opened."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _types(part)


@pytest.mark.parametrize("route", _ROUTES, ids=_named)
def test_no_table_is_in_a_signature(route: APIRoute) -> None:
    hints = typing.get_type_hints(route.endpoint, include_extras=True)
    parameters = inspect.signature(route.endpoint).parameters
    assert hints.keys() >= parameters.keys()
    assert [name for name, hint in hints.items() for kind in _types(hint) if issubclass(kind, SQLModel)] == []
    assert [kind for kind in _types(route.response_model) if issubclass(kind, SQLModel)] == []


@pytest.mark.parametrize("route", _ROUTES, ids=_named)
def test_a_route_is_asynchronous(route: APIRoute) -> None:
    assert inspect.iscoroutinefunction(route.endpoint)


def test_the_routes_are_all_of_those_documented(tmp_path: Path) -> None:
    paths = create_app(Settings(database_url=f"sqlite:///{tmp_path}/a.db")).openapi()["paths"]
    assert {route.name for route in _ROUTES} == {
        method["operationId"] for path in paths.values() for method in path.values()
    }


def test_the_check_would_see_a_table() -> None:
    assert [kind for kind in _types(typing.Annotated[list[Base] | None, "x"]) if issubclass(kind, SQLModel)] == [Base]


def test_building_the_application_touches_nothing(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/a.db", keys_dir=tmp_path / "keys"))
    assert app.version == API_VERSION
    assert list(tmp_path.iterdir()) == []
