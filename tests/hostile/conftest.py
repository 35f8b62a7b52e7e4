"""The devices of `tests/api`, and an ear on everything the service logs."""

from collections.abc import Iterator

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
