"""The map the service answers is what plain Python finds in the rows."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.encounters.models import Encounter
from app.http.context import Context
from app.metrics.refreshing import refresh, verify
from app.patrols.models import Patrol
from tests import members, planted
from tests.clock import NIGHT, SetClock
from tests.effort import examples
from tests.oracles import territories as oracle
from tests.planted import Asker, Row, values
from tests.properties.cities import ALL_AT_ONCE

_QUARTERS = ["7511803", "7511804", "7512001", "93066"]
_DAY = datetime(2026, 3, 2, 11, tzinfo=UTC)
_AS_OF = datetime(2026, 6, 1, 13, tzinfo=UTC)


def _rows(data: st.DataObject, house: members.House) -> tuple[list[Row], list[Row]]:
    patrols, encounters = [], []
    for _ in range(data.draw(st.integers(0, 5))):
        start = _DAY + timedelta(minutes=data.draw(st.integers(-3000, 2900)))
        length = data.draw(st.one_of(st.none(), st.integers(0, 1445)))
        end = None if length is None else start + timedelta(minutes=length)
        listed = data.draw(st.lists(st.sampled_from(_QUARTERS), unique=True, max_size=3))
        patrols.append(planted.patrol(house, start, end, territories=listed, withdrawn=data.draw(st.booleans())))
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.sampled_from(_QUARTERS))
            facts = {
                "territory": place,
                "outside_perimeter": place == "93066",
                "people_count": data.draw(st.integers(1, 4)),
                "withdrawn": data.draw(st.sampled_from([False, False, True])),
                "patrol_id": data.draw(st.sampled_from([None, patrols[-1]["id"]])),
            }
            at = start + timedelta(days=data.draw(st.sampled_from([0, 0, 0, 1, -1, 2, -3])))
            encounters.append(planted.encounter(house, at, **facts))
    return patrols, encounters


@examples(4)
@given(st.data())
async def test_the_map_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    clock.now = NIGHT
    asker = await planted.asker(client, context, await members.found(context))
    clock.now = _AS_OF
    patrols, encounters = _rows(data, asker.house)
    early = data.draw(st.integers(0, len(encounters)), "encounters that come before the first upkeep")
    await planted.plant(context, Encounter, encounters[:early])
    await refresh(context.database, step_days=ALL_AT_ONCE)
    await planted.plant(context, Patrol, patrols)
    await planted.plant(context, Encounter, encounters[early:])
    await _compare(asker, patrols, encounters)
    await refresh(context.database, step_days=ALL_AT_ONCE)
    await _compare(asker, patrols, encounters)
    assert set((await verify(context.database, asker.house.org_id)).values()) == {0}


async def _compare(asker: Asker, patrols: list[Row], encounters: list[Row]) -> None:
    since = _DAY.date()
    until, earlier = since + timedelta(days=2), since - timedelta(days=2)
    shown = await asker.ask("territories", since, until)
    met, hours = oracle.contacts(encounters, since, until), oracle.hours(patrols, since, until)
    before, timed = oracle.contacts(encounters, earlier, since), oracle.on_patrol(encounters, patrols, since, until)
    listed = {one["territory"]: one for one in shown["territories"]}
    assert list(listed) == sorted(met.keys() | hours.keys())
    for code, one in listed.items():
        assert (one["contacts"]["n"], one["previous_contacts"]["n"]) == (met[code], before[code])
        assert one["hours"] == pytest.approx(hours.get(code, 0))
        spent = hours.get(code, 0)
        wanted = {
            "territory_share": met[code] / met.total() if met.total() else None,
            "territory_contacts_per_hour": timed[code] / spent if spent else None,
        }
        assert values(one) == pytest.approx(wanted)
    whole = values(shown)
    assert whole["outside_perimeter_share"] == pytest.approx(oracle.outside_share(encounters, since, until))
    total = sum(hours.values())
    assert whole["territory_contacts_per_hour"] == pytest.approx(timed.total() / total if total else None)
    assert (whole["territory_divergence"] is None) == (not met.total() or not before.total())
    if whole["territory_divergence"] is not None:
        from scipy.spatial.distance import jensenshannon

        pair = [[counts[code] for code in _QUARTERS] for counts in (met, before)]
        assert whole["territory_divergence"] == pytest.approx(jensenshannon(*pair, base=2) ** 2, abs=1e-9)
