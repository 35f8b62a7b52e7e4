"""The effort the service answers is the one plain Python counts minute by minute, nights of 8 and 10 hours included."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

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
from tests.make import Json
from tests.oracles.effort import Asked, effort
from tests.planted import Asker, Row, values
from tests.properties.cities import ALL_AT_ONCE

_QUARTERS = ["7511803", "7511804", "7512001", "93066"]
_LIMITS = {None: None, "7511803": {"7511803"}, "75": {"7511803", "7511804", "7512001"}}
_STARTS = [
    datetime(2026, 3, 28, 11, tzinfo=UTC),
    datetime(2026, 10, 24, 10, tzinfo=UTC),
    datetime(2026, 12, 31, 11, tzinfo=UTC),
]
_AFTER = st.integers(-60, 900) | st.integers(-4000, 4000)
"""Minutes after a patrol's start: while it lasts, or on some other day with a wrong link."""
_AS_OF = datetime(2027, 1, 1, 13, tzinfo=UTC)


@st.composite
def outings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the facts of some patrols around one of the nights worth a look."""
    noon = draw(st.sampled_from(_STARTS))
    found = []
    for _ in range(draw(st.integers(0, 6))):
        start = noon + timedelta(minutes=draw(st.integers(-2000, 2900)))
        length = draw(st.one_of(st.none(), st.integers(-5, 1445)))
        found.append(
            {
                "started_at": start,
                "ended_at": None if length is None else start + timedelta(minutes=length),
                "withdrawn": draw(st.sampled_from([False, False, False, True])),
                "territories": draw(st.lists(st.sampled_from(_QUARTERS), unique=True, max_size=3)),
                "met": draw(st.lists(st.tuples(_AFTER, st.integers(1, 4), st.booleans()), max_size=3)),
            }
        )
    return found


def _rows(data: st.DataObject, house: members.House, facts: list[dict[str, Any]]) -> tuple[list[Row], list[Row]]:
    patrols, encounters = [], []
    for fact in facts:
        met = fact.pop("met")
        patrols.append(planted.patrol(house, **fact))
        for after, people, linked in met:
            at = fact["started_at"] + timedelta(minutes=after)
            place = data.draw(st.sampled_from(_QUARTERS))
            changes = {"people_count": people, "territory": place, "withdrawn": data.draw(st.booleans()) and not linked}
            patrol_id: UUID | None = patrols[-1]["id"] if linked else None
            encounters.append(planted.encounter(house, at, patrol_id=patrol_id, **changes))
    return patrols, encounters


@examples(4)
@given(st.data())
async def test_the_effort_is_what_plain_python_counts(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    clock.now = NIGHT
    asker: Asker = await planted.asker(client, context, await members.found(context))
    clock.now = _AS_OF
    patrols, encounters = _rows(data, asker.house, data.draw(outings()))
    day = data.draw(st.sampled_from(_STARTS)).date()
    early = data.draw(st.integers(0, len(encounters)), "encounters that come before the first upkeep")
    await planted.plant(context, Encounter, encounters[:early])
    await refresh(context.database, step_days=ALL_AT_ONCE)
    await planted.plant(context, Patrol, patrols)
    await planted.plant(context, Encounter, encounters[early:])
    for upkeep in (False, True):  # counted where days are stale, then all from facts
        if upkeep:
            await refresh(context.database, step_days=ALL_AT_ONCE)
        for since, until in ((day, day + timedelta(days=1)), (date(2026, 3, 1), date(2027, 2, 1))):
            territory = data.draw(st.sampled_from(sorted(_LIMITS, key=str)), "territory")
            limit = {"territory": territory} if territory else {}
            shown = await asker.ask(
                "effort", since, until, group_by=data.draw(st.sampled_from(["team", "month"])), **limit
            )
            wanted = effort(patrols, encounters, Asked(since, until, _LIMITS[territory], _AS_OF))
            assert _of(shown["total"], wanted) == pytest.approx(wanted)
            for group in shown["groups"]:
                start, end = (date.fromisoformat(group[name]) for name in ("period_from", "period_to"))
                wanted = effort(patrols, encounters, Asked(start, end, _LIMITS[territory], _AS_OF))
                assert _of(group, wanted) == pytest.approx(wanted)
    assert set((await verify(context.database, asker.house.org_id)).values()) == {0}


def _of(group: Json, wanted: Collection[str]) -> dict[str, float | None]:
    shown = values(group)
    return {code: shown[code] for code in wanted}
