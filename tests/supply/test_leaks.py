"""A key that somebody commits is found; what was looked at is not found again."""

import json
import subprocess
from pathlib import Path

import pytest

from supply import leaks

# Put together here, so that this file holds none of them whole.
_PLANTED = {
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n",
    "a key of a cloud": f"key = 'AKIA{'Z7QX3WLNRB5KPT2C'}'\n",
    "a token of this service": f"token = 'mrd_{'2nV8cQyJ7mXw4RkT0sLbFh6ZpGdE1uAq9CyWjN5oKtIxSvBeMr'}'\n",
    "a password in an address": "postgresql://maraude:" + "hunter22@db.internal/maraude\n",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one harmless file."""
    git(tmp_path, "init", "--quiet")
    track(tmp_path, "app.py", "GREETING = 'bonsoir'\n")
    return tmp_path


def git(clone: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=clone, check=True)  # noqa: S607 - whichever git made the clone


def track(clone: Path, name: str, text: str) -> None:
    (clone / name).write_text(text)
    git(clone, "add", name)


def look(clone: Path, *words: str) -> int:
    return leaks.main(["--root", str(clone), *words])


def test_a_tree_without_secrets_passes(clone: Path) -> None:
    assert look(clone) == 0


@pytest.mark.parametrize("kind", _PLANTED)
def test_a_planted_secret_is_found_and_not_repeated(clone: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    track(clone, "settings.py", f"# line one\n{_PLANTED[kind]}")
    assert look(clone) == 1
    said = capsys.readouterr().out
    assert "settings.py:2: " in said
    assert _PLANTED[kind].strip() not in said


def test_a_file_that_is_not_tracked_is_left_alone(clone: Path) -> None:
    (clone / "mine.py").write_text(_PLANTED["a private key"])
    assert look(clone) == 0


def test_what_was_accepted_passes_also_on_another_line(clone: Path) -> None:
    track(clone, "example.py", _PLANTED["a private key"])
    assert look(clone, "--accept") == 0
    track(clone, "example.py", "\n\n" + _PLANTED["a private key"])
    assert look(clone) == 0


def test_the_same_secret_in_another_file_is_found_again(clone: Path) -> None:
    track(clone, "example.py", _PLANTED["a private key"])
    look(clone, "--accept")
    track(clone, "other.py", _PLANTED["a private key"])
    assert look(clone) == 1


def test_what_is_listed_and_gone_fails_too(clone: Path) -> None:
    track(clone, "example.py", _PLANTED["a private key"])
    look(clone, "--accept")
    track(clone, "example.py", "GREETING = 'bonsoir'\n")
    assert look(clone) == 1


def test_the_list_holds_digests_and_no_secret(clone: Path) -> None:
    track(clone, "example.py", _PLANTED["a token of this service"])
    look(clone, "--accept")
    written = (clone / leaks.BASELINE).read_text()
    assert json.loads(written)["results"].keys() == {"example.py"}
    assert "mrd_" not in written
