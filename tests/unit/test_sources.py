"""What is frozen names the program that computed it, however that was installed."""

import subprocess
import tomllib
from pathlib import Path

from app.sources import VERSION, code_version

_ROOT = Path(__file__).parents[2]
_FOUND_AGAIN = "find app -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum"


def test_the_version_is_that_of_the_package() -> None:
    assert tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_anybody_with_the_sources_finds_their_digest_again() -> None:
    found = subprocess.run(["/bin/sh", "-c", _FOUND_AGAIN], cwd=_ROOT, capture_output=True, text=True, check=True)
    code_version.cache_clear()  # others may have asked before a source was changed
    assert code_version() == f"{VERSION}+{found.stdout[:12]}"
