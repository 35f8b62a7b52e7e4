"""The indicators of patrols, as the catalogue serves them, are what plain Python counts from the same rows, by team."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.encounters.models import Encounter
from app.http.context import Context
from app.identity import service as identity
from app.metrics.refreshing import refresh, verify
from app.patrols.models import Patrol
from tests import members, planted
from tests.clock import NIGHT, SetClock
from tests.effort import examples
from tests.members import House
from tests.oracles import effort as oracle
from tests.oracles.funnel_indicators import periods_of
from tests.planted import Row
from tests.properties import catalogued
from tests.properties.catalogued import Asked, Part, Place
from tests.properties.cities import ALL_AT_ONCE

ORACLED = (
    "patrols_held", "patrols_held_of_planned", "patrols_open_ended", "patrols_absurd", "patrols_without_contact",
    "patrol_hours", "contacts_per_patrol_hour", "nights_with_patrol", "night_patrol_hours",
)  # fmt: skip
_OF_NO_TEAM = {"patrols_held_of_planned"}
_QUARTERS = ("7511803", "7511804", "7512001", "93066")
_BELOW = {None: None, "7511803": {"7511803"}, "75": set(_QUARTERS[:3])}
_FIRST = (
    datetime(2026, 3, 20, 11, tzinfo=UTC),
    datetime(2026, 10, 16, 10, tzinfo=UTC),
    datetime(2026, 12, 18, 11, tzinfo=UTC),
)
"""Before both changes of the clock, and the end of a year."""
_FORMS = (("month", None), ("quarter", "team"), ("month", "team"), ("quarter", None), ("week", "team"), (None, "team"))
_MINUTE = timedelta(minutes=1)
_SPAN = 40
"""Days that the patrols of one example are spread over."""


def _rows(chance: Random, houses: Sequence[House], first: datetime) -> tuple[list[Row], list[Row]]:
    """Make up patrols of two teams, and encounters: on one, on one of another day, on none."""
    patrols, encounters = [], []
    for _ in range(30):
        start = first + timedelta(minutes=chance.randrange(_SPAN * 1440))
        length = chance.choice([None, chance.randint(-5, 1445), chance.randint(30, 600), chance.randint(30, 600)])
        end = None if length is None else start + length * _MINUTE
        received = (end or start) + chance.choice([0, 1440, 1441, 3000]) * _MINUTE
        listed = chance.sample(_QUARTERS, chance.randint(0, 3))
        changes = {"withdrawn": chance.random() < 0.15, "territories": listed, "first_received_at": received}
        patrols.append(planted.patrol(chance.choice(houses), start, end, **changes))
    for _ in range(45):
        on = chance.choice(patrols)
        at = on["started_at"] + chance.choice([0, 30, 200, 1440, -1440, 2900, -4000]) * _MINUTE
        told = {
            "patrol_id": chance.choice([None, on["id"], on["id"]]),
            "team_id": on["team_id"],
            "people_count": chance.randint(1, 4),
            "territory": chance.choice(_QUARTERS),
            "withdrawn": chance.random() < 0.15,
        }
        encounters.append(planted.encounter(houses[0], at, **told))
    return patrols, encounters


def _wanted(patrols: Sequence[Row], met: Sequence[Row], asked: Asked, as_of: datetime) -> dict[Place, dict[str, Part]]:
    """Return what plain Python counts; a team that did something at all has a figure for every period."""
    territories, split = _BELOW[asked.beside["territory"]], asked.split

    def counted(since: date, until: date, team: str | None) -> dict[str, Part]:
        out, seen = ([row for row in some if team in {None, str(row["team_id"])}] for some in (patrols, met))
        return oracle.parts(out, seen, oracle.Asked(since, until, territories, as_of))

    periods = periods_of(asked.since, asked.until, asked.granularity)
    teams: set[str | None] = {str(row["team_id"]) for row in (*patrols, *met)} if split else {None}
    found = {(*period, team): counted(*period, team) for period in periods for team in teams}
    if split is None:
        return found
    busy = {
        team
        for (_, _, team), parts in found.items()
        if parts["patrols_held"][1] or parts["contacts_per_patrol_hour"][4]
    }
    return {place: parts for place, parts in found.items() if place[2] in busy}


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_patrols_is_what_plain_python_counts(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    seed: int,
) -> None:
    """Some days' facts are computed, some are stale; then all are computed."""
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    clock.now = NIGHT
    house, first = await members.found(context), chance.choice(_FIRST)
    async with context.database.writing() as session:
        other = await identity.create_team(
            session, context.keyring, clock(), org_id=house.org_id, name="Autre", night=True
        )
    asker = await planted.asker(client, context, house)
    patrols, encounters = _rows(chance, (house, House(house.org_id, other, "")), first)
    early = chance.randrange(len(encounters))
    await planted.plant(context, Encounter, encounters[:early])
    await refresh(context.database, step_days=ALL_AT_ONCE)
    await planted.plant(context, Patrol, patrols)
    await planted.plant(context, Encounter, encounters[early:])
    clock.now = first + timedelta(days=chance.choice([20, _SPAN + 10]), hours=2)
    for upkeep in (False, True):
        if upkeep:
            await refresh(context.database, step_days=ALL_AT_ONCE)
        for granularity, split in chance.sample(_FORMS, 3):
            since = first.date() + timedelta(days=chance.randint(-3, 12))
            beside = {"territory": chance.choice([None, None, "7511803", "75"])}
            until = since + timedelta(days=chance.choice([7, 20, _SPAN]))
            ways = {by: Asked(since, until, granularity, by, beside) for by in (split, None)}
            counted = {by: _wanted(patrols, encounters, way, clock.now) for by, way in ways.items()}
            for code in ORACLED:
                by = None if code in _OF_NO_TEAM else split
                shown = await catalogued.parts(client, asker.token, code, ways[by])
                wanted = {place: pytest.approx(of[code]) for place, of in counted[by].items()}
                assert shown == wanted, (code, ways[by])
    assert set((await verify(context.database, house.org_id)).values()) == {0}
