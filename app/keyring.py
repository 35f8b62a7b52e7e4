"""Secret keys as files, outside the database and its backups: what is destroyed here cannot be recovered there.

One independent random key per purpose and, for slips and cards, per period (a calendar year). Keys are never derived
from one another: derivation would defeat destruction (design: trust, section 1).
"""

import os
import re
import secrets
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hashlib import _Hash

_NAME: Final = re.compile(r"^[a-z]+(-[0-9]{4})?$")
_PERIOD: Final = re.compile(r"^period-([0-9]{4})\.(key|closed|destroyed)$")
_KEY_BYTES: Final = 32
_KEY_MODE: Final = 0o400
_BLOCK_BYTES: Final = 64
SEAL_BYTES: Final = 16
_FIRST_PERIOD: Final = 2000
"""The period whose seals begin with 0."""


class KeyDestroyedError(Exception):
    """The key of this period was destroyed: nothing of the period can be linked any more."""


class UnsafeKeyError(Exception):
    """A key file or the folder of keys is not as it must be; the message says what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class PeriodFiles:
    """What the folder holds of one period."""

    year: int
    mode: int | None
    """Permission bits of the key's file; None without one."""
    closed: bool
    destroyed: bool


class Keyring:
    """The keys of one installation, read from a folder and made there on first use."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, created with mode 0700 when missing."""
        self._folder = folder
        self._held: dict[str, bytes] = {}
        self._begun: dict[str, tuple[_Hash, _Hash]] = {}
        self._over: set[str] = set()
        self._markers: dict[str, tuple[str, ...]] = {}

    def key(self, name: str) -> bytes:
        """Return the 32 bytes of key `name` (`audit`, `sdc`, `enrolment`, `nonce`, `period-2026`), made when missing.

        Several workers may ask at once: the first complete file wins. Raises KeyDestroyedError for a destroyed period.
        """
        if name in self._over:
            raise KeyDestroyedError(name)
        held = self._held.get(name)
        if held is None:
            held = self._held[name] = self._read_or_make(name)
        return held

    def seal(self, period: int, code: str) -> bytes:
        """Return the 16 bytes under which a slip or card of `period` (a year) is stored.

        The first says which period, so that all seals of one can be found and taken away, whatever has become of the
        records' days; 15 bytes of HMAC-SHA256 follow.
        """
        return seal_of(period, self.code_mac(period, code))

    def code_mac(self, period: int, code: str) -> bytes:
        """Return the first 16 bytes of HMAC-SHA256 of a code under the key of `period`: what its seal is made of.

        Whether the period is over is looked up each time: another process may have closed it a moment ago. Two looks
        for a file that is not there cost 2 us.
        """
        name = f"period-{period:04d}"
        if self._is_over(name):
            raise KeyDestroyedError(name)
        return self.mark(name, code.encode())[:SEAL_BYTES]

    def _is_over(self, name: str) -> bool:
        """Say whether a period is closed or its key destroyed; then nothing of the key stays in memory."""
        if name in self._over:
            return True
        markers = self._markers.get(name)
        if markers is None:
            markers = self._markers[name] = tuple(
                str(self._folder / f"{name}.{end}") for end in ("closed", "destroyed")
            )
        if not any(map(os.path.exists, markers)):
            return False
        self._over.add(name)
        self._held.pop(name, None)
        self._begun.pop(name, None)
        return True

    def mark(self, name: str, message: bytes) -> bytes:
        """Return HMAC-SHA256 (RFC 2104) of `message` under key `name`, 32 bytes.

        An item needs several, so both keyed hashes are begun once per key: a third of `hmac.digest`'s cost.
        """
        begun = self._begun.get(name)
        if begun is None:
            begun = self._begun[name] = _begin(self.key(name))
        inner, outer = begun[0].copy(), begun[1].copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def _read_or_make(self, name: str) -> bytes:
        if not _NAME.fullmatch(name):
            msg = "a key name is lower-case letters and a year"
            raise ValueError(msg)
        if self._is_over(name):
            raise KeyDestroyedError(name)
        path = self._folder / f"{name}.key"
        if not path.exists():
            self._make(path)
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            msg = f"key file {path.name} does not hold {_KEY_BYTES} bytes"
            raise ValueError(msg)
        return key

    def periods(self) -> list[PeriodFiles]:
        """Return what there is of each period, by year."""
        found: dict[int, set[str]] = {}
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            named = _PERIOD.fullmatch(path.name)
            if named:
                found.setdefault(int(named[1]), set()).add(named[2])
        return [
            PeriodFiles(year, self._mode(year) if "key" in ends else None, "closed" in ends, "destroyed" in ends)
            for year, ends in sorted(found.items())
        ]

    def create_period(self, year: int) -> bool:
        """Make the key of a period ahead of time; return False when it is there.

        Raises UnsafeKeyError for a folder or a file that others may read, KeyDestroyedError for a period that is over.
        """
        there = self._path(year).exists()
        self.key(f"period-{year:04d}")
        self.must_be_safe(year)
        return not there

    def must_be_safe(self, year: int) -> None:
        """Raise UnsafeKeyError unless the folder is its owner's alone (0700) and the period's key too (0400)."""
        folder = stat.S_IMODE(self._folder.stat().st_mode) if self._folder.exists() else 0o700
        if folder & 0o077:
            msg = f"The folder of keys has mode {folder:04o}: others can look into it. Run chmod 0700 on it first."
            raise UnsafeKeyError(msg)
        mode = self._mode(year) if self._path(year).exists() else _KEY_MODE
        if mode != _KEY_MODE:
            name = self._path(year).name
            msg = f"The key of {year} has mode {mode:04o}. Run chmod 0400 on {name}, and ask who read it."
            raise UnsafeKeyError(msg)

    def close_period(self, year: int) -> None:
        """Leave the marker at which every worker stops sealing with the key of a period; durable on return."""
        self._leave(f"period-{year:04d}.closed")

    def destroy_period(self, year: int) -> None:
        """Leave the marker of a destroyed period, then overwrite its key with random bytes and remove it.

        Killed at any point it can be called again. Overwriting in place does not reach copies that a disk or a
        copy-on-write file system kept: the documentation says what does.
        """
        self._leave(f"period-{year:04d}.destroyed")
        path = self._path(year)
        for draft in self._folder.glob(f".{path.name}.*"):  # left by a process killed while making the key
            _shred(draft)
        if path.exists():
            _shred(path)
        self._sync()
        self._is_over(f"period-{year:04d}")

    def _path(self, year: int) -> Path:
        return self._folder / f"period-{year:04d}.key"

    def _mode(self, year: int) -> int:
        return stat.S_IMODE(self._path(year).stat().st_mode)

    def _leave(self, marker: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # To read: a marker that is there has mode 0400, and begun again this must not be refused.
        os.close(os.open(self._folder / marker, os.O_RDONLY | os.O_CREAT, 0o400))
        self._sync()

    def _sync(self) -> None:
        """Make the names in the folder durable."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _make(self, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        try:
            os.write(handle, secrets.token_bytes(_KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another worker was first: its key is the key
        finally:
            draft.unlink()


def seal_of(period: int, mac: bytes) -> bytes:
    """Return the seal that begins with its period, a year from 2000 to 2255, and goes on with a MAC."""
    return bytes([period - _FIRST_PERIOD]) + mac[: SEAL_BYTES - 1]


def seals_of(period: int) -> tuple[bytes, bytes]:
    """Return the least and the greatest seal that a period can have."""
    first = bytes([period - _FIRST_PERIOD])
    return first + bytes(SEAL_BYTES - 1), first + b"\xff" * (SEAL_BYTES - 1)


def _shred(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(max(_KEY_BYTES, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _begin(key: bytes) -> "tuple[_Hash, _Hash]":
    """Return the inner and outer hash of HMAC, each with its padded key."""
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in padded)), sha256(bytes(byte ^ 0x5C for byte in padded))


def fingerprint(content: bytes) -> bytes:
    """Return the SHA-256 of canonical content: 32 bytes."""
    return sha256(content).digest()
