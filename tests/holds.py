"""Referrals, reports and holds of places, as phones and desks send them in tests."""

from typing import Any
from uuid import UUID

import httpx

from app.demo.device import Device
from tests import make
from tests.make import Json
from tests.street import store


async def report(desk: Device, **changes: Any) -> None:
    """Let a desk say what is free now."""
    await store(desk, "facility-reports", make.report(**{"observed_at": desk._clock(), **changes}))


async def referred(phone: Device, **changes: Any) -> str:
    """Make a referral and return its id."""
    made = make.lone_referral(**{"occurred_at": phone._clock(), **changes})
    await store(phone, "referrals", made)
    return str(made["id"])


def asked(referral_id: str, facility_id: UUID, **changes: Any) -> Json:
    """Return a request for a place."""
    return {"id": make.new_id(), "referral_id": referral_id, "facility_id": str(facility_id), **changes}


async def ask(device: Device, wanted: Json) -> httpx.Response:
    """Ask for a place."""
    return await device.post("/v1/capacity/holds", json=wanted)


async def held(device: Device, referral_id: str, facility_id: UUID, **changes: Any) -> Json:
    """Hold a place and return the hold."""
    answer = await ask(device, asked(referral_id, facility_id, **changes))
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def listed(device: Device) -> list[str]:
    """Return the live holds that a device is shown."""
    answer = await device.get("/v1/capacity/holds")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


ENDINGS: dict[str, dict[str, str]] = {
    "arrived": {},
    "refused": {"reason": "no_place"},
    "cancelled": {"reason": "other"},
    "declined": {"reason": "person_unable"},
    "no_show": {"reason": "other"},
}
"""States that end a referral to a rest room, and with it its hold; each with a reason where it needs one."""


async def ended(device: Device, referral_id: str, state: str) -> None:
    """Report what became of a referral."""
    event = make.event(referral_id=referral_id, state=state, occurred_at=device._clock(), **ENDINGS.get(state, {}))
    await store(device, "referral-events", event)
