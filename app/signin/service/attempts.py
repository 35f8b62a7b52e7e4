"""One attempt with login, password and code: right or not, and what it leaves behind either way.

An unknown login, a wrong password, a wrong code and an attempt made too soon do the same work and get the same answer.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from app import codes
from app.audit import service as audit
from app.audit.service import SERVICE, Act
from app.db.engine import WriteSession
from app.http.context import Context
from app.http.rates import address_class
from app.identity import service as identity
from app.keyring import Keyring
from app.signin import queries, rules
from app.signin.hashing import Passwords
from app.signin.records import Credential
from app.signin.rules import Watched
from app.signin.sealing import TOTP_KEY, unseal

MARKS: Final = "signin"
"""Key of the keyed digests of this feature."""
_FREE_HERE, _FREE_AT_ACCOUNT, _FREE_AT_NETWORK = 5, 50, 100
"""Failures in a day before anybody waits: at an account from one network, at an account, from one network."""
_NOBODY: Final = UUID(int=0)
_NOBODYS_SECRET: Final = "A" * 32


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and from where."""

    login: str
    password: str
    code: str
    host: str = ""
    """Address it came from: only the network it is of is looked at, and nothing of it is stored."""
    browser: str | None = None
    """The cookie of a browser that signed in before; it has a tally of its own, apart from strangers'."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose password it was; None when it was nobody's."""

    credential: Credential | None
    right: bool
    better_hash: str | None = None


async def verify(ctx: Context, passwords: Passwords, attempt: Attempt) -> Verified:
    """Look at the password, outside any transaction: it takes tens of milliseconds."""
    password = rules.normalised_password(attempt.password)
    async with ctx.database.reading() as reading:
        known = await queries.credential(reading, rules.login_of(attempt.login))
    right = await passwords.verify(known.password_hash if known else None, password)
    if known is not None and right and passwords.is_dated(known.password_hash):
        return Verified(known, right, await passwords.hash(password))
    return Verified(known, right)


async def settle(
    ctx: Context, session: WriteSession, now: datetime, attempt: Attempt, verified: Verified
) -> Credential | None:
    """Use up the code and return the credential, or count a failure and return None; the caller commits either way."""
    await queries.purge(session, now)
    watched = _watched(ctx.keyring, attempt)
    tallies = await queries.hold_tallies(session, [one.digest for one in watched], now + rules.FORGOTTEN_AFTER)
    waiting = any(rules.is_blocked(tally, now) for tally in tallies)
    credential = await queries.hold_credential(session, rules.login_of(attempt.login))
    org_id, account_id = (credential.org_id, credential.account_id) if credential else (_NOBODY, _NOBODY)
    in_use = await identity.find_account(session, org_id, account_id) is not None
    code = await _code(ctx.keyring, session, now, credential, attempt.code)
    if credential is None or code is None or waiting or not (in_use and _still(credential, verified)):
        failed = [rules.after_failure(tally, one.free, now) for tally, one in zip(tallies, watched, strict=True)]
        await queries.keep_tallies(session, failed)
        if not waiting:  # the log is for good: strangers must not be able to fill it
            await _note_refusal(ctx, session, now, credential)
        return None
    await _use(session, credential, code, verified)
    await queries.keep_tallies(
        session, [rules.after_success(tally) for tally, one in zip(tallies, watched, strict=True) if one.owners]
    )
    return credential


def _still(credential: Credential, verified: Verified) -> bool:
    """Say whether the password was right, and is the one that was looked at."""
    known = verified.credential
    return verified.right and known is not None and hmac.compare_digest(known.password_hash, credential.password_hash)


@dataclass(frozen=True, slots=True)
class _Code:
    """A right code: a 30 s step, or the digest of a recovery code."""

    step: int | None = None
    mac: bytes | None = None


async def _code(
    keyring: Keyring, session: WriteSession, now: datetime, credential: Credential | None, typed: str
) -> _Code | None:
    org_id, account_id = (credential.org_id, credential.account_id) if credential else (_NOBODY, _NOBODY)
    typed = typed.strip().replace(" ", "")
    if not rules.is_totp(typed):
        mac = recovery_mac(keyring, account_id, typed)
        return _Code(mac=mac) if await queries.has_recovery_code(session, org_id, account_id, mac) else None
    secret = open_totp(keyring, account_id, credential.totp_sealed) if credential else None
    last = credential.last_step if credential else rules.NEVER
    step = rules.matching_step(secret or _NOBODYS_SECRET, typed, now, last)
    return _Code(step=step) if step is not None and secret is not None else None


async def _use(session: WriteSession, credential: Credential, code: _Code, verified: Verified) -> None:
    changed: dict[str, object] = {}
    if code.step is not None:
        changed["last_step"] = code.step
    if code.mac is not None:
        await queries.use_recovery_code(session, credential.org_id, credential.account_id, code.mac)
    if verified.better_hash is not None:
        changed["password_hash"] = verified.better_hash
    if changed:
        await queries.change_credential(session, credential.login, **changed)


async def _note_refusal(ctx: Context, session: WriteSession, now: datetime, credential: Credential | None) -> None:
    org_id, account_id = (credential.org_id, credential.account_id) if credential else (SERVICE, SERVICE)
    await audit.append(session, ctx.keyring, [Act(org_id, account_id, "session.refuse", now)])


def _watched(keyring: Keyring, attempt: Attempt) -> list[Watched]:
    """Return the tallies an attempt counts in.

    A browser that signed in as this account before has one of its own, so strangers cannot make its owner wait.
    """
    login = rules.login_of(attempt.login)
    if attempt.browser is not None and is_known_browser(keyring, login, attempt.browser):
        return [Watched(mark_of(keyring, "browser", login, attempt.browser), _FREE_HERE, owners=True)]
    network = address_class(attempt.host).hex()
    return [
        Watched(mark_of(keyring, "here", login, network), _FREE_HERE, owners=True),
        Watched(mark_of(keyring, "network", network), _FREE_AT_NETWORK, owners=False),
        Watched(mark_of(keyring, "account", login), _FREE_AT_ACCOUNT, owners=True),
    ]


def browser_cookie(keyring: Keyring, login: str, random: str) -> str:
    """Return the cookie by which a browser that signed in is known again; it opens nothing."""
    return f"{random}.{mark_of(keyring, 'known', login, random).hex()}"


def is_known_browser(keyring: Keyring, login: str, cookie: str) -> bool:
    """Say whether this browser signed in under this login before."""
    random = cookie.partition(".")[0]
    return hmac.compare_digest(browser_cookie(keyring, login, random).encode(), cookie.encode())


def recovery_mac(keyring: Keyring, account_id: UUID, code: str) -> bytes:
    """Return the 32 bytes under which a recovery code is stored, however it is typed."""
    return mark_of(keyring, "recovery", str(account_id), codes.normalised(code, rules.LONGEST_RECOVERY))


def open_totp(keyring: Keyring, account_id: UUID, sealed: bytes) -> str | None:
    """Return the secret of an account's one-time codes, or None when it does not open."""
    content = unseal(keyring, TOTP_KEY, sealed, account_id.bytes)
    return content.decode() if content is not None else None


def mark_of(keyring: Keyring, *parts: str) -> bytes:
    """Return the 32-byte keyed digest of some texts; each is hashed first, so that no two lists read the same."""
    return keyring.mark(MARKS, b"".join(sha256(part.encode()).digest() for part in parts))
