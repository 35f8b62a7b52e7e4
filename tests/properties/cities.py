"""What every example of a module shares."""

from dataclasses import dataclass
from typing import Final

import httpx

from app.http.context import Context
from tests.clock import SetClock

ALL_AT_ONCE: Final = 400
"""Days whose facts one transaction computes: tests of upkeep itself take few at a time, these need it done."""


@dataclass(frozen=True)
class City:
    """A service with the directory that every installation starts with, and the hands on its clock."""

    client: httpx.AsyncClient
    context: Context
    clock: SetClock
