"""Turning slips and cards into the only form in which they are kept."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.keyring import SEAL_BYTES, KeyDestroyedError, Keyring

_PARIS: Final = ZoneInfo("Europe/Paris")
_NOTHING: Final = bytes(SEAL_BYTES)


def period_of(instant: datetime) -> int:
    """Return the key period of an instant as sent: its calendar year in Paris."""
    return instant.astimezone(_PARIS).year


def sealed(keyring: Keyring, period: int, code: str | None) -> bytes | None:
    """Return the keyed digest of a code, or None without a code or when the period's key was destroyed."""
    if code is None:
        return None
    try:
        return keyring.seal(period, code)
    except KeyDestroyedError:
        return None


def sealer(keyring: Keyring, period: int) -> Callable[[str], bytes]:
    """Return the function that seals codes inside canonical content, so that content digests reveal none."""
    return lambda code: sealed(keyring, period, code) or _NOTHING


def slip_digests(keyring: Keyring, period: int, slip: str | None) -> tuple[bytes | None, bytes | None]:
    """Return a slip's digests for a period and for the one before: a slip of December is answered in January."""
    return sealed(keyring, period, slip), sealed(keyring, period - 1, slip)
