"""Finding any of many texts in bytes, however they are written there."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

import numpy as np
from numpy.typing import NDArray

from tests.hostile.canaries import Canary

_STEP: Final = 1 << 22
_SHORTEST: Final = 8
"""Bytes by which a text is recognised first."""
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_KEPT_BITS: Final = 22


@dataclass(frozen=True)
class Found:
    """A text, and how it was written where it was found."""

    text: str
    form: str


def forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield (form, bytes) for each way in which a text could be stored or sent."""
    plain = text.encode()
    yield "UTF-8", plain
    yield "capitals", text.upper().encode()
    yield "small letters", text.lower().encode()
    yield "Latin-1", text.encode("latin-1", "replace")
    yield "UTF-16, little end first", text.encode("utf-16-le")
    yield "UTF-16, big end first", text.encode("utf-16-be")
    yield "backwards", plain[::-1]
    yield "hexadecimal", plain.hex().encode()
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON, all escaped", "".join(f"\\u{ord(character):04x}" for character in text).encode()
    yield "percent", quote(text).encode()
    yield "percent, all", "".join(f"%{byte:02x}" for byte in plain).encode()
    yield "form", quote_plus(text, safe="@").encode()
    for before in range(3):
        yield "base64", _base64(plain, before)
        yield "base64 of UTF-16", _base64(text.encode("utf-16-le"), before)


def _base64(plain: bytes, before: int) -> bytes:
    """Return the characters that stand for `plain` alone when so many bytes go before it."""
    whole = base64.urlsafe_b64encode(bytes(before) + plain)
    skipped = -(-before * 8 // 6)
    return whole[skipped : (before + len(plain)) * 8 // 6]


class Finder:
    """Looks for thousands of texts at once, at tens of megabytes a second.

    Letters of ASCII are the same in both cases. Every form of a text has at least 8 bytes: those are looked up first.
    """

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._by_prefix: dict[int, list[tuple[bytes, Found]]] = defaultdict(list)
        self._longest = 0
        for canary in canaries:
            for text in canary.written:
                for form, needle in forms(text):
                    self._add(_folded(needle), Found(canary.text, form))
            if canary.number is not None:
                self._add(_folded(canary.number.to_bytes(8, "big")), Found(canary.text, "integer"))
                self._add(_folded(canary.number.to_bytes(8, "little")), Found(canary.text, "integer"))
        self._prefixes = np.array(sorted(self._by_prefix), dtype=np.uint64)
        self._sieve = np.zeros(1 << _KEPT_BITS, dtype=bool)
        self._sieve[_spread(self._prefixes)] = True

    def _add(self, needle: bytes, found: Found) -> None:
        assert len(needle) >= _SHORTEST, found
        self._longest = max(self._longest, len(needle))
        self._by_prefix[int.from_bytes(needle[:_SHORTEST], "little")].append((needle, found))

    def find(self, data: bytes) -> set[Found]:
        """Return what is in the bytes."""
        return {found for start in range(0, len(data), _STEP) for found in self._in(_folded(self._part(data, start)))}

    def _part(self, data: bytes, start: int) -> bytes:
        return data[start : start + _STEP + self._longest]

    def _in(self, part: bytes) -> Iterator[Found]:
        if len(part) < _SHORTEST:
            return
        windows = np.ndarray((len(part) - _SHORTEST + 1,), dtype="<u8", buffer=part, strides=(1,))
        likely = np.flatnonzero(self._sieve[_spread(windows)])
        values = windows[likely]
        at = np.searchsorted(self._prefixes, values)
        for place in likely[self._prefixes[np.minimum(at, len(self._prefixes) - 1)] == values].tolist():
            prefix = int.from_bytes(part[place : place + _SHORTEST], "little")
            yield from (found for needle, found in self._by_prefix[prefix] if part.startswith(needle, place))


def _folded(data: bytes) -> bytes:
    """Return the bytes with both alphabets of base64, and both cases of ASCII, made one."""
    return data.lower().replace(b"_", b"/").replace(b"-", b"+")


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashed: NDArray[np.uint64] = (values * _SPREAD) >> np.uint64(64 - _KEPT_BITS)
    return hashed
