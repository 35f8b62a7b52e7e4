"""What everybody outside may read live says nothing of a record about a person: with it or without, it is the same."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from app.metrics.refreshing import refresh
from tests import make, members, plans
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.street import store

_LATER = NIGHT + timedelta(days=9)


@pytest.fixture
async def plan(context: Context, city: None) -> str:  # noqa: ARG001 - its perimeter lies in a city
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code, valid_from="2026-01-01", valid_to="2028-01-01"))
    return code


async def _outside(client: httpx.AsyncClient, token: str, plan: str) -> dict[str, Any]:
    """Return what a monitor reads live; when it was asked is left out."""
    read: dict[str, Any] = {}
    for path in ("/v1/kpis", "/v1/plan/alerts"):
        answer = await client.get(path, params={"plan": plan}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        read[path] = sorted(items, key=str)
    return read


@pytest.mark.parametrize("recomputed", [False, True], ids=["from records", "from facts"])
async def test_one_encounter_with_all_that_came_of_it_changes_no_figure_of_a_monitor(
    client: httpx.AsyncClient,
    context: Context,
    plan: str,
    house: House,
    phone: Device,
    clock: SetClock,
    recomputed: bool,  # noqa: FBT001 - a case
) -> None:
    clock.now = _LATER
    token = await members.account_token(context, house, Role.monitor)
    before = await _outside(client, token, plan)
    assert before["/v1/kpis"]
    await phone.renew()
    met: datetime = NIGHT + timedelta(days=3)
    directed = make.referral(kind="emergency_housing", accompanied=True)
    await store(phone, "encounters", make.encounter(occurred_at=met, card=make.code(), referrals=[directed]))
    came = make.event(referral_id=directed["id"], state="admitted", occurred_at=met + timedelta(hours=1))
    await store(phone, "referral-events", came)
    await store(phone, "stay-exits", make.stay_exit(referral_id=directed["id"], occurred_at=met + timedelta(hours=40)))
    if recomputed:
        await refresh(context.database)
    assert await _outside(client, token, plan) == before
