"""Tokens and proofs nobody sends in good faith; `test_routes.py` fills every other parameter."""

import json

import httpx
import pytest

from app.demo.device import Device
from tests.hostile.corpus import CANARY


def checked(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code < 500, answer.text
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    return answer


async def test_tokens_are_refused_without_being_repeated(client: httpx.AsyncClient, phone: Device) -> None:
    words = [CANARY, f"Bearer {CANARY}", f"Bearer {phone.token[:-1]}", f"Bearer {phone.token}x", f"Basic {CANARY}"]
    words += ["Bearer", "Bearer ", "bearer mrd_" + CANARY * 1_000, f"Bearer {phone.token} {CANARY}"]
    for word in words:
        answer = checked(await client.get("/v1/me", headers={"Authorization": word}))
        assert answer.status_code == 401
        assert phone.token not in answer.text
    raw = [(b"authorization", b"Bearer \xff\xfe" + CANARY.encode())]
    assert checked(await client.get("/v1/me", headers=raw)).status_code == 401


async def test_proofs_are_refused_without_being_repeated(client: httpx.AsyncClient, phone: Device) -> None:
    proof = phone.proof(jti=CANARY)
    for word in (CANARY, f"{CANARY}.{CANARY}.{CANARY}", "..", proof + "x", proof * 20, CANARY * 2_000):
        answer = checked(await client.post("/v1/tokens", headers={"DPoP": word}))
        assert answer.status_code in {400, 401, 422}


async def test_secrets_never_reach_a_log(
    client: httpx.AsyncClient, phone: Device, caplog: pytest.LogCaptureFixture
) -> None:
    await phone.renew()
    await phone.get("/v1/me", params={"token": phone.token})
    await client.post("/v1/enrolments", json={"code": CANARY, "public_key": phone.public_key})
    logged = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("http"))
    assert phone.token not in logged
    assert phone.public_key["x"] not in logged
    assert "127.0.0.1" not in logged


REFUSALS = [
    ({}, "GET", "/v1/me", 401, "/v1/me", "nobody"),
    ({"Authorization": f"Bearer {CANARY}"}, "GET", "/v1/me", 401, "/v1/me", "nobody"),
    (None, "GET", "/v1/metrics/flows?from=2026-01-01&to=2026-02-01", 403, "/v1/metrics/flows", "team_device"),
    (None, "GET", f"/v1/nowhere/{CANARY}", 404, "unmatched", "nobody"),
    (None, "DELETE", "/v1/encounters", 405, "/v1/encounters", "nobody"),
    (None, "POST", "/v1/encounters", 415, "/v1/encounters", "team_device"),
    (None, "GET", f"/v1/referrals?size={CANARY}", 422, "/v1/referrals", "team_device"),
]


@pytest.mark.parametrize(("said", "method", "path", "status", "route", "role"), REFUSALS)
async def test_a_refusal_leaves_a_line_that_says_where_and_to_which_role(
    client: httpx.AsyncClient,
    phone: Device,
    caplog: pytest.LogCaptureFixture,
    said: dict[str, str] | None,
    method: str,
    path: str,
    status: int,
    route: str,
    role: str,
) -> None:
    headers = {"Authorization": f"Bearer {phone.token}"} if said is None else said
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code == status
    [line] = [json.loads(one.getMessage()) for one in caplog.records if one.name == "maraude.request"][-1:]
    assert (line["route"], line["status"], line["role"]) == (route, status, role)
    assert line["request"] == answer.headers["x-request-id"]
