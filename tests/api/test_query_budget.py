"""An account's questions for figures of one day are counted where every worker sees them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.http.context import Context
from app.identity.vocabulary import Role
from app.main import create_app
from app.settings import Settings
from tests import members, places
from tests.clock import NIGHT, SetClock
from tests.openapi_checks import CheckedTransport, Contract
from tests.street import notes

_BUDGET = 4
_PERIOD = {"from": "2026-02-15", "to": "2026-03-15"}


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"query_budget": _BUDGET, "token_lifetime": timedelta(days=1000)})


@pytest.fixture(scope="module")
async def other_worker(settings: Settings, clock: SetClock, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """A second worker over the same database."""
    app = create_app(settings, clock=clock)
    transport = CheckedTransport(httpx.ASGITransport(app=app), contract)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as caller,
    ):
        yield caller


@pytest.fixture
async def house(context: Context) -> members.House:
    await places.seeded(context)
    return await members.found(context)


@pytest.fixture
async def headers(context: Context, house: members.House) -> dict[str, str]:
    """What a coordinator of this test's own shows."""
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.coordinator)}"}


async def ask(client: httpx.AsyncClient, headers: dict[str, str], what: str = "metrics/flows") -> httpx.Response:
    return await client.get(f"/v1/{what}", params=_PERIOD, headers=headers)


async def test_a_question_beyond_the_budget_is_told_when_the_next_day_begins(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    asked = ("metrics/flows", "metrics/reach", "indicators/referrals_offered", "indicators/referrals_offered.csv")
    for left, what in zip((3, 2, 1, 0), asked, strict=True):
        answer = await ask(client, headers, what)
        assert answer.status_code == 200
        assert f'"questions-a-day";r={left};t=' in answer.headers["ratelimit"]
        assert f'"questions-a-day";q={_BUDGET};w=86400' in answer.headers["ratelimit-policy"]
    refused = await ask(client, headers)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/budget-spent")
    again = datetime.fromisoformat(refused.json()["starts_again_at"])
    assert (again.hour, again.minute) == (0, 0)
    assert again.astimezone(UTC) == NIGHT + timedelta(seconds=int(refused.headers["retry-after"]))


async def test_the_budget_is_whole_again_after_midnight_in_paris(
    client: httpx.AsyncClient, headers: dict[str, str], clock: SetClock
) -> None:
    for _ in range(_BUDGET):
        await ask(client, headers)
    wait = int((await ask(client, headers)).headers["retry-after"])
    clock.now = NIGHT + timedelta(seconds=wait - 1)
    assert (await ask(client, headers)).status_code == 429
    clock.now = NIGHT + timedelta(seconds=wait)
    assert (await ask(client, headers)).status_code == 200


async def test_two_workers_count_together_even_at_once(
    client: httpx.AsyncClient, other_worker: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answers = await asyncio.gather(*(ask(one, headers) for _ in range(4) for one in (client, other_worker)))
    assert sorted(answer.status_code for answer in answers) == [200] * _BUDGET + [429] * 4


async def test_an_account_spends_nobody_elses_budget(
    client: httpx.AsyncClient, context: Context, house: members.House, headers: dict[str, str]
) -> None:
    for _ in range(_BUDGET + 1):
        await ask(client, headers)
    other = {"Authorization": f"Bearer {await members.account_token(context, house, Role.coordinator)}"}
    assert (await ask(client, other)).status_code == 200


async def test_every_question_answered_is_written_down_and_no_refused_one_is_answered(
    client: httpx.AsyncClient, context: Context, house: members.House, headers: dict[str, str]
) -> None:
    for _ in range(_BUDGET + 2):
        await ask(client, headers)
    assert len(await notes(context, house.org_id, "metrics.flows")) == _BUDGET


async def test_a_refused_question_is_written_down_with_what_was_asked(
    client: httpx.AsyncClient, context: Context, house: members.House, headers: dict[str, str]
) -> None:
    for _ in range(_BUDGET):
        await ask(client, headers)
    assert await notes(context, house.org_id, "metrics.refuse") == []
    assert (await ask(client, headers, "indicators/referrals_offered")).status_code == 429
    [note] = await notes(context, house.org_id, "metrics.refuse")
    assert note["question"] == "metrics.indicators"
    assert (note["from"], note["to"], note["code"]) == (*_PERIOD.values(), "referrals_offered")


async def test_as_many_refused_questions_are_written_down_as_answered_ones_and_none_is_answered_later(
    client: httpx.AsyncClient,
    other_worker: httpx.AsyncClient,
    context: Context,
    house: members.House,
    headers: dict[str, str],
    clock: SetClock,
) -> None:
    for _ in range(2 * _BUDGET):
        for worker in (client, other_worker):
            await ask(worker, headers)
    assert len(await notes(context, house.org_id, "metrics.flows")) == _BUDGET
    assert len(await notes(context, house.org_id, "metrics.refuse")) == _BUDGET
    clock.advance(timedelta(days=1))
    answer = await ask(client, headers)
    assert f'"questions-a-day";r={_BUDGET - 1};t=' in answer.headers["ratelimit"]


async def test_what_cannot_be_asked_costs_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for _ in range(_BUDGET + 1):
        assert (await ask(client, headers, "indicators/happiness")).status_code == 404
        refused = await client.get("/v1/metrics/flows", params=_PERIOD | {"to": "2026-01-01"}, headers=headers)
        assert refused.status_code == 422
    assert (await ask(client, headers)).status_code == 200
