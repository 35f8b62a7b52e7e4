"""`maraude plan snapshot | verify`."""

import asyncio

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.cli import build
from app.http.context import Context
from app.monitoring.snapshots.models import PlanSnapshot
from app.settings import Settings
from tests import make, places, plans
from tests.street import rows


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))


@pytest.fixture
async def plan(context: Context) -> str:
    await places.seeded(context)
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code))
    return code


async def call(*command: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(), ["plan", *command])


async def test_a_snapshot_is_frozen_once_and_verified(context: Context, plan: str) -> None:
    first, second, verified = [
        await call(*command, "--plan", plan) for command in (["snapshot"], ["snapshot"], ["verify"])
    ]
    assert (first.exit_code, second.exit_code, verified.exit_code) == (0, 0, 0), first.output
    [kept] = await rows(context, PlanSnapshot, plan=plan)
    assert f"frozen (number 1, sha256 {kept['digest'].hex()})" in first.stdout
    assert "already there, and left as it is" in second.stdout
    assert verified.stdout == f"{plan}: holds; 1 snapshots\n"


async def test_verify_says_what_is_wrong_and_fails(context: Context, plan: str) -> None:
    await call("snapshot", "--plan", plan)
    async with context.database.writing() as session:
        if context.database.is_sqlite:
            await session.execute(text("DROP TRIGGER plan_snapshot_no_delete"))
        await session.execute(text("DELETE FROM plan_snapshot WHERE plan = :plan"), {"plan": plan})
    done = await call("verify", "--plan", plan)
    assert done.exit_code == 1
    assert f"{plan}: DOES NOT HOLD; 0 snapshots\n  truncated: 1 cut off: the audit log remembers it" in done.stdout
    assert "The snapshots were tampered with." in done.stderr


async def test_an_unknown_plan_is_refused(context: Context, plan: str) -> None:  # noqa: ARG001 - another one is there
    done = await call("snapshot", "--plan", "no-such-plan")
    assert (done.exit_code, "no such plan" in done.stderr) == (1, True)
