"""Whatever writes a record marks the days whose reporting health it changes: no fact goes stale unseen."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from app.demo.device import Device
from app.http.context import Context
from app.marks.models import StaleDay
from app.metrics.refreshing import FACTS, refresh, verify
from app.metrics.reporting.models import ReportingFact
from app.referrals.service import sweep
from app.settings import Settings
from tests import make, planted
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker, measures
from tests.street import post, rows, store

_PERIOD = ("2026-02-01", "2026-04-01")


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every test."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def asker(client: httpx.AsyncClient, context: Context, house: House) -> Asker:
    return await planted.asker(client, context, house)


async def _shown(asker: Asker) -> dict[str, Any]:
    """Return (value, n, denominator) by code, and the days of teams."""
    answer = await asker.ask("reporting", *_PERIOD)
    figures = {code: (one["value"], one["n"], one["denominator"]) for code, one in measures(answer).items()}
    return figures | {"teams": answer["teams"]}


async def _changed(asker: Asker) -> set[str]:
    """Return what changed since the facts were computed last, having computed them again.

    The same is shown before the marked days are computed and after; nothing but marked days is out of date.
    """
    org_id, context = asker.house.org_id, asker.context
    assert await rows(context, StaleDay, org_id=org_id) != []
    assert set((await verify(context.database, org_id)).values()) == {0}
    before = await _shown(asker)
    await refresh(context.database)
    assert set((await verify(context.database, org_id)).values()) == {0}
    assert await _shown(asker) == before
    former, _LAST[asker.house.org_id] = _LAST.get(asker.house.org_id, {}), before
    return {code for code, shown in before.items() if shown != former.get(code)}


_LAST: dict[object, dict[str, Any]] = {}


def _correction(item: Json, **changes: Any) -> Json:
    moved = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in changes.items()}
    return {**item, "revision": item.get("revision", 1) + 1, **moved}


async def test_patrols_that_are_stored_corrected_and_withdrawn(asker: Asker, phone: Device) -> None:
    patrol = make.patrol()
    await store(phone, "patrols", patrol)
    assert {"patrols_lag_median", "records_off_clock"} <= await _changed(asker)
    earlier = NIGHT - timedelta(days=2)
    moved = _correction(patrol, started_at=earlier - timedelta(hours=1), ended_at=earlier, territories=["93066"])
    await post(phone, "patrols", moved)
    assert {"patrols_within_24h"} <= await _changed(asker)
    await post(phone, "patrols", _correction(moved, status="entered_in_error"))
    assert {"patrols_lag_median", "records_off_clock"} <= await _changed(asker)


async def test_encounters_that_are_stored_corrected_and_withdrawn(asker: Asker, phone: Device) -> None:
    met = make.encounter(referrals=[make.referral()])
    await store(phone, "encounters", met)
    assert {"encounters_lag_median", "referrals_lag_median", "gender_unknown"} <= await _changed(asker)
    moved = _correction(met, occurred_at=NIGHT - timedelta(days=2), gender="woman", territory="93066")
    await post(phone, "encounters", moved)
    assert {"encounters_within_24h", "referrals_within_24h", "gender_unknown"} <= await _changed(asker)
    await post(phone, "encounters", _correction(moved, status="entered_in_error"))
    assert {"encounters_lag_median", "referrals_lag_median", "gender_unknown"} <= await _changed(asker)


async def test_answers_whether_they_have_an_effect_or_not(
    asker: Asker, phone: Device, context: Context, clock: SetClock
) -> None:
    """An arrival, the same said twice, one that comes before both, one of a referral to come, and silence."""
    answered, silent, unknown = (make.lone_referral() for _ in range(3))
    await store(phone, "referrals", answered, silent)
    await _changed(asker)
    for instant, changed in (
        (NIGHT - timedelta(minutes=5), {"events_without_effect"}),
        (NIGHT - timedelta(minutes=2), {"events_without_effect"}),
        (NIGHT - timedelta(minutes=9), {"events_without_effect"}),
    ):
        await post(phone, "referral-events", make.event(referral_id=answered["id"], occurred_at=instant))
        assert await _changed(asker) == changed
    await post(phone, "referral-events", make.event(referral_id=unknown["id"]))
    await store(phone, "referrals", unknown)
    assert "events_without_effect" in await _changed(asker)
    clock.now = NIGHT + timedelta(days=40)
    await sweep(context, clock.now)
    assert {"referrals_closed_in_time"} <= await _changed(asker)
    late = make.event(referral_id=silent["id"], occurred_at=NIGHT, state="refused", reason="no_place")
    await post(phone, "referral-events", late)
    assert {"referrals_closed_in_time", "events_without_effect"} <= await _changed(asker)


async def test_facts_that_somebody_changed_are_found(asker: Asker, phone: Device, context: Context) -> None:
    await store(phone, "encounters", make.encounter(referrals=[make.referral()]))
    await refresh(context.database)
    for name, value in (("single", 99), ("encounter_lags", b'{"1":5}'), ("teams", b"{}"), ("due", b"{}")):
        async with context.database.writing() as session:
            own = update(ReportingFact).where(col(ReportingFact.org_id) == asker.house.org_id)
            await session.execute(own.values({name: value}))
        assert (await verify(context.database, asker.house.org_id))["reporting"] > 0
    days = {row["first_day"] for row in await rows(context, ReportingFact, org_id=asker.house.org_id, span="day")}
    async with context.database.writing() as session:
        await FACTS["reporting"].recompute(session, asker.house.org_id, days)
    assert (await verify(context.database, asker.house.org_id))["reporting"] == 0
