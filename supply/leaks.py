"""`make secrets`: whether a tracked file holds what looks like a key or a password.

`.secrets.baseline` lists what was looked at and is none, by digest. A finding is known by file, kind and digest and not
by its line, so that text may move. What is listed and no longer there fails too: the list stays true.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

BASELINE: Final = ".secrets.baseline"
_LOCKS: Final = "requirements/"
"""Locks are digests from end to end."""

_ASKS_SOMEBODY: Final = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"
"""Would try a key that was found against the service it opens."""

Found = frozenset[tuple[str, str, str]]
"""File, kind and SHA-1 of each finding."""


def tracked(root: Path) -> list[str]:
    """Return the tracked files that can hold one, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git made the clone
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {"", BASELINE})
    return [name for name in names if not name.startswith(_LOCKS) and (root / name).is_file()]


def scan(root: Path, names: Sequence[str]) -> SecretsCollection:
    """Look into the files; nothing that is found is tried against anybody's service."""
    with default_settings() as settings:
        settings.disable_filters(_ASKS_SOMEBODY)
        found = SecretsCollection(str(root))
        if names:
            found.scan_files(*names)
    return found


def findings(results: dict[str, list[dict[str, Any]]]) -> Found:
    """Return what a scan or a baseline names, without its lines."""
    return frozenset((name, each["type"], each["hashed_secret"]) for name, many in results.items() for each in many)


def main(arguments: Sequence[str]) -> int:
    """Compare with the baseline: 0 when they are equal, else 1 with the place and kind of each difference."""
    words = argparse.ArgumentParser(prog="make secrets", description=__doc__)
    words.add_argument("--root", type=Path, default=Path.cwd(), help="The clone to look into.")
    words.add_argument("--accept", action="store_true", help="List what is found now as looked at and harmless.")
    given = words.parse_args(arguments)
    names = tracked(given.root)
    found = scan(given.root, names)
    path = given.root / BASELINE
    if given.accept:
        results = {"version": baseline.format_for_output(found)["version"], "results": _portable(found.json())}
        path.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
        print(f"{len(findings(found.json()))} findings listed in {BASELINE}.")
        return 0
    listed = json.loads(path.read_text())["results"] if path.exists() else {}
    return _compare(found.json(), listed, len(names))


def _portable(results: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Leave out where the clone lies: the same list on every machine."""
    return {
        name: [{key: each[key] for key in ("type", "hashed_secret", "line_number")} for each in many]
        for name, many in results.items()
    }


def _compare(now: dict[str, Any], listed: dict[str, Any], files: int) -> int:
    new, gone = findings(now) - findings(listed), findings(listed) - findings(now)
    for name, kind, digest in sorted(new):
        line = next(each["line_number"] for each in now[name] if each["hashed_secret"] == digest)
        print(f"{name}:{line}: {kind}")
    for name, kind, _ in sorted(gone):
        print(f"{name}: {kind} is listed in {BASELINE} and no longer there")
    if new or gone:
        print("FAILED. A secret that was committed is known: replace it where it is used. What is none: ", end="")
        print("`python -m supply.leaks --accept`, and say why in the commit.")
        return 1
    print(f"{files} files: no secret that is not looked at.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
