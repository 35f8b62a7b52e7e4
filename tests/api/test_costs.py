"""Cost per outcome over the wire: published outcomes only, by the register's payments."""

from datetime import UTC, datetime

import httpx

from app.http.context import Context
from app.identity.vocabulary import Role
from app.referrals.models import Referral
from app.releases.definitions import read_period
from app.releases.service import compute
from tests import make, members, plans, planted
from tests.clock import SetClock
from tests.members import House


async def test_what_was_paid_is_divided_by_what_was_published(
    client: httpx.AsyncClient, context: Context, house: House, clock: SetClock
) -> None:
    plan = f"plan-{make.new_id()}"
    paid = [
        plans.entry(
            "amount",
            plan=plan,
            on=f"2026-{month:02}-03",
            code=f"l{month}",
            nature="expenditure",
            year=2026,
            cents=30_000_00,
        )
        for month in (1, 4, 7, 10)
    ]
    await plans.record(context, *plans.base(plan, valid_from="2026-01-01", valid_to="2028-01-01"), *paid)
    at = datetime(2026, 4, 10, 12, tzinfo=UTC)
    made = [planted.referral(house, at, rk=n * 7919, admitted_at=at, arrived_at=at) for n in range(80)]
    await planted.plant(context, Referral, made)
    period = read_period("2026-Q2")
    assert period is not None
    await compute(context, period, datetime(2026, 7, 17, tzinfo=UTC))
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    reader = {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}
    release = (await client.get("/v1/releases/2026-Q2", headers=reader)).json()
    [count] = [
        cell["value"] for cell in release["cells"]
        if (cell["place"], cell["dimension"], cell["category"]) == ("*", "stage", "admitted")
    ]  # fmt: skip
    answer = (await client.get("/v1/plan/costs", headers=reader, params={"plan": plan})).json()
    items = {one["period"]: one for one in answer["items"]}
    assert items.keys() == {"2026", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"}
    rows = {(name, row["outcome"], row["lag_quarters"]): row for name, one in items.items() for row in one["rows"]}
    assert len(rows) == 5 * 2 * 5
    for quarter, lag in (("2026-Q2", 0), ("2026-Q1", 1)):
        row = rows[quarter, "admitted", lag]
        assert (row["euros"], row["releases"]) == (round(30_000_00 / count) / 100, ["2026-Q2"])
        assert row["low"] < row["euros"] < row["high"]
    assert rows["2026-Q2", "arrived", 0]["missing"] == "suppressed"
    assert rows["2026", "admitted", 0]["missing"] == "no_release"
    assert all((row["euros"] is None) == (row["missing"] is not None) for row in rows.values())
    assert all(answer["certainty"].values())
    told = (await client.get("/v1/plan/costs.csv", headers=reader, params={"plan": plan})).text.splitlines()
    assert len(told) == 1 + len(rows)
    assert told[0].endswith(",missing_en,certainty_fr,certainty_en")
    assert all(line.endswith(f'"{answer["certainty"]["en"]}"') for line in told[1:])
