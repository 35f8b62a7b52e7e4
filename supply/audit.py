"""`make audit`: whether a locked package has a published fault. What could not be looked up counts as failed.

pip-audit ends with 0 and "No known vulnerabilities found" when it skipped every package, for instance behind a mirror
that has no advisories. Its exit code therefore decides nothing here: its JSON report is held against the locks.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from supply import locks

LOCKS: Final = ("dev.txt", "build.txt")
"""Everything that runs, tests or builds; `run.txt` is a part of `dev.txt`."""

_TIME_LIMIT_S: Final = 900
_UNSPOKEN: Final = "not in the report"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says of the packages that should stand in it: sentences for people, nothing to hide."""

    audited: int
    vulnerable: tuple[str, ...]
    unaudited: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Every package was looked up and none has a published fault."""
        return bool(self.audited) and not self.vulnerable and not self.unaudited


def judge(report: str, expected: Iterable[str]) -> Verdict:
    """Hold pip-audit's JSON `report` against the names of the packages that it should speak of.

    A report that cannot be read speaks of none.
    """
    listed = _dependencies(report)
    audited = {entry["name"]: entry["vulns"] for entry in listed if isinstance(entry.get("vulns"), list)}
    skipped = {entry["name"]: str(entry.get("skip_reason", "skipped")) for entry in listed if "vulns" not in entry}
    known = {canonicalize_name(name) for name in audited if name not in skipped}
    reasons = {canonicalize_name(name): reason for name, reason in skipped.items()}
    wanted = {canonicalize_name(name) for name in expected}
    return Verdict(
        audited=len(known & wanted),
        vulnerable=tuple(sorted(_fault(name, fault) for name, faults in audited.items() for fault in faults)),
        unaudited=tuple(f"{name}: {reasons.get(name, _UNSPOKEN)}" for name in sorted(wanted - known)),
    )


def _dependencies(report: str) -> list[dict[str, Any]]:
    try:
        listed = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return []
    return [entry for entry in listed if isinstance(entry, dict) and isinstance(entry.get("name"), str)]


def _fault(name: str, fault: dict[str, Any]) -> str:
    fixed = ", ".join(fault.get("fix_versions") or ()) or "no version yet"
    return f"{name}: {fault.get('id', 'a fault without id')}, fixed in {fixed}"


def expected_packages() -> set[str]:
    """Return the names of the packages that the locks install on this machine: pip-audit leaves the others out."""
    return {locked.name for name in LOCKS for locked in locks.read(locks.FOLDER / name) if locked.applies({})}


def report_on(paths: Iterable[Path], more: Iterable[str]) -> tuple[str, str]:
    """Return pip-audit's report on the lock files and what it said on stderr; `more` are words of its own."""
    files = [word for path in paths for word in ("--requirement", str(path))]
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    done = subprocess.run(  # noqa: S603 - our own words, and those of whoever typed the command
        [*command, "--format=json", *files, *more], capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_S
    )
    return done.stdout, done.stderr


def why_nothing(verdict: Verdict, said: str) -> str:
    """Return why nothing was audited: the first package's reason, else the last line on stderr.

    pip-audit's own last line is "No known vulnerabilities found" when it skipped every package.
    """
    reasons = [sentence for sentence in verdict.unaudited if not sentence.endswith(_UNSPOKEN)]
    return next(iter(reasons), None) or next(reversed(said.strip().splitlines()), "nothing was said")


def main(more: list[str]) -> int:
    """Print the verdict; return 0 only when everything was looked up and nothing was found."""
    wanted = expected_packages()
    report, said = report_on((locks.FOLDER / name for name in LOCKS), more)
    verdict = judge(report, wanted)
    if not verdict.audited:
        print(
            f"NOTHING COULD BE AUDITED: the advisory service told nothing of {len(wanted)} packages. It may be out of"
        )
        print("reach, or the package index in use has no advisories. Why:")
        print(why_nothing(verdict, said))
        return 1
    for line in (*verdict.vulnerable, *verdict.unaudited):
        print(line)
    if verdict.passed:
        print(f"{verdict.audited} packages audited: none has a published fault.")
        return 0
    print(
        f"FAILED: of {len(wanted)} packages, {len(verdict.unaudited)} could not be audited;"
        f" {len(verdict.vulnerable)} published faults."
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
