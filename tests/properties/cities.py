"""What every example of a module shares."""

from dataclasses import dataclass

import httpx

from app.http.context import Context
from tests.clock import SetClock


@dataclass(frozen=True)
class City:
    """A service with the directory that every installation starts with, and the hands on its clock."""

    client: httpx.AsyncClient
    context: Context
    clock: SetClock
