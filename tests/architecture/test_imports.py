"""The house stands as drawn: the direction of imports, the size of rooms, the names on the doors."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_APP = ROOT / "app"
_MODULES = sorted(_APP.rglob("*.py"))
_LONGEST_MODULE = 400
_LONGEST_FUNCTION = 50
_DRAWERS = {"utils", "util", "common", "helpers", "helper", "core", "crud", "misc", "base", "shared"}
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")


_CONTRACTS: dict[str, dict[str, list[str]]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parts)


def test_imports_go_in_one_direction() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_top_level_room_of_the_house_has_its_floor() -> None:
    floors = {room.strip(" ()") for floor in _CONTRACTS["stack"]["layers"] for room in floor.split("|")}
    rooms = {path.stem for path in _APP.glob("*.py")} | {path.name for path in _APP.iterdir() if path.is_dir()}
    assert rooms - {"__init__", "__pycache__"} <= floors


def test_every_feature_with_routes_is_held_to_the_order_of_rooms() -> None:
    held = set(_CONTRACTS["feature"]["containers"])
    assert {_dotted(path.parent) for path in _APP.rglob("routes.py")} <= held


def test_every_pure_module_is_held_to_know_no_framework() -> None:
    pure = set(_CONTRACTS["pure"]["source_modules"])
    found = {
        _dotted(path.with_suffix(""))
        for room in ("rules", "vocabulary", "definitions", "statistics")
        for path in _APP.rglob(f"{room}.py")
    }
    assert found <= pure


def test_every_module_of_tables_is_closed_to_other_features() -> None:
    closed = set(_CONTRACTS["tables"]["protected_modules"])
    assert {_dotted(path.with_suffix("")) for path in _APP.rglob("models.py")} - {"app.db.models"} <= closed


@pytest.mark.parametrize("path", _MODULES, ids=_relative)
def test_a_module_is_of_a_size_to_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= _LONGEST_MODULE


@pytest.mark.parametrize("path", _MODULES, ids=_relative)
def test_a_function_is_of_a_size_to_be_read(path: Path) -> None:
    assert [f"{name}: {lines}" for name, lines in _functions(path) if lines > _LONGEST_FUNCTION] == []


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_room_is_a_drawer_for_everything() -> None:
    assert [_relative(path) for path in _APP.rglob("*") if path.stem in _DRAWERS] == []


def test_nothing_is_left_unfinished() -> None:
    sources = [*_MODULES, *(ROOT / "migrations").rglob("*.py")]
    assert [_relative(path) for path in sources if _UNFINISHED.search(path.read_text())] == []
