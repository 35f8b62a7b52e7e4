"""`openapi/v1.json` is the document of this code, in one canonical form that shows every difference and no other."""

import json
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from app.cli import build
from tests.contract.document import FROZEN

_REBUILD = "openapi/v1.json is not the document of this code: `make openapi` rebuilds it"


def test_the_frozen_document_is_the_document_of_this_code(document: dict[str, Any]) -> None:
    assert json.loads(FROZEN.read_text()) == document, _REBUILD


def test_the_command_prints_the_frozen_document_to_the_last_byte(tmp_path: Path) -> None:
    elsewhere = {"MARAUDE_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}
    printed = CliRunner(env=elsewhere).invoke(build(), ["openapi"])
    assert printed.exit_code == 0, printed.output
    assert printed.stdout == FROZEN.read_text(), _REBUILD


def test_the_document_is_sorted(document: dict[str, Any]) -> None:
    assert json.dumps(document) == json.dumps(document, sort_keys=True)


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
