"""Time and fresh identifiers: the only module that asks the machine, so that everything else can be told."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias
from uuid import UUID

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
SLOT_HOURS: Final = 2
"""What happened to people is known by slots of so many hours of the clock in Paris, from midnight on."""
SLOT_MS: Final = SLOT_HOURS * HOUR_MS

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current instant, aware, in UTC. Tests and the demo city pass their own."""


def utc_now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)


def uuid7(at: datetime) -> UUID:
    """Return a time-ordered identifier (RFC 9562, section 5.7) for the instant `at`: 48 bits of ms, 74 random bits."""
    milliseconds = int(at.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & ((1 << 62) - 1)
    return UUID(int=value)
