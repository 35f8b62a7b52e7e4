"""No indicator of the catalogue goes without an oracle: each is compared with plain Python by some property test."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from app.metrics.indicators.catalogue import CATALOGUE

_NAME = "ORACLED"
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_PATHS = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))


def _names(path: Path) -> Collection[str] | None:
    """Return the codes a module says it compares, or None when it is of no indicator."""
    if f"\n{_NAME}" not in path.read_text(encoding="utf-8"):
        return None
    codes: Collection[str] = getattr(import_module(f"tests.properties.{path.stem}"), _NAME)
    return codes


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


def _loops(source: str) -> Iterator[ast.For]:
    """Yield the loops over all the codes that compare each: in a test, or in what a test calls."""
    tree = ast.parse(source)
    functions = [one for one in ast.walk(tree) if isinstance(one, _FUNCTION)]
    called = [one for one in functions if one.name.startswith("test_") or _is_called(tree, one.name)]
    for function in called:
        for loop in ast.walk(function):
            if (
                isinstance(loop, ast.For)
                and isinstance(loop.iter, ast.Name)
                and loop.iter.id == _NAME
                and _compares(loop)
            ):
                yield loop


def _is_called(tree: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Call) and _mentions(one.func, name) for one in ast.walk(tree))


def _compares(loop: ast.For) -> bool:
    """Say whether each round asserts an equality, and none is left out."""
    body = [one for statement in loop.body for one in ast.walk(statement)]
    if any(isinstance(one, ast.Continue | ast.Break) for one in body):
        return False
    equal = (one.test for one in body if isinstance(one, ast.Assert) and isinstance(one.test, ast.Compare))
    return isinstance(loop.target, ast.Name) and _mentions(loop, loop.target.id) and any(equal)


_ORACLED = {path: codes for path in _PATHS if (codes := _names(path)) is not None}


def test_every_indicator_of_the_catalogue_is_compared_by_one_property_test() -> None:
    compared = Counter(code for codes in _ORACLED.values() for code in codes)
    assert sorted(compared) == sorted(CATALOGUE)
    assert [code for code, modules in compared.items() if modules > 1] == []


@pytest.mark.parametrize("path", _ORACLED, ids=lambda path: path.stem)
def test_what_a_module_says_it_compares_is_what_its_tests_go_through(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert list(_loops(source)), f"no test asserts an equality for each code of {_NAME}"


_NEVER = """
def test_it():
    for code in ORACLED:
        if code == "a":
            continue
        assert shown(code) == 1
"""
_BY_ANOTHER = """
def test_it():
    check()
def check():
    for code in ORACLED:
        assert shown(code) == wanted[code]
"""


@pytest.mark.parametrize(
    "source",
    [
        "ORACLED = ('a', 'b')",
        "def test_it():\n    for code in ('a',):\n        assert shown(code) == 1",
        "def test_it():\n    for code in ORACLED:\n        shown(code)",
        "def nobody_calls():\n    for code in ORACLED:\n        assert shown(code) == 1",
        _NEVER,
    ],
)
def test_a_list_that_no_test_goes_through_is_seen(source: str) -> None:
    assert list(_loops(source)) == []


def test_a_list_that_a_test_goes_through_is_enough() -> None:
    assert len(list(_loops(_BY_ANOTHER))) == 1
