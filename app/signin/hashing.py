"""Password hashes: argon2id, away from the event loop, only so many at once.

Parameters: OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane). argon2-cffi writes them into each hash:
one of other parameters still verifies and is made anew.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from app import errors

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 64
Result = TypeVar("Result")


class Passwords:
    """Makes and verifies hashes; one for each application."""

    def __init__(self, at_once: int = _AT_ONCE, most_waiting: int = _MOST_WAITING) -> None:
        """Verify `at_once` at a time and let `most_waiting` wait; whoever comes then is asked to try again."""
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
        self._threads = ThreadPoolExecutor(at_once, "argon2")
        self._most = at_once + most_waiting
        self._under_way = 0
        self._nobodys = self._hasher.hash("nobody signs in with this")

    async def hash(self, password: str) -> str:
        """Return a fresh hash."""
        return await self._away(lambda: self._hasher.hash(password))

    async def verify(self, known: str | None, password: str) -> bool:
        """Say whether the password is the one of this hash; without one the same work is done and the answer is no."""
        right = await self._away(lambda: self._matches(known or self._nobodys, password))
        return right and known is not None

    def is_dated(self, known: str) -> bool:
        """Say whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _away(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= self._most:
            raise errors.unavailable("Many people are signing in; try again.")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
