"""Every figure is the same whatever the order, the batches, the repetitions, the phones and the ids it comes from."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
from hypothesis import given
from hypothesis import strategies as st

from app.demo.device import Device
from app.directory.rules import PARIS
from app.http.context import Context
from app.identity.service import create_team
from app.identity.vocabulary import Role
from app.metrics.refreshing import refresh, verify
from app.referrals.service import sweep
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.effort import examples
from tests.make import Json
from tests.planted import Asker
from tests.properties.cities import ALL_AT_ONCE
from tests.street import outcomes, post

_DAY = timedelta(days=1)
_FIRST, _NIGHTS = date(2025, 12, 20), 80
_LATER = NIGHT + 20 * _DAY
"""When all of it arrives."""
_KINDS = {
    "rest_room": ["accepted", "arrived"],
    "emergency_housing": ["accepted", "arrived", "admitted", "exited"],
    "reintegration_housing": ["waitlisted", "admitted"],
}
_TERRITORIES = ("7511803", "7511804", "7512001", "7511904", "93066")
_QUESTIONS = (
    "metrics/funnel?group_by=kind&group_by=month&persons=true",
    "metrics/funnel?group_by=team",
    "metrics/funnel?group_by=facility&horizon_days=17",
    "metrics/time-to-success?group_by=kind",
    "metrics/flows?",
    "metrics/unmet-demand?group_by=kind&group_by=week",
    "metrics/housing?",
    "metrics/reach?granularity=week&group_by=team",
    "metrics/territories?",
    "metrics/effort?group_by=team",
    "metrics/reporting?",
)
_PERIOD = "from=2025-12-22&to=2026-03-15"


@dataclass(frozen=True)
class Side:
    """An association with two teams, its facilities and desks, and whoever asks for its figures."""

    devices: dict[str, Device]
    facilities: dict[str, UUID]
    asks: Asker
    names: dict[str, str]
    """What its own ids and names stand for."""


@dataclass(frozen=True)
class Sending:
    """One item on its way."""

    sender: str
    what: str
    item: Json


async def _side(client: httpx.AsyncClient, context: Context) -> Side:
    house = await members.found(context)
    async with context.database.writing() as session:
        day = await create_team(
            session, context.keyring, context.clock(), org_id=house.org_id, name="Jour", night=False
        )
    facilities = {kind: await places.opened(context, house, kind=kind, name=kind) for kind in _KINDS}
    devices = {
        "phone": await members.enrolled(client, context, house),
        "second phone": await members.enrolled(client, context, house),
        "day phone": await members.enrolled(client, context, members.House(house.org_id, day, house.name)),
        **{kind: await places.desk(client, context, house, place) for kind, place in facilities.items()},
    }
    own = {house.org_id: "organisation", house.team_id: "night", day: "day"}
    own |= {place: kind for kind, place in facilities.items()}
    names = {str(one): name for one, name in own.items()} | {house.name: "organisation"}
    token = await members.account_token(context, house, Role.coordinator)
    return Side(devices, facilities, Asker(client, context, house, token), names)


def told(side: Side, seed: int) -> list[Sending]:
    """Put what happened in eighty nights into items with ids, slips and cards of their own, in order of time."""
    chance, cards = Random(seed), [make.code() for _ in range(9)]  # noqa: S311 - rows of a test
    found: list[tuple[datetime, Sending]] = []

    def say(at: datetime, sender: str, what: str, item: Json) -> None:
        found.append((at, Sending(sender, what, item)))

    for number in range(_NIGHTS):
        night = chance.random() < 0.8
        sender = "phone" if night else "day phone"
        start = datetime.combine(_FIRST + number * _DAY, datetime.min.time(), PARIS).replace(hour=21 if night else 9)
        patrol = make.patrol(
            started_at=start, ended_at=start + timedelta(hours=chance.choice([2, 5])), night=night,
            territories=chance.sample(_TERRITORIES, 2),
        )  # fmt: skip
        say(start, sender, "patrols", patrol)
        for _ in range(chance.choice([0, 1, 2])):
            at = start + timedelta(minutes=chance.randrange(240))
            referrals = [_referral(chance, side, at, say) for _ in range(chance.choice([0, 1, 2]))]
            alone = {"card": chance.choice(cards)} if chance.random() < 0.6 else {}
            alone |= {"first_contact_this_year": chance.choice(["yes", "no", "unknown"])}
            alone |= {"sleeping": chance.choice(["street", "unknown"])}
            people = {"people_count": 3} if chance.random() < 0.2 and not referrals else alone
            linked = {"patrol_id": patrol["id"]} if chance.random() < 0.8 else {}
            say(at, sender, "encounters", make.encounter(
                occurred_at=at, territory=chance.choice(_TERRITORIES), referrals=referrals, **people, **linked,
            ))  # fmt: skip
        kind = chance.choice(sorted(_KINDS))
        say(start, kind, "facility-reports", make.report(observed_at=start, places_free=chance.randrange(3)))
    return [sending for _at, sending in sorted(found, key=lambda one: one[0])]


def _referral(chance: Random, side: Side, at: datetime, say: Callable[[datetime, str, str, Json], None]) -> Json:
    """Make a referral, and let its desk say what became of it."""
    kind = chance.choice(sorted(_KINDS))
    item = make.referral(kind=kind, facility_id=side.facilities[kind], state=chance.choice(["offered", "requested"]))
    steps = _KINDS[kind][: chance.randrange(5)]
    if chance.random() < 0.3:
        steps = ["refused"]
    for step in steps:
        at += timedelta(minutes=chance.choice([5, 200, 3000, 20_000]))
        if at > _LATER - _DAY:
            break
        common = {"referral_id": item["id"], "occurred_at": at}
        if step == "exited":
            say(at, kind, "stay-exits", make.stay_exit(**common, destination=chance.choice(["street", "unknown"])))
        else:
            reason = {"reason": "no_place"} if step in {"refused", "waitlisted"} else {}
            say(at, kind, "referral-events", make.event(**common, state=step, **reason))
    return item


async def _deliver(side: Side, sendings: Sequence[Sending]) -> None:
    """Send items of one sender and kind together."""
    batches: dict[tuple[str, str], list[Json]] = {}
    for sending in sendings:
        batches.setdefault((sending.sender, sending.what), []).append(sending.item)
    for (sender, what), items in batches.items():
        verdicts = await post(side.devices[sender], what, *items)
        assert set(outcomes(verdicts)) <= {"created", "unchanged"}


async def _in_any_way(context: Context, side: Side, sendings: list[Sending], chance: Random) -> None:
    again = chance.sample(sendings, len(sendings) // 4)
    by_another = [Sending("second phone", one.what, one.item) for one in again if one.sender == "phone"]
    shuffled = chance.sample(everything := [*sendings, *again, *by_another], len(everything))
    while shuffled:
        size = chance.choice([1, 7, 40, 120])
        await _deliver(side, shuffled[:size])
        del shuffled[:size]
        if chance.random() < 0.2:
            await refresh(context.database, step_days=ALL_AT_ONCE)


async def _figures(side: Side, codes: Sequence[str]) -> dict[str, Any]:
    """Return everything that can be asked, with the side's own names and ids replaced."""
    found = {}
    paths = [f"{path}&{_PERIOD}" for path in _QUESTIONS]
    paths += [f"indicators/{code}&{_PERIOD}" for code in codes]
    for path in paths:
        answer = await side.asks.client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {side.asks.token}"})
        assert answer.status_code == 200, (path, answer.text)
        text = answer.text
        for own, name in side.names.items():
            text = text.replace(own, name)
        found[path] = _ordered(json.loads(text))
    return found


