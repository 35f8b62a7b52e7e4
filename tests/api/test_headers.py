"""What stands on every answer for the sake of a browser that meets it, whether the answer is good or not."""

import httpx
import pytest

from app.demo.device import Device

_SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "cache-control": "no-store",
}


def told(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in _SAFE}


async def test_stand_on_what_is_found(phone: Device) -> None:
    answer = await phone.get("/v1/me")
    assert answer.status_code == 200
    assert told(answer) == _SAFE


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/v1/me", 401), ("/v1/nowhere", 404)])
async def test_stand_on_what_strangers_are_told(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert told(answer) == _SAFE


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PATCH"])
async def test_stand_on_the_refusal_of_a_method_that_is_not_offered(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/v1/encounters")
    assert answer.status_code == 405
    assert told(answer) == _SAFE


async def test_allow_no_other_origin_to_read(phone: Device) -> None:
    answer = await phone.get("/v1/me", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_say_nothing_of_what_the_service_is_made_of(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert not {"server", "x-powered-by", "via"} & answer.headers.keys()
