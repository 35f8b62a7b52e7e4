"""The indicators of unmet demand, as the catalogue serves them, are what plain Python counts from the same rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.table import Base
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.marks.queries import mark_days
from app.metrics.refreshing import refresh
from app.metrics.unmet_demand.definitions import INDICATORS
from app.referrals.models import Referral, ReferralEvent
from app.referrals.vocabulary import Reason, State
from tests import members, places, planted
from tests.effort import examples
from tests.oracles import unmet_demand as oracle
from tests.oracles.funnel_indicators import periods_of
from tests.planted import Row
from tests.properties.cities import ALL_AT_ONCE

ORACLED = tuple(INDICATORS)
_KINDS = ("rest_room", "emergency_housing", "addiction_treatment")
_QUARTERS = ("7511803", "7512001", "93066")
_NEEDS = ("rest", "hygiene", "housing", "treatment", "supplies", "food")
_INSTANTS = ("requested_at", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at")
_STARTS = (
    datetime(2026, 3, 20, 16, tzinfo=UTC),
    datetime(2025, 10, 17, 16, tzinfo=UTC),
    datetime(2025, 12, 26, 16, tzinfo=UTC),
)
"""Before both changes of the clock, and the end of a year."""
_HOUR = timedelta(hours=1)
_FORMS = (("week", "kind"), ("week", "territory"), ("month", None), ("day", "kind"), (None, "territory"), (None, None))
_TABLES: Sequence[type[Base]] = (Encounter, Referral, ReferralEvent)
Part = tuple[int, int | None, int | None, int | None, int | None]
"""n, denominator, unknown, base, late."""


@pytest.fixture(scope="module")
async def operator(context: Context) -> members.House:
    await places.seeded(context)
    return await members.found(context)


def _rows(chance: Random, house: members.House, start: datetime) -> tuple[list[Row], list[Row], list[Row]]:
    """Make up encounters, referrals, of which some were made in one of them, and waits."""

    def at() -> datetime:
        return start + timedelta(minutes=chance.randrange(18 * 1440))

    encounters = [
        planted.encounter(
            house, at(), territory=chance.choice(_QUARTERS), needs=chance.sample(_NEEDS, chance.randint(0, 3)),
            withdrawn=chance.random() < 0.1,
        )
        for _ in range(25)
    ]  # fmt: skip
    referrals = []
    for _ in range(40):
        met, made_at = chance.choice([None, *encounters]), at()
        in_it: Row = {"territory": chance.choice(_QUARTERS)}
        if met is not None:
            in_it = {"territory": met["territory"], "encounter_id": met["id"], "cohort_day": met["service_day"]}
        reached = {step: made_at if chance.random() < 0.3 else None for step in _INSTANTS}
        state = chance.choice([*State, State.refused, State.refused]).value
        reason = chance.choice([Reason.no_place, *Reason]).value if state in {"refused", "waitlisted"} else None
        referrals.append(
            planted.referral(
                house, made_at, kind=chance.choice(_KINDS), received_at=made_at + chance.choice([0, 24, 25]) * _HOUR,
                state=state, reason=reason, **reached, **in_it,
            )
        )  # fmt: skip
    waits = [
        planted.waitlisted(one, chance.choice(["no_place", "staff_shortage"]), chance.choice([None, None, "terminal"]))
        for one in chance.sample(referrals, 15)
    ]
    return encounters, referrals, waits


def _wanted(
    rows: tuple[list[Row], list[Row], list[Row]], since: date, until: date, split: str | None, kind: str | None
) -> dict[str, dict[str | None, Part]]:
    """Return {indicator: {group: part}} of one period."""
    encounters, referrals, waits = rows
    by: Sequence[str] = [split] if split else []
    demand: Mapping[tuple[str, ...], Mapping[str, int]] = oracle.demand(referrals, waits, since, until, by, kind)
    needs = oracle.needs(encounters, referrals, since, until, by, kind)
    if split is None:
        demand, needs = demand or {(): {}}, needs or {(): (0, 0)}
    found: dict[str, dict[str | None, Part]] = {code: {} for code in ORACLED}
    for cell, counts in demand.items():
        key = cell[0] if cell else None
        asked, silent, late = (counts.get(name, 0) for name in ("requests", "unanswered", "late"))
        found["unmet_demand"][key] = (counts.get("no_place", 0), asked, silent, asked, late)
        found["no_place_refusals"][key] = (counts.get("refused_no_place", 0), None, silent, asked, late)
    for cell, (expressed, without) in needs.items():
        found["needs_without_offer"][cell[0] if cell else None] = (without, expressed, None, None, None)
    return found


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_unmet_demand_is_what_plain_python_counts(
    client: httpx.AsyncClient,
    context: Context,
    operator: members.House,  # noqa: ARG001 - seeds
    seed: int,
) -> None:
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    house, start = await members.found(context), chance.choice(_STARTS)
    token = await members.account_token(context, house, Role.coordinator)
    rows = _rows(chance, house, start)
    for model, some in zip(_TABLES, rows, strict=True):
        await planted.plant(context, model, some)
    async with context.database.writing() as session:
        days = {one["service_day"] for one in rows[0]} | {one["cohort_day"] for one in rows[1]}
        await mark_days(session, ((house.org_id, day) for day in days))
    for refreshed in (False, True):
        if refreshed:
            await refresh(context.database, step_days=ALL_AT_ONCE)
        for granularity, split in (_FORMS[0], _FORMS[1], *chance.sample(_FORMS[2:], 1)):
            since = start.date() + timedelta(days=chance.randint(-3, 5))
            until = since + timedelta(days=chance.randint(1, 20))
            kind = chance.choice([None, None, *_KINDS])
            wanted = [_wanted(rows, *period, split, kind) for period in periods_of(since, until, granularity)]
            for code in ORACLED:
                asked = {"from": str(since), "to": str(until), "granularity": granularity, "split": split, "kind": kind}
                shown = await _ask(client, token, code, {name: said for name, said in asked.items() if said})
                for (period_from, _), parts in zip(periods_of(since, until, granularity), wanted, strict=True):
                    there = {one["key"]: _part(one) for one in shown if one["period_from"] == str(period_from)}
                    assert there == parts[code], (code, granularity, split, kind, period_from)


async def _ask(client: httpx.AsyncClient, token: str, code: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/indicators/{code}", params=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    shown: list[dict[str, Any]] = answer.json()["figures"]
    return shown


def _part(figure: dict[str, Any]) -> Part:
    """Return the counts of a figure; its value is what they give, or missing with a reason."""
    n, below = figure["n"], figure["denominator"]
    assert figure["value"] == (n if below is None else n / below if below else None)
    assert (figure["value"] is None) == (figure["reason"] is not None)
    return n, below, figure["unknown"], figure["base"], figure["late"]
