"""Who asks too often is told when to come back, and nobody else notices."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.http.context import Context
from app.http.rates import DEVICE, ENROLMENT, Rates
from app.identity.vocabulary import Role
from app.main import create_app
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.openapi_checks import CheckedTransport, Contract

_POLICY = re.compile(r'"(?P<name>[a-z-]+)";q=(?P<q>[0-9]+);w=(?P<w>[0-9]+)')
_LEFT = re.compile(r'"(?P<name>[a-z-]+)";r=(?P<r>[0-9]+);t=(?P<t>[0-9]+)')


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def busy(app: FastAPI, settings: Settings, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the same service with its limits as they are by default, 100 times lower."""
    kept = app.state.rates
    strict = Rates(settings.model_copy(update={"rate_scale": 0.01, "trusted_hops": 1}))
    vars(kept).update(vars(strict))
    transport = CheckedTransport(httpx.ASGITransport(app=app), contract)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as caller:
        yield caller
    vars(kept).update(vars(Rates(settings)))


@pytest.fixture
async def token(client: httpx.AsyncClient, context: Context) -> str:
    await places.seeded(context)
    return str((await members.enrolled(client, context, await members.found(context))).token)


def bearer(token: str, address: str = "203.0.113.1") -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}


class TestADevice:
    async def test_that_asks_too_often_is_told_when_to_come_back(self, token: str, busy: httpx.AsyncClient) -> None:
        answers = [await busy.get("/v1/me", headers=bearer(token)) for _ in range(DEVICE.amount // 100 + 1)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429]
        refused = answers[-1]
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert refused.json()["policy"] == "device"
        assert 1 <= int(refused.headers["retry-after"]) == refused.json()["retry_after_s"] <= DEVICE.window_s

    async def test_reads_on_each_answer_how_it_stands(self, token: str, busy: httpx.AsyncClient) -> None:
        for left in (5, 4, 3):
            answer = await busy.get("/v1/me", headers=bearer(token))
            assert _POLICY.fullmatch(answer.headers["ratelimit-policy"]).groupdict() == {  # type: ignore[union-attr]
                "name": "device", "q": "6", "w": "60",
            }  # fmt: skip
            found = _LEFT.fullmatch(answer.headers["ratelimit"])
            assert found is not None
            assert (found["name"], found["r"]) == ("device", str(left))

    async def test_stops_nobody_else(self, context: Context, token: str, busy: httpx.AsyncClient) -> None:
        answers = [await busy.get("/v1/me", headers=bearer(token)) for _ in range(7)]
        assert answers[-1].status_code == 429
        account = await members.account_token(context, await members.found(context), Role.dpo)
        assert (await busy.get("/v1/me", headers=bearer(account))).status_code == 200

    async def test_that_was_stopped_has_stored_nothing(self, token: str, busy: httpx.AsyncClient) -> None:
        for _ in range(6):
            await busy.get("/v1/me", headers=bearer(token))
        item = make.encounter()
        answer = await busy.post("/v1/encounters", json=make.envelope([item]), headers=bearer(token))
        assert answer.status_code == 429


class TestAnAddress:
    async def test_cannot_try_codes_for_ever(self, busy: httpx.AsyncClient) -> None:
        tries = [
            await busy.post(
                "/v1/enrolments", json={}, headers={"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.{number}"}
            )
            for number in range(2)
        ]
        assert [answer.status_code for answer in tries] == [422, 429]
        assert tries[1].json()["policy"] == ENROLMENT.name
        elsewhere = await busy.post("/v1/enrolments", json={}, headers={"X-Forwarded-For": "198.51.101.1"})
        assert elsewhere.status_code == 422

    async def test_is_stopped_before_anything_is_read(self, busy: httpx.AsyncClient) -> None:
        answers = [await busy.get("/problems", headers={"X-Forwarded-For": "2001:db8::1"}) for _ in range(61)]
        assert {answer.status_code for answer in answers[:60]} == {200}
        refused = answers[60]
        assert (refused.status_code, refused.json()["policy"]) == (429, "address")
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "ratelimit" not in answers[0].headers

    async def test_is_written_nowhere(self, busy: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        for _ in range(61):
            await busy.get("/problems", headers={"X-Forwarded-For": "198.51.107.77"})
        assert "198.51" not in "".join(
            record.getMessage() for record in caplog.records if not record.name.startswith("http")
        )


async def test_the_default_limits_let_a_phone_send_a_night_of_single_posts(
    settings: Settings, clock: SetClock, contract: Contract
) -> None:
    clock.now = NIGHT
    app = create_app(settings.model_copy(update={"rate_scale": 1.0}), clock=clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=CheckedTransport(httpx.ASGITransport(app=app), contract), base_url="http://127.0.0.1:8000"
        ) as caller,
    ):
        context: Context = app.state.context
        await places.seeded(context)
        phone = await members.enrolled(caller, context, await members.found(context))
        for _ in range(100):
            answer = await phone.post("/v1/encounters", json=make.envelope([make.encounter()]))
            assert answer.status_code == 200
