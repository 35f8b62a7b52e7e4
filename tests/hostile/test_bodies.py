"""Whole bodies nobody sends in good faith, on every route that reads one."""

import json
import logging
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from app.demo.device import Device
from tests import make
from tests.hostile.corpus import BODIES, CANARY
from tests.street import ROUTES, outcomes, post, store

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
async def test_meet_their_problem_and_are_not_repeated(posting: dict[str, Device], what: str) -> None:
    met: dict[str, Any] = {}
    for body in BODIES:
        good = json.dumps(make.envelope([MAKERS[what]()])).encode()
        answer = await exchange(posting[what], f"/v1/{what}", body.made(good), body.headers)
        met[body.name] = answer.status_code, answer.json()["type"].removeprefix("/problems/")
    assert met == {body.name: body.expected for body in BODIES}
    assert outcomes(await post(posting[what], what, MAKERS[what]())) == ["created"]


async def test_do_no_harm_to_a_look_up(desk: Device) -> None:
    for body in BODIES:
        good = json.dumps({"slip": make.code(), "items": [{"id": CANARY}]}).encode()
        answer = await exchange(desk, "/v1/referrals/lookup", body.made(good), body.headers)
        assert 400 <= answer.status_code < 500


async def test_meet_their_problem_where_a_place_is_held(phone: Device, desk: Device, rest_room: UUID) -> None:
    await store(desk, "facility-reports", make.report(places_free=1))
    referral = make.lone_referral()
    await store(phone, "referrals", referral)
    wanted = {"id": make.new_id(), "referral_id": referral["id"], "facility_id": str(rest_room)}
    met: dict[str, Any] = {}
    for body in BODIES:
        good = json.dumps({"items": [wanted], **wanted}).encode()  # as an envelope, which it is not
        answer = await exchange(phone, "/v1/capacity/holds", body.made(good), body.headers)
        met[body.name] = answer.status_code, answer.json()["type"].removeprefix("/problems/")
    assert met == {body.name: body.expected for body in BODIES}
    assert (await phone.get("/v1/capacity/holds")).json() == {"items": []}
    assert (await phone.post("/v1/capacity/holds", json=wanted)).json()["state"] == "live"


async def test_do_no_harm_to_an_enrolment(client: httpx.AsyncClient) -> None:
    for body in BODIES:
        good = json.dumps({"code": CANARY, "public_key": {}, "items": [{"id": CANARY}]}).encode()
        headers = {"Content-Type": "application/json"} | body.headers
        answer = await client.post("/v1/enrolments", content=body.made(good), headers=headers)
        assert 400 <= answer.status_code < 500
        assert CANARY not in answer.text


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
