"""The file of anchors: the head of every chain, written down outside the database, a line a chain.

A line is `time organisation number mac seal`. The seal covers the seal of the line before it, under a key of its own,
so a line changed, taken out, put in or moved is found; that its end was not cut off, the service's own chain remembers.
Lines pasted elsewhere hold without the file.
"""

import fcntl
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit.rules import FIRST, Anchor
from app.keyring import Keyring

_NAME: Final = "anchors.txt"
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Written:
    """What was added to the file: the lines, how many it has now, and the last one's seal."""

    lines: Sequence[str]
    total: int
    seal: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file says: anchors by organisation, the seal of each line, and the first line that is not as written."""

    anchors: Mapping[UUID, Sequence[Anchor]]
    seals: Sequence[bytes]
    broken: int | None


def write(
    folder: Path, keyring: Keyring, heads: Mapping[UUID, tuple[int, bytes]], at: datetime, *, once_a_day: bool = False
) -> Written | None:
    """Append a line for each head, on the disk when this returns; None when that was done today and once is enough.

    Several processes may try at once: one after the other holds the file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / _NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        present = _without_torn_end(handle)
        if once_a_day and present and present[-1].startswith(f"{at:%Y-%m-%d}"):
            return None
        seal = _seal_in(present[-1]) if present else FIRST
        lines = []
        for org_id, (number, mac) in sorted(heads.items()):
            said = f"{at.isoformat(timespec='seconds')} {org_id} {number} {mac.hex()}"
            seal = _seal(keyring, seal, said)
            lines.append(f"{said} {seal.hex()}")
        _write_all(handle, "".join(f"{line}\n" for line in lines).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(folder)
    return Written(lines, len(present) + len(lines), seal)


def read(folder: Path, keyring: Keyring) -> Kept:
    """Return what the file says up to the first line that is not as it was written; nothing without a file."""
    path = folder / _NAME
    lines = _whole_lines(path.read_bytes()) if path.exists() else []
    seal: bytes = FIRST
    seals: list[bytes] = []
    for number, line in enumerate(lines, start=1):
        said, _, _ = line.rpartition(" ")
        seal = _seal(keyring, seal, said)
        if not compare_digest(seal, _seal_in(line)):
            return Kept(parse(lines[: number - 1]), seals, number)
        seals.append(seal)
    return Kept(parse(lines), seals, None)


def parse(lines: Iterable[str]) -> dict[UUID, list[Anchor]]:
    """Return the anchors of lines, by organisation; what is no anchor is left out."""
    found: dict[UUID, list[Anchor]] = {}
    for line in lines:
        parts = line.split()
        if len(parts) >= _PARTS:
            with suppress(ValueError):
                found.setdefault(UUID(parts[1]), []).append(Anchor(int(parts[2]), bytes.fromhex(parts[3])))
    return found


def _seal(keyring: Keyring, before: bytes, said: str) -> bytes:
    return keyring.mark("anchors", before + said.encode())


def _seal_in(line: str) -> bytes:
    try:
        return bytes.fromhex(line.rpartition(" ")[2])
    except ValueError:
        return b""


def _whole_lines(content: bytes) -> list[str]:
    """Return the lines that were written to their end: a power cut may leave half a one."""
    return content[: content.rfind(b"\n") + 1].decode(errors="replace").splitlines()


def _without_torn_end(handle: int) -> list[str]:
    content = b""
    while part := os.read(handle, 1 << 20):
        content += part
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(handle, whole)
    return _whole_lines(content)


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _sync_folder(folder: Path) -> None:
    """Make the file's name last as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
