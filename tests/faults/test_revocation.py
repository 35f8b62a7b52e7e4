"""Who is shut out is refused within a second, by every process."""

import asyncio
import time

import httpx

from app.http.context import Context
from tests import members
from tests.faults.conftest import Street

_OFTEN_S = 0.02


async def refused_after(client: httpx.AsyncClient, headers: dict[str, str], since: float) -> float:
    """Keep asking until refused; return the seconds since `since`."""
    while time.monotonic() < since + 5:
        asked_at = time.monotonic()
        answer = await client.get("/v1/me", headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return asked_at - since
        await asyncio.sleep(_OFTEN_S)
    return 5.0


async def test_a_revoked_device_is_refused_within_a_second_everywhere(street: Street, context: Context) -> None:
    headers = street.bearer()
    for client in street.clients:  # remembered by all
        assert (await client.get("/v1/me", headers=headers)).status_code == httpx.codes.OK
    await members.revoke(context, street.house, street.phone)
    since = time.monotonic()
    times = await asyncio.gather(*(refused_after(client, headers, since) for client in street.clients * 4))
    assert max(times) <= 1.0 + 0.3  # and how long a question takes on a busy machine


async def test_it_stays_refused(street: Street, context: Context) -> None:
    headers = street.bearer()
    await members.revoke(context, street.house, street.phone)
    await asyncio.sleep(1.1)
    for client in street.clients:
        for _ in range(5):
            assert (await client.get("/v1/me", headers=headers)).status_code == httpx.codes.UNAUTHORIZED
