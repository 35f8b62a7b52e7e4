"""Housing as the service answers it is what plain Python counts from the same rows, night by night and stay by stay."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from app.db.bulk import insert_new
from app.db.table import Base, table_of
from app.directory.models import FacilityReport
from app.directory.service import current_directory
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.ingest.models import Coarsening
from app.marks.models import Finality
from app.metrics.housing.definitions import BLOCKED_AFTER_DAYS
from app.metrics.housing.models import BlockedDay
from app.metrics.housing.statistics import kaplan_meier
from app.metrics.indicator import Granularity, Period
from app.referrals.models import Referral
from app.retention.service import purge
from tests import members, places
from tests.effort import examples
from tests.make import Json
from tests.members import House
from tests.oracles import housing as oracle
from tests.oracles.housing import Records
from tests.properties.cities import City

_BEGIN = datetime(2026, 3, 24, tzinfo=UTC)
"""A few days before the night of 23 hours."""
_AS_OF = [
    datetime(2026, 4, 24, 9, 30, tzinfo=UTC),
    datetime(2026, 6, 26, tzinfo=UTC),
    datetime(2026, 9, 24, tzinfo=UTC),
    datetime(2027, 1, 15, tzinfo=UTC),
]
_PURGED = 0.25 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 0.08
"""Share of the examples that purge too."""
_HOUR = timedelta(hours=1)
_KINDS = ("emergency_housing", "reintegration_housing")
_CARDS = (None, None, b"a" * 16, b"b" * 16)


@dataclass(frozen=True)
class _Asked:
    since: date
    until: date
    days: int
    as_of: datetime


_HOURS = [24 * day + hour for day in range(12) for hour in (0, 1, 2, 3, 4, 12, 20)]
"""Hours around four in the morning, where nights end."""
_LONG = (None, 0, 1, 8, 30, 24 * 3, 24 * 10, 24 * 30 - 1, 24 * 30, 24 * 90, *range(2376, 2520, 24))
"""Hours: about a night, about the days retention is counted at, and until the last exits that a year can follow."""
_GAPS = (-25, -24, -23, 0, 1, 23, 24, 25)


def _stays(chance: Random, facilities: Sequence[UUID], as_of: datetime) -> list[Json]:
    """Make up referrals that opened stays: some take up others, soon after their exits."""
    found: list[Json] = []
    for number in range(chance.choice((0, 4, 8, 10))):
        came = _BEGIN + chance.choice(_HOURS) * _HOUR
        after = chance.choice((None, *found[-3:]))
        if after is not None and after["exited_at"] is not None:
            came = after["exited_at"] + chance.choice(_GAPS) * _HOUR
        lasted = chance.choice(_LONG)
        if lasted is not None and came + lasted * _HOUR > as_of:
            lasted = None
        if came > as_of:
            continue
        found.append(
            {
                "id": UUID(int=chance.randint(0, 2**60) << 32 | number),
                "kind": chance.choice((*_KINDS, "emergency_housing")),
                "facility_id": chance.choice((None, *facilities)),
                "admitted_at": came,
                "exited_at": None if lasted is None else came + lasted * _HOUR,
                "exit_destination": None if lasted is None else chance.choice(oracle.DESTINATIONS),
                "link_id": chance.choice(_CARDS),
                "created_at": came - chance.choice((1, 24 * 100)) * _HOUR,
                "previous_referral_id": after["id"] if after else None,
                "state": chance.choice(("admitted",) * 6 + ("entered_in_error",)),
                "state_at": came,
            }
        )
    return found


def _waits(chance: Random, stays: Sequence[Json]) -> list[Json]:
    """Make up referrals to later rungs that do not end in an admission."""
    found: list[Json] = []
    for number in range(chance.choice((0, 4, 7))):
        asked = _BEGIN + chance.choice(_HOURS) * _HOUR
        answered = asked + chance.randint(0, 24 * 14) * _HOUR
        waited = chance.choice((None, asked + _HOUR))
        state = chance.choice(("waitlisted", "refused", "accepted", "declined"))
        ids = [one["id"] for one in (*stays, *found)]
        found.append(
            {
                "id": UUID(int=1 << 100 | chance.randint(0, 2**60) << 32 | number),
                "kind": chance.choice(("longer_stay_housing", "addiction_treatment", "reintegration_housing")),
                "created_at": asked,
                "waitlisted_at": (waited or asked) if state == "waitlisted" else waited,
                "accepted_at": answered if state == "accepted" else None,
                "state": state,
                "state_at": answered,
                "reason": chance.choice(("no_place", "not_eligible")) if state != "accepted" else None,
                "link_id": chance.choice(_CARDS),
                "previous_referral_id": chance.choice((None, UUID(int=7), *ids)),
            }
        )
    for one in found[:1] if chance.random() < 0.3 else []:
        one["previous_referral_id"] = one["id"]  # a chain that closes on itself must end all the same
    return found


def _records(chance: Random, facilities: Mapping[UUID, str], as_of: datetime) -> Records:
    stays = _stays(chance, [*facilities], as_of)
    ends = [stay["exited_at"] for stay in stays if stay["exited_at"]] or [_BEGIN]
    referrals = [*stays, *_waits(chance, stays)]
    reports = [
        {
            "id": UUID(int=number + 1),
            "facility_id": chance.choice([*facilities]),
            "observed_at": _BEGIN + chance.choice(_HOURS) * _HOUR,
            "places_free": chance.choice((None, 0, 1, 2)),
        }
        for number in range(chance.choice((0, 8, 16)))
    ]
    encounters = [
        {
            "service_day": oracle.local(chance.choice(ends)) + timedelta(days=chance.choice((29, 30, 100, 180, 181))),
            "sleeping": chance.choice(("street", "squat", "shelter")),
            "link_id": chance.choice(_CARDS),
            "withdrawn": chance.choice((False, False, False, True)),
        }
        for _ in range(chance.choice((0, 5, 10)))
    ]
    return Records([_whole(one) for one in referrals], encounters, facilities, reports)


def _whole(referral: Json) -> Json:
    """Return a referral with everything a rule may look at."""
    names = (
        "facility_id", "admitted_at", "exited_at", "exit_destination", "waitlisted_at", "accepted_at", "arrived_at",
        "reason",
    )  # fmt: skip
    return dict.fromkeys(names) | referral


async def _store(context: Context, house: House, records: Records, as_of: datetime) -> None:
    """Put the rows into the tables as ingest would have."""
    mine = {"org_id": house.org_id, "team_id": house.team_id, "digest": b"0" * 32, "received_at": _BEGIN}
    made = {
        "accompanied": False, "territory": "7511803", "outside_perimeter": False, "cohort_day": date(2026, 3, 1),
        "first_state": "requested", "success": "admitted", "expires_after_s": 1, "rk": 0, "position": 0,
    }  # fmt: skip
    met = {
        "slot": 0, "territory": "7511803", "outside_perimeter": False, "people_count": 1, "first_contact": "unknown",
        "gender": "unknown", "age_band": "unknown", "needs": [], "supplies": {}, "acts": [], "rk": 0, "skew_s": 0,
        "first_received_at": _BEGIN, "revision": 1,
    }  # fmt: skip
    seen = {"org_id": house.org_id, "open": True, "received_at": _BEGIN, "digest": b"0" * 32}
    rows: Sequence[tuple[type[Base], list[Json]]] = (
        (Referral, [mine | made | dict(one) for one in records.referrals]),
        (Encounter, [{"id": uuid4()} | mine | met | dict(one) for one in records.encounters]),
        (FacilityReport, [seen | dict(one) for one in records.reports]),
    )
    async with context.database.writing() as session:
        for model, some in rows:
            columns = [column.name for column in table_of(model).columns]
            await insert_new(session, table_of(model), [{name: one.get(name) for name in columns} for one in some])
    async with context.database.reading() as session:  # every example opens facilities at one and the same instant
        await current_directory(context.database, session, as_of, fresh=True)


async def _ask(city: City, token: str, asked: _Asked) -> dict[str, Json]:
    city.clock.now = asked.as_of
    parameters = {"from": asked.since.isoformat(), "to": asked.until.isoformat(), "granularity": "month"}
    response = await city.client.get(
        "/v1/metrics/housing",
        params=parameters | {"blocked_after_days": str(asked.days)},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 200, response.text
    return {one["kind"]: one for one in response.json()["kinds"]}


def _expected(records: Records, kind: str, asked: _Asked) -> Json:
    """Return what plain Python counts of one kind."""
    since, until, as_of = asked.since, asked.until, asked.as_of
    months = [(part.since, part.until) for part in Period(since, until).split(Granularity.month)]
    return {
        "nights": [oracle.nights(records, kind, *part, as_of) for part in [(since, until), *months]],
        "unplaced": oracle.unplaced(records, kind, since, until, as_of),
        "stays": oracle.retention(records, kind, since, until, as_of),
        "exits": oracle.exits(records, kind, since, until, as_of),
        "blocked": oracle.blocked(records, kind, asked.days, min(oracle.at(until, 0), as_of)),
    }


def _shown(one: Json) -> Json:
    """Return the figures of an answer in the oracle's form."""
    rates = {rate["code"]: rate for rate in one["return_to_street"]["rates"]}
    blocked = one["blocked"]
    flags = {rung: blocked[f"by_{rung}"]["n"] for rung in ("reintegration", "longer_stay", "treatment")}
    stays: Json = {"stays": one["stays"]["n"], "transfers": one["transfers"]["n"]}
    for at in one["retention"]:
        kept, better = at["rates"]
        stays[str(at["days"])] = (kept["denominator"], kept["numerator"], better["numerator"])
        assert at["not_old_enough"]["n"] == one["stays"]["n"] - kept["denominator"]
    steps = one["curve"]["steps"]
    return {
        "nights": [_nights(part) for part in [one["occupancy"], *one["series"]]],
        "unplaced": one["nights_without_facility"]["n"],
        "stays": stays | {"seen": {step["days"]: (step["exits"], step["censored"]) for step in steps}},
        "exits": {
            "to": {to["destination"]: to["count"]["n"] for to in one["exits"]["destinations"]},
            "carded": one["return_to_street"]["with_card"]["n"],
            "followed": rates["returned"]["denominator"],
            "returned": rates["returned"]["numerator"],
        },
        "blocked": {name: blocked[name]["n"] for name in ("open_long", "with_card", "blocked")} | flags,
    }


