"""Dying at a chosen call: what a kill between two steps leaves, without a process to kill."""

from collections.abc import Awaitable, Callable
from typing import Any


def dying_at(fatal: int, work: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return `work`, but for its `fatal`-th call (from 1), which raises KeyboardInterrupt in its place."""
    calls = 0

    async def working(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == fatal:
            raise KeyboardInterrupt
        await work(*given)

    return working
