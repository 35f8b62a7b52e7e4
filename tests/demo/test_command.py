"""`maraude demo` as typed, on both databases."""

import asyncio

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from app.cli import build
from app.db.engine import Database
from app.demo import queries
from app.settings import Settings


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))


async def demo(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(), ["demo", "--quiet", *words])


async def encounters(settings: Settings) -> int:
    database = Database(settings, pooled=False)
    async with database.reading() as session:
        found = (await session.execute(select(func.count()).select_from(queries.ENCOUNTER))).scalar_one()
    await database.close()
    return int(found)


async def test_without_a_city_there_are_no_credentials() -> None:
    result = await demo("--credentials")
    assert result.exit_code == 1
    assert "run `maraude demo`" in result.stderr


async def test_a_city_is_loaded_once_and_hands_out_its_keys(settings: Settings) -> None:
    first = await demo("--years", "0.03", "--scale", "2", "--if-empty")
    assert first.exit_code == 0, first.output
    assert "conflict 0, rejected 0" in first.stdout
    assert "straight into the tables, not posted" in first.stdout
    assert first.stdout.count("mrd_") == 4
    there = await encounters(settings)
    assert there > 300

    again = await demo("--if-empty")
    assert again.exit_code == 0
    assert "nothing was loaded" in again.stdout
    refused = await demo()
    assert refused.exit_code == 1
    assert "wants an empty database" in refused.stderr
    assert await encounters(settings) == there

    fresh = await demo("--credentials")
    assert fresh.exit_code == 0
    assert fresh.stdout.count("mrd_") == 4
    assert fresh.stdout != first.stdout
