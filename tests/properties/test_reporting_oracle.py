"""Reporting health as the service answers it is what plain Python finds in the rows, however far the facts are."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.table import Base
from app.encounters.models import Encounter
from app.http.context import Context
from app.metrics.refreshing import refresh, verify
from app.metrics.reporting.definitions import INDICATORS
from app.patrols.models import Patrol
from app.referrals.models import HeldEvent, Referral, ReferralEvent
from tests import make, members, planted
from tests.clock import SetClock
from tests.effort import examples
from tests.oracles.funnel_indicators import periods_of
from tests.oracles.reporting import referred, reporting, without_a_plan
from tests.planted import Row, values
from tests.properties import catalogued
from tests.properties.catalogued import Asked
from tests.properties.cities import ALL_AT_ONCE

ORACLED = tuple(INDICATORS)
_QUARTERS = ["7511803", "7511804", "93066"]
_NOONS = [
    datetime(2026, 3, 28, 11, tzinfo=UTC),
    datetime(2026, 10, 24, 10, tzinfo=UTC),
    datetime(2026, 12, 31, 11, tzinfo=UTC),
]
_TIMERS = [86_400, 7 * 86_400, 30 * 86_400]
_SERIES = [
    "encounters_lag_p90", "patrols_lag_median", "referrals_within_7d", "gender_unknown", "referrals_closed_in_time",
    "events_without_effect", "records_off_clock",
]  # fmt: skip
"""One of each statement."""
_AS_OF = datetime(2027, 6, 1, 13, tzinfo=UTC)
_ENTERED = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


def _referral(data: st.DataObject, house: members.House, noon: datetime) -> Row:
    at = noon + timedelta(minutes=data.draw(st.integers(0, 50 * 1440)))
    after = st.integers(0, 10 * 24).map(lambda hours: at + timedelta(hours=hours))
    row = planted.referral(house, at)
    return row | {
        "territory": data.draw(st.sampled_from(_QUARTERS)),
        "expires_after_s": data.draw(st.sampled_from(_TIMERS)),
        "success": data.draw(st.sampled_from(["arrived", "admitted"])),
        "state": data.draw(st.sampled_from(["requested", "refused", "arrived", "no_show", "entered_in_error"])),
        "state_at": data.draw(after),
        "arrived_at": data.draw(st.none() | after),
        "admitted_at": data.draw(st.none() | after),
        "received_at": row["received_at"] + timedelta(hours=data.draw(st.sampled_from([0, 1, 24, 25, 168, 169, 9000]))),
    }


def _answer(data: st.DataObject, referral: Row) -> Row:
    at = referral["created_at"]
    return {
        "org_id": referral["org_id"], "id": UUID(make.new_id()), "referral_id": referral["id"], "step": "accepted",
        "reason": None, "destination": None, "occurred_at": at, "recorded_at": at, "received_at": at,
        "sender_id": data.draw(st.sampled_from([UUID(int=0), referral["team_id"]])), "channel": "app",
        "digest": bytes(32), "not_applied": data.draw(st.sampled_from([None, "terminal"])),
    }  # fmt: skip


def _held(house: members.House, noon: datetime) -> Row:
    return {
        "org_id": house.org_id, "id": UUID(make.new_id()), "referral_id": UUID(make.new_id()), "slip_digest": None,
        "slip_digest_beside": None, "facility_id": None, "kind": None, "step": "accepted", "reason": None,
        "destination": None, "occurred_at": noon, "recorded_at": noon, "received_at": noon,
        "sender_id": house.team_id, "channel": "app", "digest": bytes(32),
    }  # fmt: skip


Drawn = dict[type[Base], list[Row]]


def _drawn(data: st.DataObject, house: members.House, noon: datetime) -> Drawn:
    referrals = [_referral(data, house, noon) for _ in range(data.draw(st.integers(0, 5)))]
    return {
        Encounter: [_encounter(data, house, noon) for _ in range(data.draw(st.integers(0, 4)))],
        Patrol: [_patrol(data, house, noon) for _ in range(data.draw(st.integers(0, 3)))],
        Referral: referrals,
        ReferralEvent: [_answer(data, one) for one in referrals for _ in range(data.draw(st.integers(0, 2)))],
    }


@examples(4)
@given(st.data())
async def test_reporting_health_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    """Some days' facts are computed, some are stale; then all are computed."""
    clock.now = _ENTERED
    house = await members.found(context)
    asker = await planted.asker(client, context, house)
    noon = data.draw(st.sampled_from(_NOONS))
    there: Drawn = {Encounter: [], Patrol: [], Referral: [], ReferralEvent: []}
    for _ in range(2):
        for model, rows in _drawn(data, house, noon).items():
            await planted.plant(context, model, rows)
            there[model] += rows
        if data.draw(st.booleans(), "asked of records and facts"):
            await _ask_everything(data, asker, clock, there, noon)
        await refresh(context.database, step_days=ALL_AT_ONCE)
        await _ask_everything(data, asker, clock, there, noon)
    assert set((await verify(context.database, house.org_id)).values()) == {0}


