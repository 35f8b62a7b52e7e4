"""Turning slips and cards into the only form in which they are kept."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.http.wire import Received
from app.keyring import SEAL_BYTES, KeyDestroyedError, Keyring, fingerprint

_PARIS: Final = ZoneInfo("Europe/Paris")
_LARGEST_SKEW: Final = timedelta(hours=48)
_NOTHING: Final = bytes(SEAL_BYTES)
_WITHOUT: Final = {code_field: frozenset({code_field, "referrals"}) for code_field in ("slip", "card")}


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


class Sealer:
    """Seals the codes of one item: for its columns, and in the digest of its content, which then reveals none."""

    def __init__(self, keyring: Keyring, period: int) -> None:
        """Seal for one period."""
        self._keyring = keyring
        self._period = period
        self._sealed: dict[str, bytes | None] = {}

    def digest(self, code: str | None) -> bytes | None:
        """Return the keyed digest of a code, or None without one or when the period's key was destroyed."""
        if code is None:
            return None
        if code not in self._sealed:
            self._sealed[code] = sealed(self._keyring, self._period, code)
        return self._sealed[code]

    def fingerprint(self, item: Received, code_field: str, code: str | None, *, also: bytes = b"") -> bytes:
        """Return the digest of an item's content, in which its code appears only as the code's keyed digest.

        `also` stands for parts of the item that have digests of their own.
        """
        sealed_code = b"" if code is None else self.digest(code) or _NOTHING
        return fingerprint(item.canonical(_WITHOUT[code_field]) + sealed_code + also)


def slip_digests(keyring: Keyring, instant: datetime, slip: str | None) -> tuple[bytes | None, bytes | None]:
    """Return a slip's digests for the period of an instant and for the neighbouring one.

    That is the one before, as a slip of December is answered in January; in the last days of December it is the one to
    come, as the slip may come from a phone whose clock was ahead.
    """
    period, soon = period_of(instant), period_of(instant + _LARGEST_SKEW)
    return sealed(keyring, period, slip), sealed(keyring, soon if soon != period else period - 1, slip)
