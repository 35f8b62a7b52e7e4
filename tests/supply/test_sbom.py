"""The bill of materials is what the image installs, and the same each time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from supply import locks, sbom


@pytest.fixture(scope="module")
def text() -> str:
    return sbom.build()


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def test_it_is_valid_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_another_run_writes_the_same_bytes(text: str) -> None:
    command = [sys.executable, "-m", "supply.sbom"]
    again = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert again.stdout == text


def test_it_holds_no_time_and_no_number_of_its_own(bill: dict[str, Any]) -> None:
    assert "serialNumber" not in bill
    assert "timestamp" not in bill["metadata"]


def test_it_holds_every_package_that_the_image_installs_with_its_digests(bill: dict[str, Any]) -> None:
    installed = {each.name: each for each in locks.read(locks.FOLDER / "run.txt") if each.applies(sbom.IMAGE)}
    listed = {each["name"]: each for each in bill["components"]}
    assert listed.keys() == installed.keys()
    for name, component in listed.items():
        (files,) = component["externalReferences"]
        assert component["version"] == installed[name].version
        assert sorted(digest["content"] for digest in files["hashes"]) == list(installed[name].sha256)


def test_what_only_other_systems_install_is_left_out(bill: dict[str, Any]) -> None:
    assert "colorama" in {each.name for each in locks.read(locks.FOLDER / "run.txt")}
    assert "colorama" not in {each["name"] for each in bill["components"]}


def test_it_says_what_the_service_itself_asks_for(bill: dict[str, Any]) -> None:
    (own,) = [each for each in bill["dependencies"] if each["ref"].startswith("maraude@")]
    assert {"fastapi", "sqlalchemy", "cryptography"} <= {ref.split("/")[1].split("@")[0] for ref in own["dependsOn"]}


def test_it_names_no_address_of_an_index(text: str) -> None:
    assert "https://" not in text.replace("http://cyclonedx.org", "")


def test_the_image_is_built_from_the_debian_whose_python_it_is_made_for() -> None:
    dockerfile = (Path(__file__).parents[2] / "Dockerfile").read_text()
    assert "debian:bookworm-slim" in dockerfile  # Debian 12 has Python 3.11
    assert sbom.IMAGE["python_version"] == "3.11"
