"""The devices of `tests/api`, and an ear on everything the service logs."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from app.demo.device import Device
from tests.api.conftest import city, desk, house, operator, phone, rest_room
from tests.contract.conftest import permissions, unstarted
from tests.hostile.corpus import CANARY
from tests.street import ROUTES

__all__ = ["city", "desk", "house", "operator", "permissions", "phone", "rest_room", "unstarted"]


@pytest.fixture
def posting(phone: Device, desk: Device) -> dict[str, Device]:
    """For each route, a device that may post there."""
    return {what: desk if what == "facility-reports" else phone for what in ROUTES}


@pytest.fixture
def ours(request: pytest.FixtureRequest) -> Callable[[int], Iterator[bool]]:
    """Give, for one case in so many, whether it is this database's turn; at length every case is both's.

    What is refused is refused before a database hears of it, so two, one case for each database, leave nothing out.
    """
    at_length = "FUZZ_EXAMPLES" in os.environ
    first = int(request.getfixturevalue("database_url").startswith("sqlite"))

    def turns(one_in: int) -> Iterator[bool]:
        return (at_length or number % one_in == 0 for number in itertools.count(first))

    return turns


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is sent, no log line of the service or its libraries repeats it."""
    caplog.set_level("INFO")
    yield
    for record in caplog.get_records("call"):
        if record.name.partition(".")[0] in {"httpx", "httpcore"}:
            continue  # the caller's own library
        said = record.getMessage() + (record.exc_text or "")
        assert CANARY not in said, f"{record.name} repeats what was sent"
        assert record.levelname != "ERROR", f"{record.name}: {said}"
