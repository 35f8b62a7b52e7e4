"""Opaque bearer tokens: `mrd_`, 32 random bytes in base62, and a CRC-32 in base62. Pure Python.

The prefix lets a leaked token be recognised by scanners, the CRC refuses mistyped and invented ones without asking the
database. Only the SHA-256 of a token is stored: 256 random bits need no slow hash.
"""

import re
import secrets
import zlib
from hashlib import sha256
from typing import Final

_PREFIX: Final = "mrd_"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES: Final = 32
_RANDOM_DIGITS: Final = 43
_CHECK_DIGITS: Final = 6
TOKEN_LENGTH: Final = len(_PREFIX) + _RANDOM_DIGITS + _CHECK_DIGITS
HANDLE_DIGITS: Final = 12
_HANDLE: Final = re.compile("[0-9a-f]{4,64}")
_SHAPE: Final = re.compile(rf"{_PREFIX}[0-9A-Za-z]{{{_RANDOM_DIGITS + _CHECK_DIGITS}}}")


def new_token() -> str:
    """Return a fresh token, always of the same length."""
    body = _PREFIX + _base62(secrets.randbits(8 * _RANDOM_BYTES), _RANDOM_DIGITS)
    return body + _check(body)


def digest_of(token: str) -> bytes | None:
    """Return the 32 bytes a token is stored under, or None for what was never one of this service's tokens."""
    if len(token) != TOKEN_LENGTH or not _SHAPE.fullmatch(token):
        return None
    body = token[:-_CHECK_DIGITS]
    return sha256(token.encode()).digest() if _check(body) == token[-_CHECK_DIGITS:] else None


def handle_of(digest: bytes) -> str:
    """Return what people call a token by: the first 12 hexadecimal digits of its digest, which tell nothing of it."""
    return digest.hex()[:HANDLE_DIGITS]


def is_handle(typed: str) -> bool:
    """Say whether a text may be the beginning of a handle, or of a whole digest: 4 to 64 hexadecimal digits."""
    return _HANDLE.fullmatch(typed) is not None


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _base62(number: int, digits: int) -> str:
    written = []
    for _ in range(digits):
        number, digit = divmod(number, len(_DIGITS))
        written.append(_DIGITS[digit])
    return "".join(reversed(written))
