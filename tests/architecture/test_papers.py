"""What the papers of trust cite exists, and the ASVS page says of every requirement how it stands."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import typer

from app.cli import build
from app.settings import Settings

_ROOT = Path(__file__).parents[2]
_PAPERS = [_ROOT / "SECURITY.md", _ROOT / "deploy" / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_ABOUT_US = [path for path in _PAPERS if path.name != "indicators.md"]  # that page is printed from code
_ASVS = (_ROOT / "docs" / "asvs.md").read_text()

_TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)*)`")
_FILE = re.compile(r"`((?:app|deploy|docs|migrations|openapi|requirements|supply|tests)/[\w./-]*)(?:::[\w:]+)?`")
_COMMAND = re.compile(r"`maraude ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
_ROW = re.compile(r"^\| V(\d+)\.(\d+)\.(\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_KEY = re.compile(r"""(?:\.(?:mark|key)\(|_KEY: Final = |MARKS: Final = )"([a-z]+)\"""")
_STATES = {"tested", "arranged", "not applicable", "not done"}
_CHAPTERS = range(1, 18)
_MADE_ON_THE_WAY = {"deploy/secrets/"}
"""What whoever installs makes, and nobody commits."""


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the tests of a file as pytest names them: `test_a` and, in a class, `TestB::test_a`."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = set()
    for node in ast.parse((_ROOT / path).read_text()).body:
        if isinstance(node, functions):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, functions)}
    return frozenset(found)


def rows() -> list[tuple[tuple[int, int, int], int, str, str, str]]:
    """Return the requirements of the page: number, level, what, state, why."""
    return [
        ((int(chapter), int(section), int(number)), int(level), what.strip(), state.strip(), why.strip())
        for chapter, section, number, level, what, state, why in _ROW.findall(_ASVS)
    ]


def commands_of(group: typer.Typer) -> set[str]:
    """Return the names of a group's own commands."""
    return {each.name or each.callback.__name__ for each in group.registered_commands if each.callback}


@pytest.mark.parametrize("paper", _PAPERS, ids=lambda path: path.name)
def test_every_test_that_is_cited_exists(paper: Path) -> None:
    for path, names in _TEST.findall(paper.read_text()):
        assert (_ROOT / path).is_file(), path
        assert not names or names.removeprefix("::") in names_in(path), path + names


@pytest.mark.parametrize("paper", _ABOUT_US, ids=lambda path: path.name)
def test_every_file_that_is_cited_exists(paper: Path) -> None:
    missing = [name for name in _FILE.findall(paper.read_text()) if not (_ROOT / name).exists()]
    assert set(missing) <= _MADE_ON_THE_WAY


@pytest.mark.parametrize("paper", _ABOUT_US, ids=lambda path: path.name)
def test_every_command_that_is_cited_exists(paper: Path) -> None:
    command = build()
    alone = commands_of(command)
    groups = {each.name: commands_of(each.typer_instance) for each in command.registered_groups if each.typer_instance}
    for cited in _COMMAND.findall(paper.read_text()):
        first, _, second = cited.partition(" ")
        assert first in alone or not second or second in groups.get(first, set()), cited
        assert first in alone or first in groups, cited


def test_every_key_and_every_setting_of_the_provider_stands_in_the_page_of_operations() -> None:
    operations = (_ROOT / "docs" / "operations.md").read_text()
    keys = {name for path in (_ROOT / "app").rglob("*.py") for name in _KEY.findall(path.read_text())}
    assert {"audit", "sdc", "totp", "signin", "journey", "coarse"} <= keys
    told = set(re.findall(r"^\| `([a-z]+)(?:-YYYY)?` \| [^|]+ \| [^|]+ \| [^|]+ \|$", operations, re.MULTILINE))
    assert told == {*keys, "period"}
    settings = {f"MARAUDE_{name.upper()}" for name in Settings.model_fields if name.startswith("oidc_")}
    assert len(settings) == 3
    assert all(f"| `{name}` |" in operations for name in settings)


def test_the_papers_cite_tests_at_all() -> None:
    for name in ("SECURITY.md", "docs/threat-model.md", "docs/dpia.md", "docs/asvs.md"):
        assert len(_TEST.findall((_ROOT / name).read_text())) >= 7, name


def test_every_line_of_the_asvs_page_that_looks_like_a_requirement_is_read_as_one() -> None:
    assert len(rows()) == len(re.findall(r"^\| V", _ASVS, re.MULTILINE))


def test_every_asvs_requirement_stands_once_and_in_order_under_its_chapter() -> None:
    numbers = [number for number, *_ in rows()]
    assert numbers == sorted(set(numbers))
    assert {chapter for chapter, *_ in numbers} == set(_CHAPTERS)
    for chapter in _CHAPTERS:
        part = _ASVS.split(f"## V{chapter} ")[1].split("\n## ")[0]
        assert len(_ROW.findall(part)) == len([number for number in numbers if number[0] == chapter])


def test_levels_one_and_two_are_complete() -> None:
    assert Counter(level for _, level, *_ in rows()) == {1: 70, 2: 183}  # as many as ASVS 5.0.0 has


def test_every_asvs_requirement_has_a_state_and_a_reason() -> None:
    for number, _, what, state, why in rows():
        assert state in _STATES, number
        assert what, number
        assert len(why) >= 5, number


def test_what_is_called_tested_names_its_test() -> None:
    for number, _, _, state, why in rows():
        assert (state != "tested") or _TEST.search(why), number


def test_the_count_at_the_top_of_the_asvs_page_is_that_of_its_rows() -> None:
    told = re.search(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", _ASVS, re.MULTILINE)
    count = Counter(state for _, _, _, state, _ in rows())
    assert told is not None
    wanted = [count[state] for state in ("tested", "arranged", "not applicable", "not done")]
    assert [int(number) for number in told.groups()] == [*wanted, sum(wanted)]


def test_the_officers_open_fields_are_numbered_without_gaps() -> None:
    numbers = [int(number) for number in re.findall(r"\*\*\[open (\d+)", (_ROOT / "docs" / "dpia.md").read_text())]
    assert sorted(numbers) == list(range(1, max(numbers) + 1))


def test_no_paper_invents_a_contact() -> None:
    for paper in (_ROOT / "SECURITY.md", _ROOT / "docs" / "dpia.md", _ROOT / "docs" / "operations.md"):
        assert not re.search(r"[\w.+-]+@[\w-]+\.[a-z]{2,}|\+\d{2} ?\d", paper.read_text()), paper.name
