"""The indicators of territories, as the catalogue serves them, are what plain Python finds in the same rows."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

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
from tests.oracles.funnel_indicators import periods_of
from tests.oracles.reporting import encounter_lag
from tests.planted import Row
from tests.properties import catalogued
from tests.properties.catalogued import Asked, Part, Place
from tests.properties.cities import ALL_AT_ONCE

ORACLED = (
    "territory_share", "territory_contacts_per_hour", "outside_perimeter_share", "territory_divergence",
    "weighted_displacement",
)  # fmt: skip
_BY_TERRITORY = {"territory_share", "territory_contacts_per_hour"}
_WITHOUT_LATE = {"weighted_displacement"}
"""It has no value without a target, so nothing of it is late."""
_QUARTERS = ("7511803", "7511804", "7512001", "93066")
_FIRST = datetime(2026, 3, 2, 11, tzinfo=UTC)
_AS_OF = datetime(2026, 6, 20, 13, tzinfo=UTC)
_SPAN = 70
"""Days that the rows of one example are spread over."""


def _rows(chance: Random, house: members.House) -> tuple[list[Row], list[Row]]:
    patrols, encounters = [], []
    for _ in range(20):
        start = _FIRST + timedelta(minutes=chance.randrange(_SPAN * 1440))
        length = chance.choice([None, chance.randint(0, 1445), chance.randint(30, 400)])
        end = None if length is None else start + timedelta(minutes=length)
        listed = chance.sample(_QUARTERS, chance.randint(0, 3))
        patrols.append(planted.patrol(house, start, end, territories=listed, withdrawn=chance.random() < 0.2))
        for _ in range(chance.randint(0, 4)):
            place = chance.choice(_QUARTERS)
            at = start + timedelta(days=chance.choice([0, 0, 0, 1, -1, 2, -3]))
            received = at.replace(minute=0) + timedelta(hours=chance.choice([0, 0, 25, 26, 27, 90]))
            told = {
                "territory": place,
                "outside_perimeter": place == "93066",
                "people_count": chance.randint(1, 4),
                "withdrawn": chance.random() < 0.2,
                "patrol_id": chance.choice([None, patrols[-1]["id"], patrols[-1]["id"]]),
                "first_received_at": received,
            }
            encounters.append(planted.encounter(house, at, **told))
    return patrols, encounters


def _late(encounters: Sequence[Row], since: date, until: date, key: str | None) -> int:
    return sum(
        since <= row["service_day"] < until and not row["withdrawn"] and encounter_lag(row) > 24
        for row in encounters
        if key in {None, row["territory"]}
    )


def _wanted(code: str, rows: tuple[list[Row], list[Row]], asked: Asked) -> dict[Place, Part]:
    patrols, encounters = rows
    found: dict[Place, Part] = {}
    for period in periods_of(asked.since, asked.until, asked.granularity):
        keys: Sequence[str | None] = oracle.places(encounters, patrols, *period) if asked.split else [None]
        for key in keys:
            late = None if code in _WITHOUT_LATE else _late(encounters, *period, key)
            value, *counts = oracle.parts(encounters, patrols, *period, key)[code]
            found[*period, key] = (value, *counts, late)
    return found


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_territories_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    seed: int,
) -> None:
    """Some days' facts are computed, some are stale; then all are computed."""
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    clock.now = NIGHT
    asker = await planted.asker(client, context, await members.found(context))
    clock.now = _AS_OF
    patrols, encounters = _rows(chance, asker.house)
    early = chance.randrange(len(encounters))
    await planted.plant(context, Encounter, encounters[:early])
    await refresh(context.database, step_days=ALL_AT_ONCE)
    await planted.plant(context, Patrol, patrols)
    await planted.plant(context, Encounter, encounters[early:])
    for upkeep in (False, True):
        if upkeep:
            await refresh(context.database, step_days=ALL_AT_ONCE)
        for granularity in ("month", "quarter", chance.choice(["week", None])):
            since = _FIRST.date() + timedelta(days=chance.randint(-4, 30))
            until = since + timedelta(days=chance.choice([10, 35, _SPAN]))
            for code in ORACLED:
                for split in ("territory", None) if code in _BY_TERRITORY else (None,):
                    asked = Asked(since, until, granularity, split, {})
                    shown = await catalogued.parts(client, asker.token, code, asked)
                    wanted = _wanted(code, (patrols, encounters), asked)
                    assert shown == {place: pytest.approx(of, abs=1e-9) for place, of in wanted.items()}, (code, asked)
    assert set((await verify(context.database, asker.house.org_id)).values()) == {0}
