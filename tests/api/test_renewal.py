import asyncio
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from app.demo.device import Device, RefusedError
from app.http.context import Context
from app.identity.proofs import is_fresh
from tests.clock import SetClock
from tests.members import House, enrolled, found, revoke


@pytest.fixture(scope="module")
async def house(context: Context) -> House:
    return await found(context)


@pytest.fixture
async def phone(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    return await enrolled(client, context, house)


def is_challenge(answer: httpx.Response, context: Context) -> bool:
    """Refused, with all that is needed to try again."""
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/proof-refused"
    assert answer.headers["WWW-Authenticate"].startswith("DPoP")
    assert parsedate_to_datetime(answer.headers["Date"]) == context.clock().replace(microsecond=0)
    assert len(answer.headers.get_list("date")) == 1
    return is_fresh(context.keyring, answer.headers["DPoP-Nonce"], context.clock())


async def test_a_proof_gets_a_fresh_token_and_the_old_one_stays_good(
    client: httpx.AsyncClient, phone: Device, clock: SetClock, context: Context
) -> None:
    old = phone.token
    clock.advance(timedelta(hours=23))
    await phone.renew()
    assert phone.token != old
    for token in (old, phone.token):
        me = await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200
    assert datetime.fromisoformat(me.json()["expires_at"]) == context.clock() + timedelta(hours=24)


async def test_the_answer_carries_the_next_nonce(phone: Device, context: Context) -> None:
    answer = await phone.send_proof(phone.proof())
    assert answer.status_code == 200
    assert answer.json()["nonce"] == answer.headers["DPoP-Nonce"]
    assert is_fresh(context.keyring, answer.json()["nonce"], context.clock())


async def test_a_phone_switched_off_for_months_comes_back(phone: Device, clock: SetClock) -> None:
    clock.advance(timedelta(days=100))
    assert (await phone.get("/v1/me")).status_code == 200


@pytest.mark.parametrize("wrong_by", [timedelta(days=-3000), timedelta(minutes=-6), timedelta(days=40)], ids=str)
async def test_a_phone_whose_clock_is_wrong_learns_the_time_and_gets_in(
    phone: Device, context: Context, clock: SetClock, wrong_by: timedelta
) -> None:
    phone._clock = lambda: context.clock() + wrong_by
    assert is_challenge(await phone.send_proof(phone.proof()), context)
    await phone.renew()
    assert abs(phone.now - context.clock()) <= timedelta(seconds=1)
    clock.advance(timedelta(hours=30))
    assert (await phone.get("/v1/me")).status_code == 200


async def test_no_proof_at_all_is_answered_with_a_nonce(client: httpx.AsyncClient, context: Context) -> None:
    assert is_challenge(await client.post("/v1/tokens"), context)


async def test_a_bearer_token_is_no_proof(client: httpx.AsyncClient, phone: Device, context: Context) -> None:
    headers = {"Authorization": f"Bearer {phone.token}", "DPoP": phone.token}
    assert is_challenge(await client.post("/v1/tokens", headers=headers), context)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None},
        {"nonce": "A" * 32},
        {"iat": 0},
        {"htm": "GET"},
        {"htu": "http://127.0.0.1:8000/v1/enrolments"},
        {"htu": "https://elsewhere.example/v1/tokens"},
        {"jti": None},
    ],
    ids=str,
)
async def test_a_proof_made_for_something_else_is_refused(
    phone: Device, context: Context, changes: dict[str, Any]
) -> None:
    assert is_challenge(await phone.send_proof(phone.proof(**changes)), context)


async def test_a_stale_nonce_is_refused_and_replaced(phone: Device, context: Context, clock: SetClock) -> None:
    clock.advance(timedelta(minutes=5, seconds=1))
    assert is_challenge(await phone.send_proof(phone.proof()), context)
    await phone.renew()


async def test_a_proof_is_good_once(phone: Device, context: Context) -> None:
    proof = phone.proof()
    assert (await phone.send_proof(proof)).status_code == 200
    assert is_challenge(await phone.send_proof(proof), context)


async def test_a_proof_sent_many_times_at_once_is_good_once(phone: Device) -> None:
    proof = phone.proof()
    answers = await asyncio.gather(*(phone.send_proof(proof) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_proof_stays_refused_for_as_long_as_it_would_hold(phone: Device, clock: SetClock) -> None:
    ahead = int((phone.now + timedelta(minutes=5)).timestamp())
    proof = phone.proof(iat=ahead)
    assert (await phone.send_proof(proof)).status_code == 200
    for _ in range(10):
        clock.advance(timedelta(minutes=1))
        assert (await phone.send_proof(proof)).status_code == 401


async def test_a_lost_answer_locks_nobody_out(phone: Device) -> None:
    assert (await phone.send_proof(phone.proof())).status_code == 200  # and the phone never sees it
    assert (await phone.get("/v1/me")).status_code == 200
    await phone.renew()


async def test_a_key_nobody_enrolled_and_a_revoked_one_are_refused_alike(
    client: httpx.AsyncClient, phone: Device, context: Context, house: House
) -> None:
    stranger = Device(client, context.settings.public_url, context.clock)
    challenge = await stranger.send_proof(stranger.proof())
    stranger._learn(challenge)
    unknown = await stranger.send_proof(stranger.proof())
    await revoke(context, house, phone)
    revoked = await phone.send_proof(phone.proof())
    assert is_challenge(unknown, context)
    assert is_challenge(revoked, context)
    assert unknown.json() == revoked.json() == challenge.json()
    with pytest.raises(RefusedError):
        await phone.renew()


async def test_an_overlong_proof_is_not_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/tokens", headers={"DPoP": "x" * 3000})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?DPoP"


async def test_a_proof_by_another_alphabet_is_refused(client: httpx.AsyncClient, context: Context) -> None:
    assert is_challenge(await client.post("/v1/tokens", headers=[(b"DPoP", "é.é.é".encode("latin-1"))]), context)
