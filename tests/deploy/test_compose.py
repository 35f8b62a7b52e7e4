"""The deployment keeps the promises of deploy/README.md."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

_ROOT = Path(__file__).parents[2]
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "deploy" / "compose.yaml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_DOCKERFILE = (_ROOT / "Dockerfile").read_text().splitlines()


@pytest.mark.parametrize("name", _SERVICES)
def test_every_process_is_confined(name: str) -> None:
    service = _SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"]


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in _SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in _SERVICES.items() if "outside" in service["networks"]] == ["proxy"]
    assert _COMPOSE["networks"]["inside"]["internal"] is True


def test_no_secret_is_written_down_and_the_keys_are_apart_from_the_database() -> None:
    assert all(list(secret) == ["file"] for secret in _COMPOSE["secrets"].values())
    settings = json.dumps([service.get("environment", {}) for service in _SERVICES.values()])
    assert 'PASSWORD"' not in settings
    assert not any("keys:" in volume for volume in _SERVICES["postgres"]["volumes"])


@pytest.mark.parametrize("name", ["proxy", "postgres"])
def test_every_part_says_whether_it_works(name: str) -> None:
    assert _SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_everything_named_is_declared() -> None:
    for service in _SERVICES.values():
        assert set(service.get("secrets", ())) <= set(_COMPOSE["secrets"])
        assert set(service["networks"]) <= set(_COMPOSE["networks"])
        mounted = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert {source for source in mounted if not source.startswith(".")} <= set(_COMPOSE["volumes"])
        assert all((_ROOT / "deploy" / source).exists() for source in mounted if source.startswith("."))
        assert set(service.get("depends_on", ())) <= set(_SERVICES)


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_works() -> None:
    last_stage = _DOCKERFILE[max(number for number, line in enumerate(_DOCKERFILE) if line.startswith("FROM ")) :]
    (user,) = [line for line in last_stage if line.startswith("USER ")]
    assert user == "USER 10001:10001"
    assert any(line.startswith("HEALTHCHECK ") for line in last_stage)


def test_the_image_installs_only_what_is_locked_with_hashes() -> None:
    installs = [line for line in _DOCKERFILE if "pip install" in line]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps --no-index" not in line] == []
