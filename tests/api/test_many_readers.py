"""More readers than connections: all are answered."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.demo.device import Device
from app.http import context as dependencies
from app.http.context import Context
from app.identity.access import Guard
from app.identity.service import Authenticator
from app.identity.vocabulary import Role
from tests.members import House, account_token, enrolled

READERS = 12


@pytest.mark.parametrize(
    "path",
    [
        "/v1/changes",
        "/v1/referrals",
        "/v1/referral-events/pending",
        "/v1/facilities",
        "/v1/reference",
        "/v1/me",
        "/v1/metrics/funnel?from=2026-03-01&to=2026-04-01",
    ],
)
async def test_that_must_all_be_recognised_first_are_answered(
    app: FastAPI, client: httpx.AsyncClient, context: Context, house: House, phone: Device, path: str
) -> None:
    assert context.settings.read_connections < READERS
    tokens = [(await enrolled(client, context, house)).token for _ in range(READERS)]
    if "metrics" in path:
        tokens = [await account_token(context, house, Role.coordinator) for _ in range(READERS)]
    app.state.authenticator = Authenticator()  # nobody is remembered
    asked = (client.get(path, headers={"Authorization": f"Bearer {token}"}) for token in tokens)
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    assert (await phone.get("/v1/me")).status_code == 200


def test_every_route_recognises_its_caller_before_it_takes_a_connection(app: FastAPI) -> None:
    sessions = {dependencies._reading, dependencies._analysing, dependencies._writing}
    checked = 0
    for route in iter_route_contexts(app.routes):
        dependant: Dependant | None = getattr(route, "dependant", None)
        taken = list(_in_order(dependant)) if dependant else []
        guards = [place for place, call in enumerate(taken) if isinstance(call, Guard)]
        opened = [place for place, call in enumerate(taken) if call in sessions]
        if guards and opened:
            assert max(guards) < min(opened), route.name
            checked += 1
    assert checked >= 8


def _in_order(dependant: Dependant) -> list[object]:
    """Return what a route depends on, in the order in which it is resolved."""
    found: list[object] = []
    for one in dependant.dependencies:
        found += [*_in_order(one), one.call]
    return found
