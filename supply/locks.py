"""The lock files as data: which version of which package, for whom, and which files it may come as."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER: Final = Path(__file__).resolve().parents[1] / "requirements"

_CONTINUED: Final = re.compile(r"\s*\\\n\s*")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """One line of a lock: a package, its only version and the SHA-256 of every file it may be installed from."""

    name: str
    version: str
    sha256: tuple[str, ...]
    requirement: Requirement

    def applies(self, environment: Mapping[str, str]) -> bool:
        """Say whether it is installed in `environment` (PEP 508's variables; those left out are this machine's)."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(dict(environment))


def read(path: Path) -> list[Locked]:
    """Return what a lock file holds, in its order. Raises ValueError for a line without exact version or hashes."""
    whole = _CONTINUED.sub(" ", path.read_text())
    return [_locked(line) for line in whole.splitlines() if line and not line.startswith("#")]


def _locked(line: str) -> Locked:
    stated, _, hashes = line.partition("--hash=")
    requirement = Requirement(stated.strip())
    pins = list(requirement.specifier)
    found = tuple(sorted(_HASH.findall(f"--hash={hashes}")))
    if len(pins) != 1 or pins[0].operator != "==" or not found:
        msg = f"{requirement.name} is not locked to one version with hashes"
        raise ValueError(msg)
    return Locked(canonicalize_name(requirement.name), pins[0].version, found, requirement)
