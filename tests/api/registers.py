"""A plan's register as its tests meet it: a code of their own, whoever keeps it, what it said and what was logged."""

import itertools
import json

import httpx
import pytest
from sqlalchemy import text

from app.http.context import Context
from app.identity.vocabulary import Role
from tests import members
from tests.make import Json
from tests.members import House

_numbers = itertools.count(1)


def fresh_code() -> str:
    """Return the code of a plan that nobody knows."""
    return f"plan-{next(_numbers)}"


@pytest.fixture
def code() -> str:
    """The code of a plan that no other test knows."""
    return fresh_code()


@pytest.fixture
async def secretary(client: httpx.AsyncClient, context: Context, house: House) -> "Secretary":
    """Whoever keeps the register."""
    return Secretary(client, await members.account_token(context, house, Role.plan_secretary), house)


class Secretary:
    """A client that shows a token."""

    def __init__(self, client: httpx.AsyncClient, token: str, house: House) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self.house = house

    async def post(self, *entries: Json) -> httpx.Response:
        return await self._client.post("/v1/plan/entries", json={"entries": entries}, headers=self._headers)

    async def enter(self, *entries: Json) -> list[str]:
        answer = await self.post(*entries)
        assert answer.status_code == 200, answer.text
        return [one["outcome"] for one in answer.json()["results"]]

    async def send(self, kind: str, body: str | bytes, **query: str) -> httpx.Response:
        headers = {**self._headers, "Content-Type": "text/csv"}
        return await self._client.post(f"/v1/plan/imports/{kind}", content=body, params=query, headers=headers)

    async def get(self, path: str, accept: str = "application/json", tag: str = "", **query: str) -> httpx.Response:
        shown = {**self._headers, "Accept": accept, "If-None-Match": tag}
        return await self._client.get(f"/v1/{path}", params=query, headers=shown)

    async def held(self, plan: str, kind: str) -> list[Json]:
        answer = await self.get("plan/entries", plan=plan, type=kind)
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        return items


def faults(answer: httpx.Response, status: int = 422) -> list[tuple[str, str]]:
    """Return where an answer says that something is wrong, and how."""
    assert answer.status_code == status, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


async def count(context: Context) -> int:
    """Return how many entries there are."""
    async with context.database.reading() as session:
        return int((await session.execute(text("SELECT count(*) FROM plan_entry"))).scalar_one())


async def logged(context: Context, house: House) -> list[tuple[str, Json]]:
    """Return what the log says of plans, in order."""
    key = house.org_id.bytes if context.database.is_sqlite else house.org_id
    asked = text("SELECT action, CAST(detail AS TEXT) FROM audit_entry WHERE org_id = :org ORDER BY number")
    async with context.database.reading() as session:
        found = (await session.execute(asked, {"org": key})).all()
    return [(action, json.loads(detail)) for action, detail in found if action.startswith("plan.")]
