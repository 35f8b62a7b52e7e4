"""Reporting health as the service answers it is what plain Python finds in the rows."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.encounters.models import Encounter
from app.http.context import Context
from app.patrols.models import Patrol
from app.settings import Settings
from tests import members, places, planted
from tests.clock import SetClock
from tests.effort import examples
from tests.oracles.reporting import reporting
from tests.planted import Row, values

_QUARTERS = ["7511803", "7511804", "93066"]
_NOONS = [
    datetime(2026, 3, 28, 11, tzinfo=UTC),
    datetime(2026, 10, 24, 10, tzinfo=UTC),
    datetime(2026, 12, 31, 11, tzinfo=UTC),
]
_AS_OF = datetime(2027, 6, 1, 13, tzinfo=UTC)
_ENTERED = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every example."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=3000)})


@pytest.fixture(scope="module")
async def city(context: Context) -> None:
    await places.seeded(context)


def _facts(data: st.DataObject) -> dict[str, object]:
    return {
        "withdrawn": data.draw(st.sampled_from([False, False, False, True])),
        "skew_s": data.draw(st.sampled_from([0, -300, 300, 301, -301, 9000])),
    }


def _encounter(data: st.DataObject, house: members.House, noon: datetime) -> Row:
    at = noon + timedelta(minutes=data.draw(st.integers(0, 2 * 1440)))
    received = (at + timedelta(minutes=data.draw(st.integers(0, 400 * 60)))).replace(minute=0)
    known = {
        "gender": data.draw(st.sampled_from(["unknown", "woman"])),
        "age_band": data.draw(st.sampled_from(["unknown", "minor"])),
        "sleeping": data.draw(st.sampled_from(["unknown", "street"])),
        "first_contact": data.draw(st.sampled_from(["unknown", "no"])),
        "people_count": data.draw(st.sampled_from([1, 1, 4])),
        "territory": data.draw(st.sampled_from(_QUARTERS)),
        "first_received_at": received,
    }
    return planted.encounter(house, at, **known, **_facts(data))


def _patrol(data: st.DataObject, house: members.House, noon: datetime) -> Row:
    start = noon + timedelta(minutes=data.draw(st.integers(0, 2 * 1440)))
    end = data.draw(st.one_of(st.none(), st.integers(0, 600).map(lambda n: start + timedelta(minutes=n))))
    received = (start + timedelta(minutes=data.draw(st.integers(0, 400 * 60)))).replace(minute=0)
    listed = data.draw(st.lists(st.sampled_from(_QUARTERS), unique=True, max_size=2))
    return planted.patrol(house, start, end, territories=listed, first_received_at=received, **_facts(data))


@examples(30)
@given(st.data())
async def test_reporting_health_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    clock.now = _ENTERED
    house = await members.found(context)
    asker = await planted.asker(client, context, house)
    clock.now = _AS_OF
    noon = data.draw(st.sampled_from(_NOONS))
    encounters = [_encounter(data, house, noon) for _ in range(data.draw(st.integers(0, 6)))]
    patrols = [_patrol(data, house, noon) for _ in range(data.draw(st.integers(0, 4)))]
    await planted.plant(context, Encounter, encounters)
    await planted.plant(context, Patrol, patrols)
    day = noon.date()
    for since, until in ((day, day + timedelta(days=1)), (date(2026, 3, 1), date(2027, 2, 1))):
        for territory, codes in ((None, None), ("75118", {"7511803", "7511804"})):
            limit = {"territory": territory} if territory else {}
            shown = values({"measures": (await asker.ask("reporting", since, until, **limit))["measures"]})
            wanted = reporting(patrols, encounters, since, until, codes)
            assert {code: shown[code] for code in wanted} == pytest.approx(wanted)
