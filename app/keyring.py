"""Secret keys as files, outside the database and its backups: what is destroyed here cannot be recovered there.

One independent random key per purpose and, for slips and cards, per period (a calendar year). Keys are never derived
from one another: derivation would defeat destruction (design: trust, section 1).
"""

import os
import re
import secrets
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hashlib import _Hash

_NAME: Final = re.compile(r"^[a-z]+(-[0-9]{4})?$")
_KEY_BYTES: Final = 32
_BLOCK_BYTES: Final = 64
SEAL_BYTES: Final = 16


class KeyDestroyedError(Exception):
    """The key of this period was destroyed: nothing of the period can be linked any more."""


class Keyring:
    """The keys of one installation, read from a folder and made there on first use."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, created with mode 0700 when missing."""
        self._folder = folder
        self._held: dict[str, bytes] = {}
        self._begun: dict[str, tuple[_Hash, _Hash]] = {}

    def key(self, name: str) -> bytes:
        """Return the 32 bytes of key `name` (`audit`, `sdc`, `enrolment`, `nonce`, `period-2026`), made when missing.

        Several workers may ask at once: the first complete file wins. Raises KeyDestroyedError for a destroyed period.
        """
        held = self._held.get(name)
        if held is None:
            held = self._held[name] = self._read_or_make(name)
        return held

    def seal(self, period: int, code: str) -> bytes:
        """Return the 16-byte digest under which a slip or card of `period` (a year) is stored."""
        return self.mark(f"period-{period:04d}", code.encode())[:SEAL_BYTES]

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
        if (self._folder / f"{name}.destroyed").exists():
            raise KeyDestroyedError(name)
        path = self._folder / f"{name}.key"
        if not path.exists():
            self._make(path)
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            msg = f"key file {path.name} does not hold {_KEY_BYTES} bytes"
            raise ValueError(msg)
        return key

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


def _begin(key: bytes) -> "tuple[_Hash, _Hash]":
    """Return the inner and outer hash of HMAC, each with its padded key."""
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in padded)), sha256(bytes(byte ^ 0x5C for byte in padded))


def fingerprint(content: bytes) -> bytes:
    """Return the SHA-256 of canonical content: 32 bytes."""
    return sha256(content).digest()
