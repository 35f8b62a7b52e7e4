"""The time to success the service answers is the one plain Python finds referral by referral in the same rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.bulk import insert_new
from app.db.table import table_of
from app.identity.vocabulary import Role
from app.marks.queries import forget, mark_days, marks_of
from app.metrics.indicator import Period
from app.metrics.refreshing import FACTS
from app.referrals.models import Referral
from tests import make, members
from tests.effort import examples
from tests.make import Json
from tests.members import House
from tests.oracles.time_to_success import CAUSES, DAY_MS, Question, Row, answer, to_ms
from tests.properties.cities import City

_HOUR_MS = 3_600_000
_AS_OF = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_NOW = to_ms(_AS_OF)
_FACTS = FACTS["time"]
_ALL_DAYS = Period(_AS_OF.date() - timedelta(days=600), _AS_OF.date() + timedelta(days=10))
_KINDS = {
    "rest_room": ("arrived", 48),
    "health_care": ("arrived", 168),
    "emergency_housing": ("admitted", 72),
    "longer_stay_housing": ("admitted", 2160),
}
_TERRITORIES = ("7511803", "7511804", "7512001", "93066")
_BELOW = {"75118": ("7511803", "7511804"), "75": ("7511803", "7511804", "7512001"), "93066": ("93066",)}
_COMMON: Json = {
    "accompanied": False,
    "outside_perimeter": False,
    "first_state": "requested",
    "rk": 1,
    "digest": bytes(32),
    "position": 1,
}
_FAILURES = tuple(cause for cause in CAUSES if cause != "success")


def lag(chance: Random) -> int:
    """Return how long something took, in ms: often just around the end of a day."""
    near = chance.choice([0, 1, 1, 2, 7, 30, 90]) * DAY_MS + chance.choice([-1, 0, 0, 1])
    return max(chance.choice([near, chance.randrange(3 * DAY_MS), chance.randrange(100 * DAY_MS)]), 0)


def referral(chance: Random) -> Json:
    """Return a referral as the fold leaves it: what happened lies between its making and now, in order."""
    kind = chance.choice(sorted(_KINDS))
    success, timer_hours = _KINDS[kind]
    ahead = -5 * 60_000  # made on a phone whose clock is ahead
    age = chance.choice([ahead, lag(chance), lag(chance), *(chance.randrange(400 * DAY_MS) for _ in range(6))])
    made_at = _NOW - age
    fate = chance.choice(["open", "offered", "expired", "arrived", "admitted", "entered_in_error", *_FAILURES])
    last_at = made_at + lag(chance)
    at = last_at + timer_hours * _HOUR_MS if fate == "expired" else last_at
    if at > _NOW:
        fate, at = "open", made_at
    passed = success == "admitted" and fate not in {"open", "offered", "arrived"} and chance.random() < 0.5
    return {
        "kind": kind,
        "success": success,
        "expires_after_s": timer_hours * 3600,
        "territory": chance.choice(_TERRITORIES),
        "cohort_day": (_AS_OF - timedelta(milliseconds=age)).date() - timedelta(days=chance.randrange(2)),
        "created_at": made_at,
        "received_at": made_at + chance.choice([0, DAY_MS, DAY_MS + 1]),
        "state": {"open": "requested"}.get(fate, fate),  # where success is an admission, arriving is on the way only
        "state_at": at,
        "arrived_at": at if fate == "arrived" else chance.randint(made_at, last_at) if passed else None,
        "admitted_at": at if fate == "admitted" else None,
    }


def parameters(chance: Random) -> Json:
    """Return the parameters of a request."""
    since = _AS_OF.date() - timedelta(days=chance.choice([chance.randrange(400), 450]))
    asked: dict[str, Any] = {
        "from": since.isoformat(),
        "to": (since + timedelta(days=chance.choice([1, 40, 500, 500]))).isoformat(),
        "horizon_days": chance.choice([1, 2, 7, 30, 90, 365]),
        "territory": chance.choice([None, None, *_BELOW]),
        "kind": chance.choice([None, None, None, *_KINDS]),
        "group_by": chance.choice([None, "kind", "territory", "month"]),
    }
    return {name: value for name, value in asked.items() if value is not None}


def to_oracle(asked: Mapping[str, Any], as_of: datetime) -> Question:
    territory = asked.get("territory")
    return Question(
        date.fromisoformat(asked["from"]),
        date.fromisoformat(asked["to"]),
        asked["horizon_days"],
        to_ms(as_of),
        frozenset(_BELOW[territory]) if territory else None,
        asked.get("kind"),
        asked.get("group_by"),
    )


async def keep(city: City, house: House, rows: Sequence[Row]) -> None:
    """Put the referrals into their table as they are."""
    given = {"id", "org_id", "team_id", *_COMMON, *(rows[0] if rows else ())}
    nothing: Json = {column.name: None for column in table_of(Referral).c if column.name not in given}
    common = nothing | _COMMON | {"org_id": house.org_id, "team_id": house.team_id}
    whole = [common | dict(row) | {"id": UUID(make.new_id())} for row in rows]
    async with city.context.database.writing() as session:
        await insert_new(session, table_of(Referral), whole)
        await mark_days(session, [(row["org_id"], row["cohort_day"]) for row in whole])


def figures(group: Json) -> Json:
    """Return the figures of a group in the oracle's form."""
    curve = group["curve"]
    return {
        "made": group["made"]["n"],
        "late": group["late"]["n"],
        "endings": {one["ending"]: one["count"]["n"] for one in group["endings"] if one["count"]["n"]},
        "known_until": group["known_until"],
        **{name: value for name, value in curve.items() if name != "small"},  # tests/api/test_small_flags.py
        "quantiles": {one["share"]: one["value"] for one in group["quantiles"]},
        "incidences": {one["day"]: one["value"] for one in group["incidences"]},
    }


