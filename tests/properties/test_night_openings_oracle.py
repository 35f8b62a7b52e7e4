"""What was planned to be open at night, and what said so, is what plain Python finds minute by minute on the wall."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

import httpx
from hypothesis import given
from hypothesis import strategies as st

from app.directory import upkeep
from app.directory.models import FacilityReport
from app.directory.rules import Hours
from app.directory.service import current_directory
from app.directory.vocabulary import Weekday
from app.http.context import Context
from app.metrics.refreshing import refresh
from tests import members, places, planted
from tests.clock import SetClock
from tests.effort import examples
from tests.oracles import effort as oracle
from tests.oracles.effort import Opening
from tests.oracles.funnel_indicators import periods_of
from tests.planted import Row
from tests.properties import catalogued
from tests.properties.catalogued import Asked
from tests.properties.cities import ALL_AT_ONCE

ORACLED = ("night_open_hours_planned", "night_openings_reported")
_FIRST = (date(2026, 3, 23), date(2026, 10, 19), date(2025, 12, 26))
"""Before both changes of the clock, and the end of a year."""
_ENTERED = datetime(2025, 12, 1, 12, tzinfo=UTC)
_QUARTERS = ("7511803", "7511804", "7512001")
_FOREVER = date(9999, 12, 31)
_WEEKDAYS = tuple(Weekday)


def _week(chance: Random) -> list[tuple[int, int, int]]:
    """Make up (weekday, opens, closes) of a week, of an evening house or a morning one: no two overlap."""
    evening = chance.random() < 0.6
    first, last, longest = (17, 23, 10) if evening else (0, 5, 12)
    days = chance.sample(range(7), chance.randint(2, 7))
    opens = [60 * chance.randint(first, last) + chance.choice([0, 0, 30]) for _ in days]
    return [(day, at, at + 60 * chance.randint(2, longest)) for day, at in zip(days, opens, strict=True)]


async def _opened(
    chance: Random, context: Context, house: members.House, first: date
) -> tuple[UUID, str, list[Opening]]:
    """Open a facility with one plan of hours, or two in turn; some open or close for good in those days."""
    place, opened_on = chance.choice(_QUARTERS), first + timedelta(days=chance.choice([-400, -400, 5]))
    closed_on = first + timedelta(days=chance.randint(6, 30)) if chance.random() < 0.3 else _FOREVER
    facility = await places.opened(context, house, territory_code=place, opened_on=opened_on)
    starts = [first - timedelta(days=30), first + timedelta(days=chance.randint(1, 20))][: chance.randint(1, 2)]
    found = []
    for start, end in zip(starts, [*starts[1:], _FOREVER], strict=True):
        week = _week(chance)
        hours = [Hours(_WEEKDAYS[day], opens, closes, start) for day, opens, closes in week]
        async with context.database.writing() as session:
            await upkeep.plan_hours(session, context.keyring, context.clock(), facility, start, hours)
        since, until = max(start, opened_on), min(end, closed_on)
        found += [Opening(facility, *opening, since, until) for opening in week]
    if closed_on is not _FOREVER:
        async with context.database.writing() as session:
            await upkeep.close_facility(session, context.keyring, context.clock(), facility, closed_on)
    return facility, place, found


def _reports(chance: Random, house: members.House, facilities: Sequence[UUID], first: date) -> list[Row]:
    """Make up what facilities said, often about the ends of the night and about the hours the clock changes in."""
    walls = [time(21), time(20, 59), time(5, 59), time(6), time(2, 30), time(1, 30), time(23), time(14)]
    found = []
    for _ in range(60):
        day = first + timedelta(days=chance.randrange(40))
        at = datetime.combine(day, chance.choice(walls), oracle.PARIS).replace(fold=chance.choice([0, 1]))
        opened = chance.random() < 0.6
        found.append(planted.report(chance.choice(facilities), house, at.astimezone(UTC), opened=opened))
    return found


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_what_is_open_at_night_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    seed: int,
) -> None:
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    clock.now = _ENTERED
    house, first = await members.found(context), chance.choice(_FIRST)
    asker = await planted.asker(client, context, house)
    opened = [await _opened(chance, context, house, first) for _ in range(3)]
    reports = _reports(chance, house, [facility for facility, _, _ in opened], first)
    await planted.plant(context, FacilityReport, reports)
    clock.now = datetime.combine(first + timedelta(days=chance.randint(20, 60)), time(13), UTC)
    async with context.database.reading() as session:  # every example opens facilities at one and the same instant
        await current_directory(context.database, session, clock(), fresh=True)
    for upkeep_done in (False, True):
        if upkeep_done:
            await refresh(context.database, step_days=ALL_AT_ONCE)
        for granularity in ("month", "quarter", chance.choice(["week", None])):
            since = first + timedelta(days=chance.randint(-3, 6))
            place = chance.choice([None, None, "75118"])
            until = since + timedelta(days=chance.randint(12, 40))
            asked = Asked(since, until, granularity, None, {"territory": place})
            seen = {facility for facility, at, _ in opened if place is None or at.startswith(place)}
            openings = [one for _, _, some in opened for one in some if one.facility in seen]
            there = [report for report in reports if report["facility_id"] in seen]
            wanted = {
                period: oracle.doors(openings, there, oracle.Asked(*period, None, clock()))
                for period in periods_of(asked.since, asked.until, granularity)
            }
            for code in ORACLED:
                shown = await catalogued.parts(client, asker.token, code, asked)
                assert shown == {(*period, None): of[code] for period, of in wanted.items()}, (code, asked)
