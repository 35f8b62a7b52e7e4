"""The indicators of effort, reporting and territories say by themselves what their rooms say together."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.encounters.models import Encounter
from app.http.context import Context
from app.metrics.effort.definitions import INDICATORS as EFFORT
from app.metrics.indicator import Split
from app.metrics.reporting.definitions import INDICATORS as REPORTING
from app.metrics.territories.definitions import INDICATORS as TERRITORIES
from app.patrols.models import Patrol
from app.settings import Settings
from tests import planted
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker, values

_PERIOD = ("2026-03-01", "2026-05-01")
_OUT = datetime(2026, 3, 28, 20, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every test."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def asker(client: httpx.AsyncClient, context: Context, house: House, clock: SetClock) -> Asker:
    """A coordinator of an association that went out at the end of March and in April."""
    found = await planted.asker(client, context, house)
    for days in (0, 20):
        start = _OUT + timedelta(days=days)
        patrol = planted.patrol(house, start, start + timedelta(hours=5), territories=["7511803", "7511804"])
        met = [planted.encounter(house, start, territory=code, patrol_id=patrol["id"]) for code in ("7511803", "93066")]
        await planted.plant(context, Patrol, [patrol])
        await planted.plant(context, Encounter, met)
    clock.now = NIGHT + timedelta(days=90)
    return found


async def _figures(asker: Asker, code: str, **parameters: str) -> list[Json]:
    asked = {"from": _PERIOD[0], "to": _PERIOD[1], **parameters}
    headers = {"Authorization": f"Bearer {asker.token}"}
    answer = await asker.client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    figures: list[Json] = answer.json()["figures"]
    return figures


async def test_each_is_the_measure_of_its_room(asker: Asker) -> None:
    rooms = {
        "effort": (await asker.ask("effort", *_PERIOD))["total"],
        "reporting": await asker.ask("reporting", *_PERIOD),
        "territories": await asker.ask("territories", *_PERIOD),
    }
    shown = {code: value for room in rooms.values() for code, value in values(room).items()}
    alone = {code: await _figures(asker, code) for code in (*EFFORT, *REPORTING, *TERRITORIES)}
    assert {code: figures[0]["value"] for code, figures in alone.items() if code in shown} == shown
    assert alone.keys() - shown.keys() == {"territory_share", "weighted_displacement"}
    assert all(figure["value"] is not None or figure["reason"] for figures in alone.values() for figure in figures)


async def test_a_series_and_its_groups_add_up_to_the_whole(asker: Asker) -> None:
    months = await _figures(asker, "patrol_hours", granularity="month", split="team")
    assert [(one["period_from"], one["value"]) for one in months] == [("2026-03-01", 5), ("2026-04-01", 5)]
    assert {one["key"] for one in months} == {str(asker.house.team_id)}
    shares = await _figures(asker, "territory_share", granularity="month", split="territory")
    assert [(one["key"], one["value"]) for one in shares] == [
        ("7511803", 0.5), ("7511804", 0), ("93066", 0.5), ("7511803", 0.5), ("7511804", 0), ("93066", 0.5),
    ]  # fmt: skip
    silent = await _figures(asker, "silent_days", split="team")
    assert [(one["n"], one["denominator"]) for one in silent] == [(58, 60)]


@pytest.mark.parametrize("code", [*EFFORT, *REPORTING, *TERRITORIES])
async def test_each_may_be_split_as_it_says(asker: Asker, code: str) -> None:
    indicator = (EFFORT | REPORTING | TERRITORIES)[code]  # type: ignore[operator]  # mappings that are dicts
    for split in indicator.splits & {Split.team, Split.territory}:
        assert {figure["key"] for figure in await _figures(asker, code, split=split.value)} != {None}
    for granularity in indicator.granularities & {"month"}:
        assert len(await _figures(asker, code, granularity=granularity)) == 2
