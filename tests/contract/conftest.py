"""The document of this code, which needs no database."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.contract.guards import guards


@pytest.fixture(scope="session")
def unstarted(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application as it is built; it never starts."""
    folder: Path = tmp_path_factory.mktemp("unstarted")
    return create_app(Settings(database_url=f"sqlite:///{folder}/none.db", keys_dir=folder / "keys"))


@pytest.fixture(scope="session")
def document(unstarted: FastAPI) -> dict[str, Any]:
    """The document of this code, which is the frozen one when it was rebuilt."""
    made: dict[str, Any] = unstarted.openapi()
    return made


@pytest.fixture(scope="session")
def permissions(unstarted: FastAPI) -> dict[str, Any]:
    """{operation: the permission its guard asks for, or None}."""
    return guards(unstarted)
