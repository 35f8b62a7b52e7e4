from datetime import date, timedelta
from uuid import UUID

import pytest

from app.demo.device import Device
from app.http.context import Context
from app.patrols.models import Patrol
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House
from tests.street import contents, outcomes, pointers, post, reasons, row, rows, store

HOUR = timedelta(hours=1)


async def test_an_outing_is_kept_as_sent(phone: Device, context: Context, house: House) -> None:
    outing = make.patrol(territories=["7511803", "93001"], workers=2)
    assert outcomes(await post(phone, "patrols", outing)) == ["created"]
    kept = await row(context, Patrol, outing["id"])
    assert (kept["org_id"], kept["team_id"]) == (house.org_id, house.team_id)
    assert (kept["started_at"], kept["ended_at"]) == (NIGHT - 2 * HOUR, NIGHT)
    assert (kept["service_day"], kept["night"], kept["workers"]) == (date(2026, 3, 2), True, 2)
    assert kept["territories"] == ["7511803", "93001"]
    assert (kept["withdrawn"], kept["revision"]) == (False, 1)


async def test_an_outing_on_which_nobody_was_met_is_kept_too(phone: Device, context: Context) -> None:
    outing = make.patrol(territories=[])
    await store(phone, "patrols", outing)
    assert (await row(context, Patrol, outing["id"]))["territories"] == []


async def test_sent_again_it_changes_nothing(phone: Device, context: Context) -> None:
    outings = [make.patrol() for _ in range(3)]
    await store(phone, "patrols", *outings)
    before = await contents(context)
    assert outcomes(await post(phone, "patrols", *outings)) == ["unchanged"] * 3
    assert (await contents(context))["patrol"] == before["patrol"]


async def test_the_same_id_with_other_content_is_a_conflict(phone: Device, context: Context) -> None:
    outing = make.patrol(workers=3)
    verdicts = await post(phone, "patrols", outing, outing | {"workers": 4})
    assert outcomes(verdicts) == ["created", "conflict"]
    assert (await row(context, Patrol, outing["id"]))["workers"] == 3


async def test_its_end_is_told_by_the_next_revision(phone: Device, context: Context, clock: SetClock) -> None:
    out = make.patrol(ended_at=None)
    await store(phone, "patrols", out)
    assert (await row(context, Patrol, out["id"]))["ended_at"] is None
    clock.advance(3 * HOUR)
    back = out | {"ended_at": (NIGHT + 2 * HOUR).isoformat(), "revision": 2}
    assert outcomes(await post(phone, "patrols", back)) == ["created"]
    kept = await row(context, Patrol, out["id"])
    assert (kept["ended_at"], kept["revision"]) == (NIGHT + 2 * HOUR, 2)
    assert outcomes(await post(phone, "patrols", out)) == ["unchanged"]  # the first revision, late
    assert (await row(context, Patrol, out["id"]))["ended_at"] is not None


async def test_it_can_be_withdrawn(phone: Device, context: Context) -> None:
    outing = make.patrol()
    await store(phone, "patrols", outing)
    await store(phone, "patrols", outing | {"revision": 2, "status": "entered_in_error"})
    assert (await row(context, Patrol, outing["id"]))["withdrawn"] is True


async def test_a_territory_named_twice_was_visited_once(phone: Device, context: Context) -> None:
    outing = make.patrol(territories=["7511803", "7511804", "7511803"])
    await store(phone, "patrols", outing)
    assert (await row(context, Patrol, outing["id"]))["territories"] == ["7511803", "7511804"]


async def test_unknown_territories_are_all_pointed_at(phone: Device, context: Context) -> None:
    outing = make.patrol(territories=["99999", "7511803", "7511899"])
    [verdict] = await post(phone, "patrols", outing)
    assert reasons([verdict]) == ["unknown-territory"]
    assert pointers(verdict) == ["/territories/0", "/territories/2"]
    assert await rows(context, Patrol, id=UUID(outing["id"])) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ended_at": NIGHT - 3 * HOUR}, ""),
        ({"started_at": NIGHT - 25 * HOUR}, ""),
        ({"workers": 0}, "/workers"),
        ({"workers": 21}, "/workers"),
        ({"night": "yes"}, "/night"),
        ({"night": None}, "/night"),
        ({"territories": ["Goutte d'Or"]}, "/territories/0"),
        ({"territories": None}, "/territories"),
        ({"territories": ["7511803"] * 21}, "/territories"),
    ],
    ids=str,
)
async def test_an_impossible_outing_is_rejected_with_a_pointer(phone: Device, changes: make.Json, pointer: str) -> None:
    [verdict] = await post(phone, "patrols", make.patrol(**changes))
    assert verdict["outcome"] == "rejected"
    assert pointers(verdict) == [pointer]


async def test_a_desk_posts_none(desk: Device) -> None:
    answer = await desk.post("/v1/patrols", json=make.envelope([make.patrol()]))
    assert answer.status_code == 403
