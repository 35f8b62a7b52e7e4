"""`maraude release`: freezing a period by hand, and seeing what there is."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from app.cli import build
from app.clock import utc_now
from app.encounters.models import Encounter
from app.http.context import Context
from app.releases.definitions import of_day
from app.releases.models import Release
from app.releases.vocabulary import Span
from app.settings import Settings
from tests import members, places, planted
from tests.street import rows

LAST_YEAR = of_day((utc_now() - timedelta(days=400)).date(), Span.month)


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))


async def call(*command: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(), ["release", *command])


async def test_compute_freezes_a_period_once_and_list_shows_it(context: Context) -> None:
    await places.seeded(context)
    house = await members.found(context)
    at = datetime(LAST_YEAR.since.year, LAST_YEAR.since.month, 10, 14, tzinfo=UTC)
    await planted.plant(context, Encounter, [planted.encounter(house, at, rk=n) for n in range(50)])
    first, second = [await call("compute", "--period", LAST_YEAR.code) for _ in range(2)]
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "frozen (sha256" in first.stdout
    assert "already there, and left as it is" in second.stdout
    [kept] = await rows(context, Release, id=LAST_YEAR.code)
    [shown] = json.loads((await call("list", "--json")).stdout)
    assert (shown["id"], shown["sha256"]) == (LAST_YEAR.code, kept["digest"].hex())


async def test_compute_refuses_a_period_that_is_not_due(context: Context) -> None:
    await places.seeded(context)
    done = await call("compute", "--period", of_day(utc_now().date(), Span.month).code)
    assert (done.exit_code, "is published from" in done.stderr) == (1, True)


@pytest.mark.parametrize("period", ["yesterday", "2026-W03", "2026-13", ""])
async def test_compute_refuses_what_names_no_period(period: str) -> None:
    done = await call("compute", "--period", period)
    assert (done.exit_code, "A period is a month" in done.stderr) == (1, True)