def assert_same(got: Json, wanted: Json) -> None:
    """Compare counts exactly, shares to nine digits."""
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        assert got[name] == pytest.approx(value, abs=1e-9), name


async def refreshed(city: City, house: House) -> None:
    """Compute the stale days anew: only the facts this is about, as the rows lie on a year of days."""
    async with city.context.database.writing() as session:
        marks = await marks_of(session, house.org_id, _ALL_DAYS.days)
        if marks:
            await _FACTS.recompute(session, house.org_id, {day for day, _ in marks})
            await forget(session, house.org_id, marks)


async def ask(city: City, token: str, asked: Json, rows: Sequence[Row]) -> None:
    """Ask one question and hold the answer against the oracle's."""
    response = await city.client.get(
        "/v1/metrics/time-to-success", params=asked, headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status_code == 200, response.text
    shown, wanted = response.json(), answer(rows, to_oracle(asked, city.clock.now))
    assert [group["key"] for group in shown["groups"]] == list(wanted["groups"])
    for group in shown["groups"]:
        assert_same(figures(group), wanted["groups"][group["key"]])
    assert_same(figures(shown["total"]), wanted["total"])
    for group in (*shown["groups"], shown["total"]):
        for reading in (*group["quantiles"], *group["incidences"]):
            assert (reading["value"] is None) == (reading["reason"] is not None)


@examples(5)
@given(st.integers(0, 2**32 - 1), st.integers(0, 80))
async def test_the_time_to_success_is_what_plain_python_finds(city: City, seed: int, size: int) -> None:
    """Rows are drawn by chance, not by Hypothesis: its first few examples are nearly all of open referrals.

    Asked with all days stale, from facts, from the same facts when some more outcomes count, and with some days stale.
    """
    chance = Random(seed)  # noqa: S311 - the same rows for the same seed
    rows, more = ([referral(chance) for _ in range(n)] for n in (size, chance.randrange(9)))
    city.clock.now = _AS_OF
    house = await members.found(city.context)
    await keep(city, house, rows)
    token = await members.account_token(city.context, house, Role.coordinator)
    for step in ("stale", "refreshed", "later", "stale in part", "refreshed again"):
        match step:
            case "refreshed" | "refreshed again":
                await refreshed(city, house)
            case "later":
                city.clock.now = _AS_OF + timedelta(milliseconds=lag(chance))
            case "stale in part":
                await keep(city, house, more)
                rows += more
        for _ in range(3):
            await ask(city, token, parameters(chance), rows)
    async with city.context.database.analysing() as session:
        assert await _FACTS.differences(session, house.org_id, [_ALL_DAYS]) == 0
