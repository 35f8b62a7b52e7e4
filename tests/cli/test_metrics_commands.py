"""`maraude metrics`: computing facts, throwing them away, holding them against a recount."""

import asyncio

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col
from typer.testing import CliRunner, Result

from app.cli import build
from app.demo.device import Device
from app.http.context import Context
from app.marks.models import StaleDay
from app.metrics.contacts.models import ContactFact
from app.metrics.refreshing import FACTS
from app.settings import Settings
from tests import make, members, places
from tests.members import House
from tests.street import rows, store


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))


@pytest.fixture
async def house(context: Context) -> House:
    await places.seeded(context)
    return await members.found(context)


@pytest.fixture
async def phone(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    return await members.enrolled(client, context, house)


async def call(command: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(), ["metrics", command])


async def test_refresh_computes_what_is_marked_and_says_how_many_days(
    phone: Device, context: Context, house: House
) -> None:
    await store(phone, "encounters", make.encounter(card=make.code()))
    done = await call("refresh")
    assert (done.exit_code, "1 days computed" in done.stderr) == (0, True)
    assert await rows(context, StaleDay, org_id=house.org_id) == []


async def test_verify_ends_with_1_when_a_fact_differs_and_rebuild_mends_it(
    phone: Device, context: Context, house: House
) -> None:
    await store(phone, "encounters", make.encounter(card=make.code()))
    await call("refresh")
    clean = await call("verify")
    assert (clean.exit_code, clean.stdout.count("equal to a recount")) == (0, len(FACTS))
    async with context.database.writing() as session:
        await session.execute(update(ContactFact).where(col(ContactFact.org_id) == house.org_id).values(contacts=99))
    found = await call("verify")
    assert found.exit_code == 1
    assert "facts differ from a recount" in found.stdout
    assert "maraude metrics rebuild" in found.stderr
    assert (await call("rebuild")).exit_code == 0
    assert (await call("verify")).exit_code == 0