def _nights(part: Json) -> Json:
    occupancy, saturated = part["rates"]
    assert (occupancy["value"] is None) == (occupancy["reason"] is not None)
    return {
        "nights": part["facility_nights"], "reported": part["facility_nights"] - part["nights_without_report"],
        "occupied": part["place_nights"]["n"], "above": occupancy["numerator"], "below": occupancy["denominator"],
        "full": saturated["numerator"], "over": part["nights_over_capacity"],
    }  # fmt: skip


def _counted(seen: Sequence[tuple[int, bool]]) -> dict[int, tuple[int, int]]:
    return {
        days: (seen.count((days, True)), seen.count((days, False)))  # (exits, censored)
        for days in sorted({days for days, _ in seen})
    }


@examples(10)
@given(st.integers(0, 2**32))
async def test_housing_is_what_plain_python_counts(city: City, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    house = await members.found(city.context)
    facilities = {await places.opened(city.context, house, kind=kind): kind for kind in (*_KINDS, "emergency_housing")}
    as_of = chance.choice(_AS_OF)
    records = _records(chance, facilities, as_of)
    since = date(2026, 3, 20) + timedelta(days=chance.randint(0, 16))
    until = since + timedelta(days=chance.choice((2, 20, 130)))
    asked = _Asked(since, until, chance.choice((1, 3, 30)), as_of)
    await _as_never_purged(city.context)
    await _store(city.context, house, records, as_of)
    token = await members.account_token(city.context, house, Role.coordinator)
    shown = await _ask(city, token, asked)
    for kind in _KINDS:
        expected: Any = _expected(records, kind, asked)
        expected["stays"]["seen"] = _counted(expected["stays"]["seen"])
        assert _shown(shown[kind]) == expected
        curve = kaplan_meier(expected["stays"]["seen"])
        assert [step["survival"] for step in shown[kind]["curve"]["steps"]] == [s.survival for s in curve.steps]
    # Two rounds; of some examples, as each counts hundreds of days.
    for since_then in (chance.randint(1, 90), 0) if chance.random() < _PURGED else ():
        await purge(city.context.database, city.context.keyring, as_of - timedelta(days=since_then))
        _hold(await _ask(city, token, asked), shown, asked)


async def _as_never_purged(context: Context) -> None:
    """Forget earlier rounds: examples are of the same days, and nothing of one may be late for another."""
    async with context.database.writing() as session:
        for model in (Coarsening, Finality, BlockedDay):
            await session.execute(delete(model))


def _hold(now: Mapping[str, Json], before: Mapping[str, Json], asked: _Asked) -> None:
    """Hold an answer after records became coarse against the one before; blocked stays may be null, with a reason."""
    for kind, was in before.items():
        one = now[kind]
        if one["blocked_reason"] is not None:
            assert asked.days != BLOCKED_AFTER_DAYS
            one = one | {"blocked": was["blocked"], "blocked_reason": None}
        assert one == was, kind
