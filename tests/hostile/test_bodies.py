"""Whole bodies nobody sends in good faith, on every route that reads one."""

import json
import logging

import httpx
import orjson
import pytest

from app.demo.device import Device
from tests import make
from tests.hostile.corpus import BODIES, CANARY
from tests.street import ROUTES, outcomes, post

MAKERS = {
    "patrols": make.patrol,
    "encounters": make.encounter,
    "referrals": make.lone_referral,
    "referral-events": make.event,
    "stay-exits": make.stay_exit,
    "facility-reports": make.report,
}


async def exchange(device: Device, path: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
    answer = await device.post(path, content=raw, headers={"Content-Type": "application/json"} | headers)
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    return answer


@pytest.mark.parametrize("what", ROUTES)
async def test_keep_nobody_from_posting_afterwards(posting: dict[str, Device], what: str) -> None:
    for body in BODIES:
        good = json.dumps(make.envelope([MAKERS[what]()])).encode()
        answer = await exchange(posting[what], f"/v1/{what}", body.made(good), body.headers)
        assert (answer.status_code, answer.json()["type"].removeprefix("/problems/")) == body.expected
    assert outcomes(await post(posting[what], what, MAKERS[what]())) == ["created"]


async def test_leave_one_line_in_the_log_that_names_the_route_and_no_more(
    phone: Device, caplog: pytest.LogCaptureFixture
) -> None:
    for body in BODIES[:3]:
        caplog.clear()
        await exchange(phone, f"/v1/encounters?note={CANARY}", body.made(b"{}"), {"User-Agent": CANARY})
        [line] = [orjson.loads(r.getMessage()) for r in caplog.records if r.name == "maraude.request"]
        assert line.keys() == {"route", "method", "status", "ms", "role", "request"}
        assert (line["route"], line["role"]) == ("/v1/encounters", "team_device")
        assert logging.getLogger("maraude.request").isEnabledFor(logging.INFO)