def _ordered(shown: Any) -> Any:
    """Put groups in the order of their names: ids order them in the answer."""
    if isinstance(shown, dict):
        return {name: _ordered(value) for name, value in shown.items()}
    if isinstance(shown, list):
        inner = [_ordered(one) for one in shown]
        keyed = inner and all(isinstance(one, dict) and isinstance(one.get("key"), str | list) for one in inner)
        return sorted(inner, key=lambda one: json.dumps(one, sort_keys=True)) if keyed else inner
    return round(shown, 9) if isinstance(shown, float) else shown  # a sum of floats depends on its order


@examples(1)
@given(st.integers(0, 2**32))
async def test_figures_do_not_depend_on_how_records_arrive(
    client: httpx.AsyncClient, context: Context, clock: SetClock, seed: int
) -> None:
    clock.now = _LATER
    plain, other = await _side(client, context), await _side(client, context)
    await _deliver(plain, told(plain, seed))
    await _in_any_way(context, other, told(other, seed), Random(seed))  # noqa: S311 - an order of a test
    await sweep(context, _LATER)
    headers = {"Authorization": f"Bearer {plain.asks.token}"}
    catalogue = (await client.get("/v1/indicators", headers=headers)).json()
    codes = [f"{one['code']}?{'granularity=month' * ('month' in one['granularities'])}" for one in catalogue["items"]]
    expected = await _figures(plain, codes)
    assert await _figures(other, codes) == expected
    await refresh(context.database, step_days=ALL_AT_ONCE)
    assert await _figures(other, codes) == expected
    assert set((await verify(context.database)).values()) == {0}
