"""Paths, queries and headers nobody sends in good faith."""

import httpx
import pytest

from app.demo.device import Device
from tests.hostile.corpus import CANARY

WORDS = [
    CANARY,
    f"{CANARY}\x00",
    f"{CANARY}\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    CANARY * 100,
    "../../etc/passwd",
    "%00",
    "-1",
    str(2**70),
    "1e400",
    "NaN",
    "",
    "'",
    "[]",
]
READS = {
    "/v1/changes": ["after", "size"],
    "/v1/referrals": ["state", "cursor", "size"],
    "/v1/referral-events/pending": ["cursor", "size"],
    "/v1/facilities": ["cursor", "size"],
    "/v1/encounters": ["dry_run"],
    "/v1/capacity/holds": ["cursor", "size"],
    "/v1/capacity/now": ["territory", "kind", "size"],
    "/v1/metrics/unmet-demand": ["from", "to", "territory", "kind", "group_by"],
    "/v1/metrics/funnel": ["from", "to", "territory", "kind", "group_by", "horizon_days"],
}


def checked(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code < 500, answer.text
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    return answer


@pytest.mark.parametrize("path", READS)
async def test_queries_are_refused_without_being_repeated(phone: Device, path: str) -> None:
    for name in [*READS[path], CANARY]:
        for word in WORDS:
            method = "POST" if path == "/v1/encounters" else "GET"
            checked(await phone.request(method, path, params={name: word}))
            checked(await phone.request(method, path, params=[(name, word)] * 30))


@pytest.mark.parametrize("path", ["/v1/referrals/", "/v1/facilities/", "/v1/capacity/", "/v1/", "/problems/", "/"])
async def test_paths_lead_nowhere_without_being_repeated(phone: Device, path: str) -> None:
    for word in (CANARY, f"{CANARY}%00", f"{CANARY}%F0%9F%98%80", "%FF%FE", "..%2F..%2F" + CANARY, CANARY * 500):
        answer = checked(await phone.get(f"{path}{word}"))
        assert answer.status_code in {404, 422}


async def test_holds_that_are_none_are_given_up_by_nobody(phone: Device) -> None:
    words = (CANARY, f"{CANARY}%00", "%FF%FE", "..%2F..%2F" + CANARY, CANARY * 500, "0" * 32, str(2**70), "%7B%7D")
    for word in words:
        answer = checked(await phone.request("DELETE", f"/v1/capacity/holds/{word}"))
        assert answer.status_code in {404, 422}
        assert checked(await phone.get(f"/v1/capacity/holds/{word}")).status_code in {404, 405}


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