def _ends(there: Drawn) -> list[datetime]:
    """Return the instants at which timers run out, and a minute before: only some of a day's timers have."""
    ends = [one["created_at"] + timedelta(seconds=one["expires_after_s"]) for one in there[Referral]]
    return [*ends, *(end - timedelta(minutes=1) for end in ends)]


async def _ask_everything(
    data: st.DataObject, asker: planted.Asker, clock: SetClock, there: Drawn, noon: datetime
) -> None:
    day = noon.date()
    since, until = data.draw(
        st.sampled_from([(day, day + timedelta(days=1)), (date(2026, 3, 1), date(2027, 2, 1))])
        | st.tuples(st.integers(0, 20), st.integers(21, 60)).map(lambda n: tuple(day + timedelta(days=d) for d in n))
    )
    for territory, codes in ((None, None), ("75118", {"7511803", "7511804"})):
        limit = {"territory": territory} if territory else {}
        as_of = data.draw(st.sampled_from([_AS_OF, *_ends(there)]))
        clock.now = as_of
        shown = values({"measures": (await asker.ask("reporting", since, until, **limit))["measures"]})
        wanted = referred(there[Referral], there[ReferralEvent], since, until, codes, as_of)
        if as_of is _AS_OF:  # when all days are over
            wanted |= reporting(there[Patrol], there[Encounter], since, until, codes)
        assert {code: shown[code] for code in wanted} == pytest.approx(wanted), (since, until, territory, as_of)


@examples(2)
@given(st.data())
async def test_each_month_of_a_series_is_what_the_month_is_by_itself(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    clock.now = _ENTERED
    house = await members.found(context)
    asker = await planted.asker(client, context, house)
    noon = data.draw(st.sampled_from(_NOONS))
    for _ in range(2):
        for model, rows in _drawn(data, house, noon).items():
            await planted.plant(context, model, rows)
        if data.draw(st.booleans(), "computed"):
            await refresh(context.database, step_days=ALL_AT_ONCE)
    clock.now = noon + timedelta(days=data.draw(st.integers(0, 90)), hours=data.draw(st.integers(0, 23)))
    months = [date(2026 + n // 12, n % 12 + 1, 1) for n in range(1, 14)]
    alone = [values(await asker.ask("reporting", since, until)) for since, until in pairwise(months)]
    headers = {"Authorization": f"Bearer {asker.token}"}
    asked = {"from": str(months[0]), "to": str(months[-1]), "granularity": "month"}
    for code in [*_SERIES, "silent_days"]:
        answer = await client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        assert [figure["value"] for figure in answer.json()["figures"]] == [shown[code] for shown in alone], code


@examples(2)
@given(st.data())
async def test_every_indicator_of_reporting_is_what_plain_python_finds(
    client: httpx.AsyncClient,
    context: Context,
    clock: SetClock,
    city: None,  # noqa: ARG001 - seeds
    data: st.DataObject,
) -> None:
    """As the catalogue serves them, by the month and the quarter; silence by the team as well."""
    clock.now = _ENTERED
    house, elsewhere = await members.found(context), await members.found(context)
    asker = await planted.asker(client, context, house)
    noon = data.draw(st.sampled_from(_NOONS))
    there: Drawn = {Encounter: [], Patrol: [], Referral: [], ReferralEvent: []}
    held = data.draw(st.integers(0, 3))
    await planted.plant(context, HeldEvent, [*(_held(house, noon) for _ in range(held)), _held(elsewhere, noon)])
    clock.now = _AS_OF
    for _ in range(2):
        for _ in range(3):
            for model, rows in _drawn(data, house, noon).items():
                await planted.plant(context, model, rows)
                there[model] += rows
        for computed in (False, True):
            if computed:
                await refresh(context.database, step_days=ALL_AT_ONCE)
            for granularity in ("month", "quarter"):
                since = noon.date() - timedelta(days=data.draw(st.integers(0, 40)))
                asked = Asked(since, since + timedelta(days=data.draw(st.integers(20, 120))), granularity, None, {})
                await _compare(asker, asked, there, held)


async def _compare(asker: planted.Asker, asked: Asked, there: Drawn, held: int) -> None:
    wanted = {}
    for period in periods_of(asked.since, asked.until, asked.granularity):
        wanted[*period, None] = (
            reporting(there[Patrol], there[Encounter], *period, None)
            | referred(there[Referral], there[ReferralEvent], *period, None, _AS_OF)
            | without_a_plan(held)
        )
    for code in ORACLED:
        if code == "events_held":  # of now, whatever the period: there are no series of it
            shown = await catalogued.parts(asker.client, asker.token, code, replace(asked, granularity=None))
            assert shown == {(asked.since, asked.until, None): (held, held, None, None, None, None)}
        else:
            shown = await catalogued.parts(asker.client, asker.token, code, asked)
            got = {place: part[0] for place, part in shown.items()}
            assert got == {place: pytest.approx(of[code]) for place, of in wanted.items()}, (code, asked)
    teams = await catalogued.parts(asker.client, asker.token, "silent_days", replace(asked, split="team"))
    team = str(asker.house.team_id)
    assert {place: part[0] for place, part in teams.items()} == {
        (*place[:2], team): pytest.approx(of["silent_days"]) for place, of in wanted.items()
    }
