"""The image as somebody who audits what is supplied reads it: what goes in, what stays, what it may do."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LINES = re.sub(r"\\\n\s*", "", (_ROOT / "Dockerfile").read_text()).splitlines()
_STAGES = [number for number, line in enumerate(_LINES) if line.startswith("FROM ")]
_LAST = _LINES[_STAGES[-1] :]


def test_both_stages_stand_on_one_base_that_can_be_pinned_by_digest() -> None:
    assert [_LINES[number].split()[1] for number in _STAGES] == ["${BASE}", "${BASE}"]
    assert [line for line in _LINES if line.startswith("ARG ")] == ["ARG BASE=debian:bookworm-slim"]


def test_nothing_is_fetched_but_by_apt_and_by_the_locks() -> None:
    assert [line for line in _LINES if line.startswith("ADD ")] == []
    assert not re.search(r"\b(curl|wget|git)\b|https?://(?!127\.0\.0\.1)", "\n".join(_LINES))


def test_the_last_stage_has_python_and_no_tool_that_builds_or_installs_for_it() -> None:
    installed = re.findall(r"apt-get install --yes --no-install-recommends (.*?) &&", "\n".join(_LAST))
    assert installed == ["python3"]
    assert any("pip uninstall --yes setuptools pip" in line for line in _LINES[: _STAGES[-1]])
    assert [line for line in _LAST if line.startswith("COPY ")] == ["COPY --from=build /opt/maraude /opt/maraude"]


def test_no_program_of_the_last_stage_changes_who_runs_it() -> None:
    assert any("-perm /6000 -exec chmod a-s {} +" in line for line in _LAST)


def test_who_runs_it_cannot_change_the_program() -> None:
    owned = [line for line in _LAST if "chown" in line or "-o maraude" in line]
    assert len(owned) == 1
    made = owned[0].partition("install -d -o maraude -g maraude -m 0700 ")[2].split()
    assert made[0] == "/var/lib/maraude"
    assert [folder for folder in made if not folder.startswith("/var/lib/maraude")] == []


def test_only_what_the_image_is_built_from_goes_to_the_builder() -> None:
    rules = [line for line in (_ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    assert {line for line in rules if line.startswith("!")} == {
        "!app",
        "!migrations",
        "!requirements/*.txt",
        "!pyproject.toml",
        "!README.md",
    }
