"""Turning slips and cards into the only form in which they are kept."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.http.wire import Received
from app.keyring import SEAL_BYTES, KeyDestroyedError, Keyring, fingerprint, seal_of

_PARIS: Final = ZoneInfo("Europe/Paris")
_LARGEST_SKEW: Final = timedelta(hours=48)
_NOTHING: Final = bytes(SEAL_BYTES)
_WITHOUT: Final = {code_field: frozenset({code_field, "referrals"}) for code_field in ("slip", "card")}


def period_of(instant: datetime) -> int:
    """Return the key period of an instant as sent: its calendar year in Paris."""
    return instant.astimezone(_PARIS).year


def sealed(keyring: Keyring, period: int, code: str | None) -> bytes | None:
    """Return the keyed digest of a code, or None without a code or when the period is closed."""
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
        self._macs: dict[str, bytes | None] = {}

    @property
    def is_over(self) -> bool:
        """Whether a code was given whose period is closed: the item is stored without it."""
        return None in self._macs.values()

    def digest(self, code: str | None) -> bytes | None:
        """Return the seal of a code, or None without one or when its period is closed."""
        mac = None if code is None else self._mac(code)
        return None if mac is None else seal_of(self._period, mac)

    def fingerprint(self, item: Received, code_field: str, code: str | None, *, also: bytes = b"") -> bytes:
        """Return the digest of an item's content, in which its code appears only as the code's keyed digest.

        `also` stands for parts of the item that have digests of their own.
        """
        mac = b"" if code is None else self._mac(code) or _NOTHING
        return fingerprint(item.canonical(_WITHOUT[code_field]) + mac + also)

    def _mac(self, code: str) -> bytes | None:
        if code not in self._macs:
            try:
                self._macs[code] = self._keyring.code_mac(self._period, code)
            except KeyDestroyedError:
                self._macs[code] = None
        return self._macs[code]


def slip_digests(keyring: Keyring, instant: datetime, slip: str | None) -> tuple[bytes | None, bytes | None]:
    """Return a slip's digests for the period of an instant and for the neighbouring one.

    That is the one before, as a slip of December is answered in January; in the last days of December it is the one to
    come, as the slip may come from a phone whose clock was ahead.
    """
    period, soon = period_of(instant), period_of(instant + _LARGEST_SKEW)
    return sealed(keyring, period, slip), sealed(keyring, soon if soon != period else period - 1, slip)
